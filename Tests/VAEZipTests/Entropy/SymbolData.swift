import TestSupport
import VAEZip

/// Symbols and their scale indexes, as a model might produce them.
struct SymbolData {
  var symbols: [Int16] = []
  var scaleIndexes: [UInt8] = []

  /// Symbols drawn from the tables at the given scale indexes.
  init(scaleIndexes: [UInt8], tables: ScaleTables, seed: UInt64) {
    var generator = SplitMix64(seed)
    self.scaleIndexes = scaleIndexes
    symbols = scaleIndexes.map { scaleIndex in
      var rest = Int.random(in: 0..<ScaleTables.total, using: &generator)
      let row = tables.frequencies[(Int(scaleIndex) * ScaleTables.entryCount)...]
        .prefix(ScaleTables.entryCount)
      var reduced = 0
      for frequency in row {
        if rest < Int(frequency) { break }
        rest -= Int(frequency)
        reduced += 1
      }
      let bypassBits = Int(tables.bypassBits[Int(scaleIndex)])
      let magnitude = reduced << bypassBits | Int.random(in: 0..<(1 << bypassBits), using: &generator)
      return Int16(generator.next() & 1 == 0 ? magnitude : -magnitude)
    }
  }

  /// Symbols of one scale index: one in `share` is ±1, the others are zero, whatever the tables expect.
  init(scaleIndex: UInt8, oneIn share: Int, count: Int, seed: UInt64) {
    var generator = SplitMix64(seed)
    scaleIndexes = [UInt8](repeating: scaleIndex, count: count)
    symbols = scaleIndexes.map { _ in
      Int.random(in: 0..<share, using: &generator) > 0 ? 0 : Bool.random(using: &generator) ? 1 : -1
    }
  }

  /// Scale indexes like those of a photograph: positions in raster order with 192 channels each. They fall with
  /// the channel and vary smoothly over the picture; `shift` moves all of them.
  static func photographScaleIndexes(width: Int, height: Int, shift: Int) -> [UInt8] {
    var scaleIndexes: [UInt8] = []
    scaleIndexes.reserveCapacity(width * height * 192)
    for y in 0..<height {
      for x in 0..<width {
        // A triangle wave in both directions: smooth regions and busy ones.
        let detail = abs((3 * x + 5 * y) % 64 - 32) / 2
        for channel in 0..<192 {
          let slope = (Int.bitWidth - (channel + 1).leadingZeroBitCount) * 7
          scaleIndexes.append(UInt8(clamping: min(63, shift + detail - slope + channel % 3)))
        }
      }
    }
    return scaleIndexes
  }
}
