import CKernels
import VAEZipSupport

/// One bit per activation of a stack, negative or not, kept until the backward pass has used it: all that the
/// gradient of leaky ReLU needs.
final class SignRings: @unchecked Sendable {
  // Stages of a pipeline write disjoint segments, and read those that were finished before.
  private let kernels: Kernels
  private let memory: UnsafeMutablePointer<UInt8>
  /// Where each block's rows begin in memory, and how many there are.
  private let rings: [(start: Int, rows: Int)]
  private let channels: Int
  private let width: Int

  /// - Parameter channels: of the trunk.
  init(_ plan: StackPlan, blocks: Int, channels: Int, kernels: Kernels) {
    self.kernels = kernels
    self.channels = channels
    width = plan.width
    var start = 0
    var rings: [(start: Int, rows: Int)] = []
    for block in 0..<blocks {
      let rows = Self.rows(plan, block, of: blocks)
      rings.append((start, rows))
      start += rows * Self.rowBytes(plan, channels)
    }
    self.rings = rings
    memory = .allocate(capacity: start)
  }

  deinit { memory.deallocate() }

  /// Bytes of memory that all rings take.
  static func byteCount(_ plan: StackPlan, blocks: Int, channels: Int) -> Int {
    (0..<blocks).reduce(0) { $0 + rows(plan, $1, of: blocks) } * rowBytes(plan, channels)
  }

  /// Rows in flight: forward from `block` to the last one and back again, each step at most `slack + 1` rows
  /// behind the one before.
  private static func rows(_ plan: StackPlan, _ block: Int, of blocks: Int) -> Int {
    min(2 * (blocks - block) * (plan.slack + 1) + 2, plan.height)
  }

  /// A block has one activation as wide as the trunk, and one twice as wide.
  private static func rowBytes(_ plan: StackPlan, _ channels: Int) -> Int {
    plan.width * 3 * channels / 8
  }

  /// How many rows of a block are kept.
  func rows(_ block: Int) -> Int { rings[block].rows }

  private func row(_ block: Int, _ y: Int) -> UnsafeMutablePointer<UInt8> {
    memory + rings[block].start + y % rings[block].rows * (width * 3 * channels / 8)
  }

  private func mixed(_ block: Int, _ segment: Segment) -> UnsafeMutablePointer<UInt8> {
    row(block, segment.y) + segment.x * channels / 8
  }

  private func wide(_ block: Int, _ segment: Segment) -> UnsafeMutablePointer<UInt8> {
    row(block, segment.y) + width * channels / 8 + segment.x * 2 * channels / 8
  }

  /// Keeps the signs of a segment; pixels lie one after the other.
  func record(_ block: Int, _ segment: Segment, mixed: View, wide: View) {
    let count = Int32(channels * segment.width)
    check(vzk_signs(kernels.isa, mixed.pointer, self.mixed(block, segment), count))
    check(vzk_signs(kernels.isa, wide.pointer, self.wide(block, segment), 2 * count))
  }

  /// Takes the gradients of a segment back through the activation after `mix`.
  func gateMixed(_ block: Int, _ segment: Segment, _ gradients: View) {
    let count = Int32(channels * segment.width)
    check(vzk_gate(kernels.isa, gradients.pointer, mixed(block, segment), count))
  }

  /// Takes the gradients of a segment back through the activation after `expand`.
  func gateWide(_ block: Int, _ segment: Segment, _ gradients: View) {
    let count = Int32(2 * channels * segment.width)
    check(vzk_gate(kernels.isa, gradients.pointer, wide(block, segment), count))
  }
}
