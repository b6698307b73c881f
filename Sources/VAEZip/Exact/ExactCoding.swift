/// How the exact pixels of a tile become bytes (Formats/VZ.md, Exact pixels).
struct ExactCoding: Equatable {
  /// What stands for a pixel.
  enum Model: UInt8 {
    /// The number of its color, among at most 256.
    case palette
    /// The same; 255 stands for any other color, whose samples follow all numbers.
    case escapes
    /// Its samples.
    case samples
    /// Its green, and red and blue less green.
    case lessGreen
  }

  var model: Model
  /// log₂ of the rows of a strip, 0…6. Pixels of a strip come column by column; a strip of one row, row by row.
  var stripLog2 = 0
  /// Whether all first bytes of pixels come first, then all second ones, and so on.
  var isPlanar = false
  /// For palettes log₂ of the bits of a number, 0…3. For samples the filter: PNG's 0…4, or `ownFilters`.
  var detail: UInt8 = 0

  /// Each row has a filter of its own.
  static let ownFilters: UInt8 = 5
  /// Strips are not higher than a block.
  static let stripLog2Range = 0...6

  var stripHeight: Int { 1 << stripLog2 }
  var usesPalette: Bool { model == .palette || model == .escapes }
}

extension ExactCoding {
  static let partial: UInt8 = 0x40
  static let withoutLatents: UInt8 = 0x80
  private static let planar: UInt8 = 0x20

  /// The first byte of a stream, without its two upper bits, and the second.
  var bytes: [UInt8] {
    [model.rawValue | UInt8(stripLog2) << 2 | (isPlanar ? Self.planar : 0), detail]
  }

  /// - Returns: nil if the bytes mean no coding of pixels of that many samples.
  init?(mode: UInt8, detail: UInt8, samples: Int) {
    guard let model = Model(rawValue: mode & 3) else { return nil }
    self.init(
      model: model, stripLog2: Int(mode >> 2 & 7), isPlanar: mode & Self.planar != 0, detail: detail)
    guard Self.stripLog2Range ~= stripLog2 else { return nil }
    switch model {
    case .palette: guard detail <= 3, !isPlanar else { return nil }
    case .escapes: guard detail == 3, !isPlanar else { return nil }
    case .samples, .lessGreen:
      guard detail <= Self.ownFilters, detail == 0 || stripLog2 == 0, model == .samples || samples == 3
      else { return nil }
    }
  }
}
