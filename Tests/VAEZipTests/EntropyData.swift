import TestSupport
import VAEZip

/// Symbols and levels as a model might produce them.
struct EntropyData {
  var symbols: [Int16] = []
  var levels: [UInt8] = []

  /// Symbols drawn from the tables at the given levels.
  init(levels: [UInt8], tables: ScaleTables, seed: UInt64) {
    var generator = SplitMix64(seed)
    self.levels = levels
    symbols = levels.map { level in
      var rest = Int.random(in: 0..<ScaleTables.total, using: &generator)
      let row = tables.frequencies[(Int(level) * ScaleTables.entryCount)...]
        .prefix(ScaleTables.entryCount)
      var reduced = 0
      for frequency in row {
        if rest < Int(frequency) { break }
        rest -= Int(frequency)
        reduced += 1
      }
      let rawBits = Int(tables.bypassBits[Int(level)])
      let magnitude = reduced << rawBits | Int.random(in: 0..<(1 << rawBits), using: &generator)
      return Int16(generator.next() & 1 == 0 ? magnitude : -magnitude)
    }
  }

  /// Symbols of one level, one in `share` of them ±1 and the others zero, whatever the level promises.
  init(level: UInt8, oneIn share: Int, count: Int, seed: UInt64) {
    var generator = SplitMix64(seed)
    levels = [UInt8](repeating: level, count: count)
    symbols = levels.map { _ in
      Int.random(in: 0..<share, using: &generator) > 0 ? 0 : Bool.random(using: &generator) ? 1 : -1
    }
  }

  /// Levels like those of a photograph: `positions` in raster order with 192 channels each, whose levels
  /// fall with the channel and vary smoothly with the place; `shift` moves all of them.
  static func photographLevels(width: Int, height: Int, shift: Int) -> [UInt8] {
    var levels: [UInt8] = []
    levels.reserveCapacity(width * height * 192)
    for y in 0..<height {
      for x in 0..<width {
        // A triangle wave in both directions: smooth regions and busy ones.
        let detail = abs((3 * x + 5 * y) % 64 - 32) / 2
        for channel in 0..<192 {
          let slope = (Int.bitWidth - (channel + 1).leadingZeroBitCount) * 7
          levels.append(UInt8(clamping: min(63, shift + detail - slope + channel % 3)))
        }
      }
    }
    return levels
  }
}
