import Foundation
import VAEZip

/// The report of `vaezip info` on a .vz file. The names of the properties are those of the JSON object,
/// in snake case.
struct ImageReport: Encodable {
  struct Streams: Encodable {
    var hyper = 0
    var pass1 = 0
    var pass2 = 0
    var exact = 0
    var alpha = 0

    var total: Int { hyper + pass1 + pass2 + exact + alpha }

    mutating func add(_ entry: VZFile.Entry) {
      hyper += entry.symbols.hyper
      pass1 += entry.symbols.pass1
      pass2 += entry.symbols.pass2
      exact += entry.exact
      alpha += entry.alpha
    }
  }

  /// Figures of a stream.
  struct Contents: Encodable {
    let symbols: Int
    let nonzeros: Int
    let segments: Int
    let frames: Int
    let frameBytes: Int
    let sequences: Int
    let bitStringBytes: Int

    init(_ statistics: SymbolStatistics) {
      symbols = statistics.symbols
      nonzeros = statistics.nonzeros
      segments = statistics.segments
      frames = statistics.frames
      frameBytes = statistics.frameBytes
      sequences = statistics.sequences
      bitStringBytes = statistics.bitStringBytes
    }

    /// The columns of the text.
    var row: String {
      zip(
        [symbols, nonzeros, segments, frames, frameBytes, sequences, bitStringBytes],
        [9, 9, 9, 7, 12, 10, 11]
      ).map { Report.column($0, $1) }.joined(separator: " ")
    }

    static let header =
      "  symbols   nonzero  segments  frames  frame bytes  sequences  bit string"
  }

  struct TileContents: Encodable {
    let hyper: Contents
    let pass1: Contents
    let pass2: Contents
  }

  struct Chunk: Encodable {
    let type: String
    let bytes: Int
  }

  struct Tile: Encodable {
    let x: Int
    let y: Int
    let width: Int
    let height: Int
    let offset: Int
    let streams: Streams
    /// Only if the model is at hand.
    let contents: TileContents?

    init(_ number: Int, _ header: VZHeader, _ entry: VZFile.Entry, _ contents: TileContents?) {
      let bounds = header.bounds(ofTile: number)
      (x, y) = (bounds.x.lowerBound, bounds.y.lowerBound)
      (width, height) = (bounds.x.count, bounds.y.count)
      offset = entry.offset
      var streams = Streams()
      streams.add(entry)
      self.streams = streams
      self.contents = contents
    }

    /// The columns of the text.
    func row(_ number: Int, hasAlpha: Bool) -> String {
      let columns: [(Int, Int)] =
        [
          (number, 10), (x, 7), (y, 7), (width, 6), (height, 7), (offset, 10), (streams.hyper, 10),
          (streams.pass1, 10), (streams.pass2, 10), (streams.exact, 10),
        ] + (hasAlpha ? [(streams.alpha, 10)] : [])
      return columns.map { Report.column($0, $1) }.joined(separator: " ")
    }

    /// The columns of the text about each stream; none without the model.
    func contentRows(_ number: Int) -> [String] {
      guard let contents else { return [] }
      return [
        ("hyper", contents.hyper), ("pass 1", contents.pass1), ("pass 2", contents.pass2),
      ].map { stream, contents in
        let name = stream.padding(toLength: 8, withPad: " ", startingAt: 0)
        return Report.column(number, 10) + " " + name + contents.row
      }
    }
  }

  let kind = "image"
  let file: String
  /// The path, for people.
  private let name: String
  let version: Int
  let width: Int
  let height: Int
  /// Alpha included: 1 … 4.
  let channels: Int
  let bitDepth: Int
  /// In words.
  let format: String
  private let needsModel: Bool
  /// 16 zeros if the pixels need no model.
  let modelId: String
  /// If it is the built-in one.
  let modelName: String?
  /// In quality levels, not in their 256ths.
  let qualityLevel: Double
  let tileSize: Int
  let tileColumns: Int
  let tileRows: Int
  let bytes: Int
  let bitsPerPixel: Double
  /// Bytes of all tiles' streams.
  let streams: Streams
  /// Bytes outside the streams.
  let containerBytes: Int
  let chunks: [Chunk]
  /// The share of exact pixels, 0 … 1.
  let exactShare: Double
  /// Of the decoded color in version 1, of all that the streams decode to from version 2 on.
  let checksum: String
  /// Only if asked for.
  let tiles: [Tile]?

