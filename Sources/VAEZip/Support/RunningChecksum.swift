import CXXHash

/// `Checksum.hash32` and `Checksum.hash64` of bytes that come piece by piece.
package final class RunningChecksum {
  private let state: OpaquePointer

  package init() {
    // Some 80 bytes: the allocation fails only if nothing else could work.
    guard let state = XXH64_createState() else { preconditionFailure("out of memory") }
    self.state = state
    XXH64_reset(state, 0)
  }

  deinit { XXH64_freeState(state) }

  package func update(_ bytes: UnsafeBufferPointer<UInt8>) {
    // Fails for null pointers only, which have no bytes.
    XXH64_update(state, bytes.baseAddress, bytes.count)
  }

  package var hash64: UInt64 { XXH64_digest(state) }
  package var hash32: UInt32 { UInt32(truncatingIfNeeded: hash64) }
}
