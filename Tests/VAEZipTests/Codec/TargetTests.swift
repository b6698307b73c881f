import TestSupport
import Testing
import VAEZip

@Suite("targets")
struct TargetTests {
  private let model: Model
  private let image: Image

  init() throws {
    model = try Model.builtIn()
    // A piece of a photograph.
    let photo = try Repository.sample("coffee.png")
    let (width, height) = (192, 160)
    var pixels: [UInt8] = []
    for y in 100..<100 + height {
      let start = 3 * (y * photo.width + 200)
      pixels += photo.pixels[start..<start + 3 * width]
    }
    image = Image(width: width, height: height, channels: .rgb, pixels: pixels)
  }

  private func encoder(effort: Int, position: Int? = nil) throws -> ImageEncoder {
    try ImageEncoder(model: model, options: EncoderOptions(qualityPosition: position, effort: effort))
  }

  private func measured(_ position: Int, effort: Int) throws -> EncodingTrial {
    try encoder(effort: effort, position: position).encodeTrial(image, measuresRate: false)
  }

  @Test("the highest quality whose file is small enough", arguments: [1, 3])
  func bytes(effort: Int) throws {
    for bytes in [1500, 4000, 9000] {
      let found = try encoder(effort: effort).encode(image, target: .bytes(bytes))
      #expect(found.encoded.bytes.count == Int(found.value))
      #expect(found.encodings <= 14)
      // What the result is not better than: the position above makes a larger file.
      #expect(found.encoded.bytes.count <= bytes)
      #expect(try measured(found.qualityPosition + 1, effort: effort).bytes.count > bytes)
      #expect(Double(found.encoded.bytes.count) > 0.99 * Double(bytes))
      let header = try VZFile(parsing: found.encoded.bytes).header
      #expect(Int(header.qualityPosition) == found.qualityPosition)
      #expect(try measured(found.qualityPosition, effort: effort).bytes == found.encoded.bytes)
    }
    let rate = try encoder(effort: effort).encode(image, target: .bitsPerPixel(1))
    #expect(rate.value <= 1 && rate.value > 0.985)
    #expect(rate.value == 8 * Double(rate.encoded.bytes.count) / Double(192 * 160))
  }

  @Test("the lowest quality whose picture is good enough")
  func metrics() throws {
    for target in [32.0, 36, 39] {
      let found = try encoder(effort: 3).encode(image, target: .psnr(target))
      #expect(0..<0.05 ~= found.value - target)
      let decoded = try ImageDecoder().decode(found.encoded.bytes)
      #expect(abs(try Metrics.psnr(image, decoded) - found.value) < 1e-9)
    }
    let found = try encoder(effort: 2).encode(image, target: .ssimulacra2(75))
    #expect(0..<0.2 ~= found.value - 75)
    let decoded = try ImageDecoder().decode(found.encoded.bytes)
    #expect(abs(try Metrics.ssimulacra2(image, decoded) - found.value) < 1e-9)
  }

  @Test("ends of the scale")
  func ends() throws {
    let encoder = try encoder(effort: 1)
    let lowest = try measured(0, effort: 1).bytes.count
    #expect(throws: TargetError.outOfReach(.bytes(lowest - 1), nearest: Double(lowest))) {
      try encoder.encode(image, target: .bytes(lowest - 1))
    }
    #expect(try encoder.encode(image, target: .bytes(lowest)).encoded.bytes.count <= lowest)
    let best = try encoder.encode(image, target: .bytes(1 << 30))
    #expect(best.qualityPosition == model.lastQualityPosition)
    #expect(try encoder.encode(image, target: .psnr(1)).qualityPosition == 0)
    let highest = try Metrics.psnr(
      image, ImageDecoder().decode(measured(model.lastQualityPosition, effort: 1).bytes))
    let error = #expect(throws: TargetError.self) { try encoder.encode(image, target: .psnr(80)) }
    guard case .outOfReach(.psnr(80), let nearest) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(abs(nearest - highest) < 1e-9)
    // NaN differs from itself, so the errors do.
    #expect(throws: TargetError.self) { try encoder.encode(image, target: .bitsPerPixel(.nan)) }
    for wrong in [EncodingTarget.bytes(0), .bitsPerPixel(0), .psnr(-1), .ssimulacra2(100.1)] {
      #expect(throws: TargetError.invalid(wrong)) { try encoder.encode(image, target: wrong) }
    }
  }

  @Test("pictures that become exact, and transparent ones, end")
  func graphics() throws {
    let graphic = TestGraphic.art.make(160, 96)
    let found = try encoder(effort: 1).encode(graphic, target: .psnr(50))
    #expect(found.value >= 50)
    #expect(found.encodings <= 14)
    let clear = Image(
      width: 192, height: 160, channels: .rgb, pixels: image.pixels,
      alpha: (0..<192 * 160).map { $0 % 192 < 96 ? 0 : 255 })
    for target in [68.0, 72, 80] {
      let cut = try encoder(effort: 2).encode(clear, target: .ssimulacra2(target))
      #expect(0..<0.2 ~= cut.value - target)
    }
    // At 70 the tile takes other symbols, so the scores have a step. The position below it is not good enough.
    let cut = try encoder(effort: 2).encode(clear, target: .ssimulacra2(70))
    #expect(cut.value >= 70)
    let below = try ImageDecoder().decode(
      encoder(effort: 2, position: cut.qualityPosition - 1).encode(clear).bytes)
    let visible = Image(
      width: 192, height: 160, channels: .rgb,
      pixels: image.pixels.indices.map { $0 / 3 % 192 < 96 ? below.pixels[$0] : image.pixels[$0] })
    #expect(try Metrics.ssimulacra2(visible, below.color) < 70)
  }

  @Test("qualities with fractions lie between their neighbors")
  func fractions() {
    #expect(model.qualityPosition(0) == 0)
    #expect(model.qualityPosition(100) == model.lastQualityPosition)
    #expect(model.qualityPosition(-3) == 0)
    #expect(model.qualityPosition(1e9) == model.lastQualityPosition)
    for quality in 0..<100 {
      let positions = [0, 0.25, 0.5, 1].map { model.qualityPosition(Double(quality) + $0) }
      #expect(positions == positions.sorted())
      #expect(positions[0] < positions[3])
      #expect(abs(2 * positions[2] - positions[0] - positions[3]) <= 1)
    }
  }
}
