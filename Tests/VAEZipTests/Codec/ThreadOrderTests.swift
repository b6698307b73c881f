import TestSupport
import Testing
import VAEZip

/// File and pixels do not depend on the order in which threads work. Orders are simulated, so that rare ones
/// occur, too.
@Suite struct ThreadOrderTests {
  /// More rows than any ring has; wider than a segment; more rows of tiles than a ring has.
  @Test(arguments: [0, 1, 2, 3], [1, 2, 3, 4])
  func doesNotMatter(blocks: Int, effort: Int) throws {
    let model = try RandomModel.model(seed: 9, blocks: blocks)
    var random = SplitMix64(UInt64(10 * blocks + effort))
    for (width, height, hasAlpha) in [(30, 520, true), (1200, 40, false), (149, 333, false)] {
      let image = TestImage.make(width, height, alpha: hasAlpha)
      var options = EncoderOptions(quality: 60, threads: 1, tileSize: 64, effort: effort)
      let plain = try ImageEncoder(model: model, options: options).encodeTrial(image)
      for stripHeight in [nil, 1, 4] {
        let threads = Int.random(in: 2...8, using: &random)
        options.threads = threads
        options.stripHeight = stripHeight
        options.simulatedOrder = random.next()
        let encoded = try ImageEncoder(model: model, options: options).encodeTrial(image)
        // Bools, so that a failure does not print the arrays.
        let isSameFile = encoded.bytes == plain.bytes
        let isSamePicture = encoded.reconstruction == plain.reconstruction
        #expect(isSameFile && isSamePicture, "\(width) × \(height), strips \(stripHeight ?? 0)")

        var decoder = ImageDecoder(models: ModelLibrary([model]), threads: threads)
        decoder.stripHeight = stripHeight
        decoder.simulatedOrder = random.next()
        let isSame = try decoder.decode(plain.bytes) == plain.reconstruction
        #expect(isSame, "\(width) × \(height), strips \(stripHeight ?? 0)")
      }
    }
  }

  /// Regions that reach into a low last row of tiles. It takes the place of latents that the region does not
  /// need, so no reader holds it back.
  @Test(arguments: [2, 3, 4], [false, true])
  func doesNotMatterForRegions(threads: Int, hasAlpha: Bool) throws {
    let model = try RandomModel.model(seed: 9, blocks: 1)
    // The last row of tiles has two rows of latents, and begins at 640.
    let image = TestImage.make(20, 660, alpha: hasAlpha)
    let encoded = try ImageEncoder(
      model: model, options: EncoderOptions(quality: 60, tileSize: 64, effort: 1)
    ).encodeTrial(image)
    // One row of tiles more than the ring holds; two of its rows of latents are not needed.
    let y = 640 - 64 * (threads + 1) + 40
    let region = Region(x: 0, y: y, width: 20, height: 660 - y)
    let plain = try ImageDecoder(models: ModelLibrary([model]), threads: 1)
      .decode(encoded.bytes, region: region)
    var differing: [UInt64] = []
    for order in 0..<50 as Range<UInt64> {
      var decoder = ImageDecoder(models: ModelLibrary([model]), threads: threads)
      decoder.simulatedOrder = order
      if try decoder.decode(encoded.bytes, region: region) != plain { differing.append(order) }
    }
    #expect(differing == [])
  }
}
