import CKernels
import TestSupport
import VAEZipSupport

extension SplitMix64 {
  mutating func int16s(_ count: Int, _ values: Values) -> [Int16] {
    (0..<count).map { _ in
      switch values {
      case .moderate: Int16.random(in: -600...600, using: &self)
      case .any: Int16.random(in: .min ... .max, using: &self)
      case .extreme: [Int16.min, .min, .max, -1, 0, 1].randomElement(using: &self) ?? 0
      }
    }
  }

  mutating func int32s(_ count: Int, in range: ClosedRange<Int32>) -> [Int32] {
    (0..<count).map { _ in Int32.random(in: range, using: &self) }
  }
}

/// How large numbers are: with `any` and `extreme`, sums wrap around 2³².
enum Values: CaseIterable {
  case moderate, any, extreme
}

/// Every instruction set that this machine can run, the reference first.
let availableISAs: [vzk_isa] = (0..<UInt8(VZK_ISA_COUNT))
  .compactMap(vzk_isa.init(rawValue:)).filter(vzk_isa_available)

func saturated(_ value: Int32) -> Int16 { Int16(clamping: value) }

/// Packed weights, with the memory that they need.
final class Packed {
  let memory: UnsafeMutableRawPointer
  let status: vzk_status

  init(bytes: Int, _ pack: (UnsafeMutableRawPointer) -> vzk_status) {
    memory = .allocate(byteCount: max(bytes, 64), alignment: 64)
    status = pack(memory)
  }

  deinit { memory.deallocate() }
}

/// Fills buffers before a kernel writes to them. Tests compare whole buffers, so they notice a write outside of
/// the output: before it, after it, or between two pixels.
let untouched: Int16 = 0x5A5A
/// Untouched elements before and after an output.
let margin = 96

extension UnsafeMutableBufferPointer {
  /// The address of an element; the buffer is not empty.
  func address(_ index: Int) -> UnsafeMutablePointer<Element> {
    guard let baseAddress else { preconditionFailure("an empty buffer has no elements") }
    return baseAddress + index
  }
}
