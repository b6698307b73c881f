import TestSupport
import Testing
import VAEZipExact
import VAEZipSupport

/// What a mask of exact pixels says, against its definition pixel by pixel.
@Suite struct ExactMaskTests {
  /// A mask of random cells: empty, whole, or of any pixels.
  private func mask(_ width: Int, _ height: Int, _ random: inout SplitMix64) -> ExactMask {
    var mask = ExactMask(width: width, height: height, isExact: false)
    for row in 0..<mask.rows {
      for column in 0..<mask.columns {
        mask[column, row] = [0, .max, random.next()][Int.random(in: 0..<3, using: &random)]
      }
    }
    return mask
  }

  @Test(arguments: [(1, 1), (8, 8), (50, 33), (129, 17)]) func runsAreThePixels(width: Int, height: Int) {
    var random = SplitMix64(1)
    for _ in 0..<20 {
      let mask = mask(width, height, &random)
      var count = 0
      for y in 0..<height {
        let runs = mask.runs(y: y)
        let exact = (0..<width).filter { mask.isExact(x: $0, y: y) }
        #expect(runs.flatMap { Array($0) } == exact)
        // Runs that touch are one.
        #expect(zip(runs, runs.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        count += exact.count
      }
      #expect(mask.pixelCount == count)
      #expect(mask.isEmpty == (count == 0) && mask.isFull == (count == width * height))
    }
  }

  @Test func latentPositionsAndTheirSurroundings() {
    var random = SplitMix64(2)
    for _ in 0..<20 {
      let mask = mask(70, 45, &random)
      for (y, x) in [(0, 0), (1, 2), (2, 4), (0, 4), (2, 0)] {
        func exact(_ x: Range<Int>, _ y: Range<Int>) -> [Bool] {
          y.clamped(to: 0..<45).flatMap { y in
            x.clamped(to: 0..<70).map { mask.isExact(x: $0, y: y) }
          }
        }
        let inside = exact(16 * x..<16 * x + 16, 16 * y..<16 * y + 16)
        #expect(mask.isExact(latentX: x, latentY: y) == !inside.contains(false))
        let around = exact(16 * x - 8..<16 * x + 24, 16 * y - 8..<16 * y + 24)
        #expect(mask.hasExact(x: 16 * x, y: 16 * y, distance: 8) == around.contains(true))
      }
    }
  }

  @Test func planesAreRingsOfMasks() {
    var random = SplitMix64(3)
    // Three rows of tiles of 32 × 32 in the room of two.
    let plane = ExactPlane(width: 60, height: 90, bands: 4)
    for row in 0..<3 {
      let height = min(32, 90 - 32 * row)
      let masks = [32, 28].map { mask($0, height, &random) }
      for (column, mask) in masks.enumerated() { plane.insert(mask, x: 32 * column, y: 32 * row) }
      for y in 0..<height {
        let exact = (0..<60).filter { masks[$0 / 32].isExact(x: $0 % 32, y: y) }
        #expect(plane.runs(y: 32 * row + y, in: 0..<60).flatMap { Array($0) } == exact)
        #expect(
          plane.runs(y: 32 * row + y, in: 5..<47).flatMap { Array($0) } == exact.filter { 5..<47 ~= $0 })
      }
      // Beyond the image's last cell, where the networks' pictures are padded.
      #expect(plane[8, 4 * row] == 0 && plane[0, 12] == 0)
      let isWhole = masks[0].isFull
      #expect(plane.isExact(x: -8..<32, y: 32 * row..<32 * row + 32) == isWhole)
    }
  }
}
