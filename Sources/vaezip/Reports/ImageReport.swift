import Foundation
import VAEZip

/// The report of `vaezip info` on a .vz file. The names of the properties are those of the JSON object,
/// in snake case.
struct ImageReport: Encodable {
  struct Streams: Encodable {
    var hyper = 0
    var pass1 = 0
    var pass2 = 0
    var alpha = 0
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
      String(
        format: "%9d %9d %9d %7d %12d %10d %11d", symbols, nonzeros, segments, frames, frameBytes,
        sequences, bitStringBytes)
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
  }

  let kind = "image"
  let file: String
  let version: Int
  let width: Int
  let height: Int
  /// Alpha included: 1 … 4.
  let channels: Int
  let bitDepth: Int
  /// In words.
  let format: String
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
  private(set) var streams = Streams()
  /// Bytes outside the streams.
  let containerBytes: Int
  let chunks: [Chunk]
  let pixelChecksum: String
  /// Only if asked for.
  let tiles: [Tile]?

  /// - Parameter contents: of each tile; nil without the model.
  init(
    name: String, bytes: [UInt8], contents: [TileContents]?, verbose: Bool
  ) throws(VZError) {
    let container = try VZContents(parsing: bytes)
    let index = try VZFile(parsing: bytes)
    let header = container.header
    file = name
    version = Int(VZHeader.version)
    width = header.width
    height = header.height
    channels = header.format.samples
    bitDepth = Int(header.format.depth.rawValue)
    format = header.format.description
    modelId = ModelFile.name(ofID: header.modelID)
    let builtIn = try? Model.builtIn()
    modelName = builtIn?.id == header.modelID ? builtIn?.network.name : nil
    qualityLevel = Double(header.qualityPosition) / 256
    tileSize = header.tileSize
    tileColumns = header.tileColumns
    tileRows = header.tileRows
    self.bytes = bytes.count
    bitsPerPixel = 8 * Double(bytes.count) / (Double(header.width) * Double(header.height))
    containerBytes = container.overhead
    chunks = container.chunks.map { Chunk(type: $0.type, bytes: $0.data.count) }
    pixelChecksum = String(format: "%08x", container.pixelChecksum)
    let tiles = index.tiles.enumerated().map { number, entry in
      let bounds = header.bounds(ofTile: number)
      return Tile(
        x: bounds.x.lowerBound, y: bounds.y.lowerBound, width: bounds.x.count,
        height: bounds.y.count, offset: entry.offset,
        streams: Streams(
          hyper: entry.symbols.hyper, pass1: entry.symbols.pass1, pass2: entry.symbols.pass2,
          alpha: entry.alpha),
        contents: contents?[number])
    }
    self.tiles = verbose ? tiles : nil
    for tile in tiles {
      streams.hyper += tile.streams.hyper
      streams.pass1 += tile.streams.pass1
      streams.pass2 += tile.streams.pass2
      streams.alpha += tile.streams.alpha
    }
  }

  private var hasAlpha: Bool { channels % 2 == 0 }

  func json() throws -> String { try Report.json(self) }

  func text() -> String {
    func share(_ part: Int) -> String {
      let percent = String(format: "%5.1f", 100 * Double(part) / Double(bytes))
      return String(format: "%10d bytes  ", part) + percent + " %"
    }
    var lines = [
      "\(Report.line(file)): vaezip image, version \(version)",
      "  size       \(width) × \(height) pixels, \(format)",
      "  model      \(modelId) "
        + (modelName.map { "(\(Report.line($0)), built in)" } ?? "(not built in)"),
      "  quality    level \(String(format: "%.2f", qualityLevel))",
      "  tiles      \(tileColumns) × \(tileRows) of \(tileSize) × \(tileSize) pixels",
      "  file       " + String(format: "%10d bytes  %.4f bits per pixel", bytes, bitsPerPixel),
      "  hyper      " + share(streams.hyper),
      "  pass 1     " + share(streams.pass1),
      "  pass 2     " + share(streams.pass2),
    ]
    if hasAlpha { lines.append("  alpha      " + share(streams.alpha)) }
    lines.append("  container  " + share(containerBytes))
    lines += chunks.map { "  chunk      \($0.type): \($0.bytes) bytes" }
    if let tiles {
      lines.append(
        "      tile       x       y  width  height     offset      hyper     pass 1     pass 2"
          + (hasAlpha ? "      alpha" : ""))
      for (number, tile) in tiles.enumerated() {
        lines.append(
          String(
            format: "%10d %7d %7d %6d %7d %10d %10d %10d %10d", number, tile.x, tile.y, tile.width,
            tile.height, tile.offset, tile.streams.hyper, tile.streams.pass1, tile.streams.pass2)
            + (hasAlpha ? String(format: " %10d", tile.streams.alpha) : ""))
      }
    }
    if let tiles, tiles.contains(where: { $0.contents != nil }) {
      lines.append("      tile stream  " + Contents.header)
      for (number, tile) in tiles.enumerated() {
        guard let contents = tile.contents else { continue }
        for (stream, contents) in [
          ("hyper", contents.hyper), ("pass 1", contents.pass1), ("pass 2", contents.pass2),
        ] {
          let name = stream.padding(toLength: 8, withPad: " ", startingAt: 0)
          lines.append(String(format: "%10d ", number) + name + contents.row)
        }
      }
    } else if tiles != nil {
      lines.append("  To see what the streams consist of, name the model with --model.")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