  private enum CodingKeys: String, CodingKey {
    case kind, file, version, width, height, channels, bitDepth, format, modelId, modelName
    case qualityLevel, tileSize, tileColumns, tileRows, bytes, bitsPerPixel, streams, containerBytes
    case chunks, exactShare, checksum, tiles
  }

  /// - Parameters:
  ///   - index: of the file whose bytes these are, its checksums compared.
  ///   - contents: of each tile; nil without the model.
  init(
    name: String, bytes: [UInt8], index: VZFile, contents: [TileContents]?, verbose: Bool
  ) throws(VZError) {
    let header = index.header
    self.name = name
    file = PathText.repaired(name)
    version = Int(header.version)
    width = header.width
    height = header.height
    channels = header.format.samples
    bitDepth = Int(header.format.depth.rawValue)
    format = header.format.description
    needsModel = header.needsModel
    modelId = ModelFile.name(ofID: header.modelID)
    let builtIn = BuiltInModel.all.first { $0.id == header.modelID }
    modelName = try? builtIn?.model.value().network.name
    qualityLevel = Double(header.qualityPosition) / 256
    tileSize = header.tileSize
    tileColumns = header.tileColumns
    tileRows = header.tileRows
    self.bytes = bytes.count
    bitsPerPixel = 8 * Double(bytes.count) / (Double(header.width) * Double(header.height))
    chunks = index.chunks.map { Chunk(type: $0.type, bytes: $0.data.count) }
    switch try index.trailer(in: bytes) {
    case .pixels(let color, _): checksum = String(format: "%08x", color)
    case .content(let content): checksum = String(format: "%08x", content)
    }
    let pixels = Double(header.width) * Double(header.height)
    exactShare = Double(try index.exactPixels(in: bytes)) / pixels
    var sum = Streams()
    for entry in index.tiles { sum.add(entry) }
    streams = sum
    containerBytes = bytes.count - sum.total
    tiles =
      !verbose
      ? nil
      : index.tiles.enumerated().map { number, entry in
        Tile(number, header, entry, contents?[number])
      }
  }

  /// Bytes of memory that a report takes, as it is printed.
  static func memory(_ index: VZFile, verbose: Bool, json: Bool) -> Int {
    // An upper guess, not measured: what JSONEncoder makes of an object before it is text, and the lines
    // of the other form.
    index.chunks.count * (json ? 4096 : 256)
      + (verbose ? index.tiles.count * (json ? 24576 : 2048) : 0)
  }

  private var hasAlpha: Bool { channels % 2 == 0 }

  func json() throws -> String { try Report.json(self) }

  func text() -> String {
    func share(_ part: Int) -> String {
      let percent = Report.column(String(format: "%.1f", 100 * Double(part) / Double(bytes)), 5)
      return Report.column(part, 10) + " bytes  " + percent + " %"
    }
    var lines = [
      "\(Report.line(name)): vaezip image, version \(version)",
      "  size       \(width) × \(height) pixels, \(format)",
      needsModel
        ? "  model      \(modelId) "
          + (modelName.map { "(\(Report.line($0)), built in)" } ?? "(not built in)")
        : "  model      none: all pixels are exact",
      needsModel ? "  quality    level \(String(format: "%.2f", qualityLevel))" : "  quality    lossless",
      "  tiles      \(tileColumns) × \(tileRows) of \(tileSize) × \(tileSize) pixels",
      "  file       " + Report.column(bytes, 10) + " bytes  "
        + String(format: "%.4f bits per pixel", bitsPerPixel),
      "  hyper      " + share(streams.hyper),
      "  pass 1     " + share(streams.pass1),
      "  pass 2     " + share(streams.pass2),
    ]
    if streams.exact > 0 {
      lines.append(
        "  exact      " + share(streams.exact)
          + String(format: "  for %.1f %% of the pixels", 100 * exactShare))
    }
    if hasAlpha { lines.append("  alpha      " + share(streams.alpha)) }
    lines.append("  container  " + share(containerBytes))
    lines += chunks.map { "  chunk      \($0.type): \($0.bytes) bytes" }
    if let tiles {
      lines.append(
        "      tile       x       y  width  height     offset      hyper     pass 1     pass 2      exact"
          + (hasAlpha ? "      alpha" : ""))
      for (number, tile) in tiles.enumerated() {
        lines.append(tile.row(number, hasAlpha: hasAlpha))
      }
    }
    if let tiles, tiles.contains(where: { $0.contents != nil }) {
      lines.append("      tile stream  " + Contents.header)
      for (number, tile) in tiles.enumerated() { lines += tile.contentRows(number) }
    } else if tiles != nil {
      lines.append("  To see what the streams consist of, name the model with --model.")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
