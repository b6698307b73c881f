import TestSupport
import Testing
import VAEZip

/// No effort makes a tile worse than a lower one does: bits + λ · squared error of the pixels that a decoder makes
/// of the file. Most of these pictures are what the built-in model is bad at.
@Suite struct NoHarmTests {
  enum Kind: CaseIterable {
    case modules, checkers, dither, stripes, letters, slope, noise, colors, flat, photograph
  }

  private static let side = 112
  /// Bits by which the encoder's sums may differ from the reported ones: its costs are integers.
  private static let rounding = 2.0

  /// One tile.
  private static func tile(_ kind: Kind, _ channels: Image.Channels = .rgb) throws -> Image {
    if kind == .photograph {
      return try crop("coffee.png", Region(x: 200, y: 120, width: side, height: side))
    }
    var random = SplitMix64(11)
    let modules = (0..<1024).map { _ in UInt8(random.next() & 1 == 0 ? 0 : 255) }
    var pixels: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side {
        for c in 0..<Int(channels.rawValue) {
          let value: UInt8 =
            switch kind {
            case .modules: modules[y / 8 * 16 + x / 8]
            case .checkers: (x / 3 + y / 3) & 1 == 0 ? 0 : 255
            case .dither: 255 * x / side > [32, 160, 224, 96][(y & 1) * 2 + x & 1] ? 255 : 0
            case .stripes: x % 8 == 0 ? 255 : 0
            case .letters: (x / 2 * 7 + y / 3 * 5) % 11 < 3 && y % 14 < 9 ? 20 : 250
            case .slope: UInt8(20 + x + y / 2)
            case .noise: UInt8(truncatingIfNeeded: random.next())
            case .colors: modules[(y / 8 * 16 + x / 8) * 3 % 1000 + c]
            case .flat, .photograph: [200, 30, 60][c]
            }
          pixels.append(value)
        }
      }
    }
    return Image(width: side, height: side, channels: channels, pixels: pixels)
  }

  /// A part of an RGB picture of Samples.
  private static func crop(_ name: String, _ region: Region) throws -> Image {
    let image = try Repository.sample(name)
    var pixels: [UInt8] = []
    for y in region.y..<region.y + region.height {
      let first = 3 * (y * image.width + region.x)
      pixels += image.pixels[first..<first + 3 * region.width]
    }
    return Image(width: region.width, height: region.height, channels: .rgb, pixels: pixels)
  }

  /// The cost in bits, as the encoder counts it; and the file.
  private func cost(
    _ image: Image, effort: Int, quality: Int, tileSize: Int = 512
  ) throws -> (bits: Double, file: [UInt8]) {
    let model = try Model.builtIn()
    var options = EncoderOptions(quality: quality, tileSize: tileSize, effort: effort)
    // The network has to code what it is bad at.
    options.choosesExactPixels = false
    let encoder = try ImageEncoder(model: model, options: options)
    let encoded = try encoder.encodeTrial(image)
    let decoded = try ImageDecoder().decode(encoded.bytes)
    // A Bool, so that a failure does not print the pictures.
    let isTold = decoded == encoded.reconstruction
    #expect(isTold)
    let error = try Metrics.meanSquaredError(image, decoded) * Double(image.width * image.height)
    return (
      encoded.statistics.modelBits + model.lambda(at: encoder.qualityPosition) * error, encoded.bytes
    )
  }

  @Test(arguments: Kind.allCases, [15, 60, 100])
  func noRoundMakesATileWorse(kind: Kind, quality: Int) throws {
    let image = try Self.tile(kind)
    let rounded = try cost(image, effort: 1, quality: quality).bits
    #expect(try cost(image, effort: 2, quality: quality).bits <= rounded + Self.rounding)
    var last = rounded
    for effort in [3, 4, 5, 6, 7, 9] {
      let bits = try cost(image, effort: effort, quality: quality).bits
      #expect(bits <= last + Self.rounding, "effort \(effort)")
      last = bits
    }
    if kind != .flat && kind != .slope { #expect(last < 0.99 * rounded) }
  }

  @Test(arguments: [Kind.modules, .slope, .letters])
  func noRoundMakesAGrayTileWorse(kind: Kind) throws {
    let image = try Self.tile(kind, .gray)
    var last = Double.infinity
    for effort in [1, 3, 5] {
      let bits = try cost(image, effort: effort, quality: 80).bits
      #expect(bits <= last + Self.rounding, "effort \(effort)")
      last = bits
    }
  }

  /// Tiles that decide differently from their neighbors: their pixels, and those around them, are made again.
  @Test(arguments: [2, 3, 5])
  func pictureOfManyTilesIsNotWorse(effort: Int) throws {
    let text = try Self.crop("text.png", Region(x: 0, y: 0, width: 330, height: 300))
    let rounded = try cost(text, effort: 1, quality: 30, tileSize: 64)
    let chosen = try cost(text, effort: effort, quality: 30, tileSize: 64)
    #expect(chosen.bits < rounded.bits)
    let tiles = (try VZFile(parsing: rounded.file).tiles, try VZFile(parsing: chosen.file).tiles)
    let same = zip(tiles.0, tiles.1).filter { $0.checksum == $1.checksum }
    #expect(same.count < tiles.0.count)
    // At effort 2, choosing symbols harms some tiles of text. They stay as they were.
    if effort == 2 { #expect(!same.isEmpty) }
  }
}
