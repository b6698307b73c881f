import CKernels

/// One kernel on one shape with its operands; what it computes must not depend on the
/// instruction set.
struct Case {
  let name: String
  /// Multiply-adds of a run; for elementwise kernels the values that are written.
  let work: Int
  /// The kernel, ready to run on an instruction set, weights packed.
  let job: (vzk_isa) -> Job
}

/// A kernel that can be run again and again, and the memory that it writes.
struct Job {
  let run: () -> vzk_status
  let output: Memory<UInt8>
}

/// Memory on a cache line that lives as long as the jobs that use it.
final class Memory<Element> {
  let start: UnsafeMutablePointer<Element>
  let count: Int

  /// Memory for trivial values, all bytes 0x5A.
  init(_ count: Int) {
    let bytes = max(count * MemoryLayout<Element>.stride, 1)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    start = raw.initializeMemory(as: UInt8.self, repeating: 0x5A, count: bytes)
      .withMemoryRebound(to: Element.self, capacity: count) { $0 }
    self.count = count
  }

  deinit { UnsafeMutableRawPointer(start).deallocate() }

  var contents: [Element] { Array(UnsafeBufferPointer(start: start, count: count)) }
}

/// splitmix64: a seed gives the same cases on every machine.
struct Random: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Values over the whole range, or ±600, or the range's ends.
  mutating func int16s(_ count: Int) -> Memory<Int16> {
    let memory = Memory<Int16>(count)
    let kind = Int.random(in: 0..<3, using: &self)
    for i in 0..<count {
      let any = Int16.random(in: .min ... .max, using: &self)
      memory.start[i] = [any, any % 600, any < 0 ? .min : .max][kind]
    }
    return memory
  }

  mutating func int32s(_ count: Int, in range: ClosedRange<Int32>) -> Memory<Int32> {
    let memory = Memory<Int32>(count)
    for i in 0..<count { memory.start[i] = .random(in: range, using: &self) }
    return memory
  }
}
