/// The decoder of symbol streams.
///
/// An input is: a byte that chooses the levels, a byte that chooses how many symbols there are, and a
/// stream. Whatever the bytes are, the decoder gives as many symbols as asked for, none of them −32768,
/// or an `EntropyError.corrupted`; what it gives can be encoded and decoded again.
struct SymbolTarget: FuzzTarget {
  private let coder: SymbolCoder
  private let fresh: SymbolCoder

  init() throws {
    let tables = ScaleTables.gaussian()
    coder = try SymbolCoder(tables: tables)
    fresh = try SymbolCoder(tables: tables)
  }

  /// One level; a few neighboring ones; all of them.
  private static func levels(_ choice: UInt8, count: Int) -> [UInt8] {
    let first = Int(choice & 63)
    let span = [1, 4, 16, 64][Int(choice >> 6)]
    return (0..<count).map { UInt8((first + $0 * 7 % span) % 64) }
  }

  /// 1…64, then in larger steps up to 1,600.
  private static func count(_ choice: UInt8) -> Int {
    choice < 64 ? Int(choice) + 1 : 64 + (Int(choice) - 63) * 8
  }

  func run(_ input: [UInt8]) throws {
    guard input.count >= 2 else { return }
    let levels = Self.levels(input[0], count: Self.count(input[1]))
    let stream = Array(input[2...])
    let symbols: [Int16]
    do throws(EntropyError) {
      symbols = try coder.decode(stream, scaleIndexes: levels)
    } catch {
      check(error)
      guard case .corrupted = error else { throw error }
      return
    }
    precondition(symbols.count == levels.count && !symbols.contains(.min))
    let statistics = coder.lastStatistics
    precondition(statistics.frameBytes + statistics.bitStringBytes == stream.count)
    // The encoder's search takes a hundred times as long as the decoder.
    guard stream.reduce(0, &+) % 64 == 0 else { return }
    let bytes = try fresh.encode(symbols: symbols, scaleIndexes: levels)
    let again = try fresh.decode(bytes, scaleIndexes: levels)
    precondition(again == symbols)
  }

  /// All kinds of segments.
  func seeds() throws -> [[UInt8]] {
    try [
      (5, 40, 1), (20, 200, 1), (40, 30, 1), (63, 20, 1), (80, 120, 2), (150, 90, 1),
      (200, 255, 1), (192, 100, 3), (250, 10, 1000),
    ].map { choice, size, scale in
      try seed(choice, size, scale: scale)
    }
  }

  private func seed(_ choice: UInt8, _ size: UInt8, scale: Int) throws -> [UInt8] {
    let levels = Self.levels(choice, count: Self.count(size))
    var state = UInt64(choice) << 8 | UInt64(size)
    let symbols = levels.map { level -> Int16 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // Roughly as large as the level says, and nearly always zero at low ones.
      let random = Int(state >> 33 & 0xffff) - 32768
      return Int16(clamping: random * Int(level) * Int(level) * scale / (32768 * 64))
    }
    return [choice, size] + (try coder.encode(symbols: symbols, scaleIndexes: levels))
  }
}
