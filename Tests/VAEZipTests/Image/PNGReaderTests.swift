import TestSupport
import Testing
import VAEZip

/// The reader that gives a PNG's rows one by one.
@Suite struct PNGReaderTests {
  private static var noAlpha: UnsafeMutableBufferPointer<UInt8> { .init(start: nil, count: 0) }

  private func png(interlaced: Bool) -> TestPNG {
    TestPNG(width: 23, height: 50, bitDepth: 8, colorType: 2, interlaced: interlaced) { x, y, c in
      (7 * x + 5 * y + 60 * c) & 255
    }
  }

  @Test(arguments: [1, 70, 100_000], [false, true])
  func rowsAreThoseOfTheWhole(step: Int, interlaced: Bool) throws {
    let whole = try PNG.read(png(interlaced: false).encoded()).image
    let reader = try PNG.Reader(pulling: png(interlaced: interlaced).encoded(), step: step)
    #expect(reader.isInterlaced == interlaced)
    var pixels = [UInt8](repeating: 0, count: whole.pixels.count)
    try pixels.withUnsafeMutableBufferPointer { pixels throws(PNGError) in
      for y in stride(from: 0, to: 50, by: 10) {
        try reader.read(
          into: UnsafeMutableBufferPointer(rebasing: pixels[y * 69..<(y + 10) * 69]),
          alpha: Self.noAlpha)
      }
      try reader.finish()
    }
    let isSame = pixels == whole.pixels
    #expect(isSame)
  }

  @Test func errorsOfTheSourceArriveUnchanged() throws {
    let file = png(interlaced: true).encoded()
    var pulls = 0
    let broken = try PNG.Reader { buffer throws(PNGError) in
      pulls += 1
      guard pulls < 3 else { throw .notRead("no such luck") }
      let part = file[(pulls - 1) * 60..<pulls * 60]
      _ = buffer.update(fromContentsOf: part)
      return part.count
    }
    var row = [UInt8](repeating: 0, count: 23 * 50 * 3)
    #expect(throws: PNGError.notRead("no such luck")) {
      try row.withUnsafeMutableBufferPointer { row throws(PNGError) in
        try broken.read(into: row, alpha: Self.noAlpha)
      }
    }
  }
}
