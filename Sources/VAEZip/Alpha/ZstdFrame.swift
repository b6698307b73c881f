import CZstd
import VAEZipEntropy

/// Bytes as exactly one zstd frame (RFC 8878, section 3.1.1) with its magic number, without a dictionary.
package struct ZstdFrame {
  private let context: OpaquePointer

  /// - Throws: `EntropyError.zstd` without memory.
  package init() throws(EntropyError) {
    guard let context = ZSTD_createCCtx() else { throw .zstd("no memory for a context") }
    self.context = context
  }

  /// Gives the memory back. The value must not be used afterwards.
  package func free() { ZSTD_freeCCtx(context) }

  /// The frame of some bytes. It states their number.
  ///
  /// - Parameter level: zstd's, 1…22.
  /// - Throws: `EntropyError.zstd`.
  package func compress(_ bytes: [UInt8], level: Int) throws(EntropyError) -> [UInt8] {
    _ = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
    var size = 0
    let frame = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) {
      buffer, count in
      size = ZSTD_compress2(context, buffer.baseAddress, buffer.count, bytes, bytes.count)
      count = ZSTD_isError(size) == 0 ? size : 0
    }
    guard ZSTD_isError(size) == 0 else { throw .zstd(String(cString: ZSTD_getErrorName(size))) }
    return frame
  }

  /// Writes the content of a frame.
  ///
  /// - Parameters:
  ///   - frame: a whole frame, and nothing after it.
  ///   - size: of the content.
  ///   - out: room for it.
  /// - Throws: `EntropyError.corrupted`.
  package static func decompress(
    _ frame: ArraySlice<UInt8>, size: Int, to out: UnsafeMutablePointer<UInt8>
  ) throws(EntropyError) {
    try check(frame)
    let found = frame.withUnsafeBufferPointer {
      ZSTD_decompress(out, size, $0.baseAddress, $0.count)
    }
    guard ZSTD_isError(found) == 0 else {
      throw .corrupted(
        expected: "a zstd frame of \(size) bytes",
        found: "“\(String(cString: ZSTD_getErrorName(found)))”")
    }
    guard found == size else { throw .corrupted(expected: "\(size) bytes", found: "\(found)") }
  }

  /// The size that a frame states for its content.
  ///
  /// - Throws: `EntropyError.corrupted` if it states none.
  package static func contentSize(_ frame: ArraySlice<UInt8>) throws(EntropyError) -> Int {
    try check(frame)
    let size = frame.withUnsafeBufferPointer { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    // The two largest numbers mean errors.
    guard let size = Int(exactly: size) else {
      throw .corrupted(expected: "a zstd frame that states its size", found: "one that does not")
    }
    return size
  }

  private static func check(_ frame: ArraySlice<UInt8>) throws(EntropyError) {
    let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    guard frame.starts(with: magic) else {
      throw .corrupted(expected: "a zstd frame", found: "\(frame.count) other bytes")
    }
    let size = frame.withUnsafeBufferPointer {
      ZSTD_findFrameCompressedSize($0.baseAddress, $0.count)
    }
    if ZSTD_isError(size) == 0, size != frame.count {
      throw .corrupted(expected: "one zstd frame", found: "\(frame.count - size) more bytes")
    }
  }
}
