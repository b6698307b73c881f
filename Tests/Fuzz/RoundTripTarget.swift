/// A picture there and back: what the encoder makes of any PNG decodes to the encoder's own picture, and a region
/// of it to that part.
struct RoundTripTarget: FuzzTarget {
  private let model: Model
  private let limits: PNG.Limits

  /// - Parameter pixels: of a picture at most.
  init(_ model: Model, pixels: Int) {
    self.model = model
    limits = PNG.Limits(width: 1 << 12, height: 1 << 12, pixels: pixels, metadataBytes: 1 << 16)
  }

  func run(_ input: [UInt8]) throws {
    let options = options(for: input)
    let image: Image
    do throws(PNGError) {
      image = try PNG.read(
        Repair.png(input), limits: limits, keepsColorDepth: options.isLossless
      ).image
    } catch {
      check(error)
      return
    }
    let encoder = try ImageEncoder(model: model, options: options)
    let trial = try encoder.encodeTrial(image, measuresRate: false)
    let decoder = ImageDecoder(
      models: ModelLibrary([model], includingBuiltIn: false), threads: options.threads)
    let decoded = try decoder.decode(trial.bytes)
    precondition(decoded.pixels == trial.reconstruction.pixels && decoded.alpha == image.alpha)
    precondition(!options.isLossless || !options.keepsInvisibleColor || decoded.pixels == image.pixels)
    let part = Region(
      x: image.width / 3, y: image.height / 3, width: (image.width + 2) / 3, height: (image.height + 2) / 3)
    let again = try decoder.decode(trial.bytes, region: part)
    precondition(again.width == part.width && again.height == part.height)
    precondition(again.isEqual(to: decoded, origin: (part.x, part.y), outside: [], halo: 0))
    _ = try decoder.streamStatistics(trial.bytes)
  }

  /// The input's hash chooses the options, so that mutations reach all of them.
  private func options(for input: [UInt8]) -> EncoderOptions {
    let choice = Checksum.hash64(input)
    func pick(_ shift: UInt64, _ count: UInt64) -> Int { Int(choice >> shift & 0xFF_FFFF) % Int(count) }
    return EncoderOptions(
      quality: pick(0, 101), threads: 1 + pick(8, 3), tileSize: 64 << pick(16, 3), effort: 1 + pick(24, 4),
      keepsInvisibleColor: pick(32, 2) == 0, isLossless: pick(33, 4) == 0,
      choosesExactPixels: pick(35, 4) > 0)
  }

  func seeds() throws -> [[UInt8]] { try PNGTarget().seeds() }
}
