#if os(Linux)
import Foundation
import TestSupport
import Testing
import VAEZip

/// The memory of the program on a wide picture with six rows of tiles. It stays below the library's estimate and
/// below fixed bounds, so that no change makes it grow unnoticed.
@Suite("peak memory", .serialized, .disabled(if: Command.isSanitized))
struct MemoryTests {
  private static let width = 8192
  private static let height = 768

  private let vaezip: Command
  private let model: Model

  init() throws {
    vaezip = try Command()
    model = try Model.builtIn()
    try vaezip.write(PNG.write(TestImage.make(Self.width, Self.height)), to: "in.png")
  }

  private func peak(_ arguments: String...) throws -> Int {
    let run = try vaezip.peak(arguments + ["--quiet", "-T2", "-f"])
    #expect(run.status == 0)
    return run.bytes
  }

  /// - Parameters:
  ///   - estimate: what the library says, in bytes.
  ///   - bound: a tenth above what this version takes, in MiB.
  private func expect(
    _ peak: Int, estimate: Int, bound: Int, _ location: SourceLocation = #_sourceLocation
  ) {
    let numbers = Comment(rawValue: "peak \(peak >> 20) MiB, estimate \(estimate >> 20) MiB")
    #expect(peak < estimate, numbers, sourceLocation: location)
    #expect(peak < bound << 20, numbers, sourceLocation: location)
    // An estimate of any size would be an upper bound. It must not refuse twice what fits.
    #expect(estimate < 2 * peak, numbers, sourceLocation: location)
  }

  @Test("compress", arguments: [(effort: 1, bound: 121), (effort: 3, bound: 203)])
  func compress(effort: Int, bound: Int) throws {
    defer { vaezip.remove() }
    let file = try vaezip.read("in.png")
    let reader = try PNG.Reader(pulling: file, step: .max)
    let encoder = try ImageEncoder(
      model: model, options: EncoderOptions(threads: 2, tileSize: 128, effort: effort))
    let estimate =
      try reader.memoryEstimate
      + encoder.memoryEstimate(width: Self.width, height: Self.height, format: .rgb)
    let peak = try peak(
      "compress", "--tile-size", "128", "-e\(effort)", "in.png", "-o", "out.vz")
    expect(peak, estimate: estimate, bound: bound)
  }

  @Test("decompress")
  func decompress() throws {
    defer { vaezip.remove() }
    #expect(try vaezip("compress", "--tile-size", "128", "-e1", "in.png", "-o", "in.vz").status == 0)
    let file = try vaezip.read("in.vz")
    let decoder = ImageDecoder(threads: 2)
    let estimate = try file.count + decoder.memoryEstimate(VZFile(parsing: file).header)
    let peak = try peak("decompress", "in.vz", "-o", "out.png")
    expect(peak, estimate: estimate, bound: 84)
  }
}
#endif
