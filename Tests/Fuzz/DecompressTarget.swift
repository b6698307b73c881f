/// The whole way from a .vz file to pixels: as it is, and with all checksums made right, so that
/// mutations come through to what is behind them.
struct DecompressTarget: FuzzTarget {
  private let model: Model
  private let decoder: ImageDecoder

  init() throws {
    model = try RandomModel.model(seed: 1)
    decoder = ImageDecoder(
      models: ModelLibrary([model], includingBuiltIn: false), threads: 1,
      limits: VZFile.Limits(pixels: 1 << 14, chunkBytes: 1 << 16, memory: 1 << 28))
  }

  func run(_ input: [UInt8]) throws {
    var whole: Image?
    do throws(CodecError) {
      whole = try decoder.decode(input)
    } catch {
      check(error)
    }
    do throws(CodecError) {
      let (image, damage) = try decoder.decodeKeepingGoing(input)
      precondition(whole == nil || damage.isEmpty && image == whole)
    } catch {
      precondition(whole == nil)
    }
    let repaired = Repair.container(input, modelID: model.id)
    do throws(CodecError) {
      let (image, damage) = try decoder.decodeKeepingGoing(repaired)
      for tile in damage.tiles { check(tile.reason) }
      guard damage.tiles.isEmpty else { return }
      try compareRegion(of: image, repaired)
    } catch {
      check(error)
    }
  }

  /// A region that the file's last bytes choose.
  private func compareRegion(of image: Image, _ file: [UInt8]) throws(CodecError) {
    let choice = file.suffix(4).map { Int($0) }
    let (x, y) = (choice[0] % image.width, choice[1] % image.height)
    let region = Region(
      x: x, y: y, width: 1 + choice[2] % (image.width - x), height: 1 + choice[3] % (image.height - y))
    let part = try decoder.decode(file, region: region)
    let bytes = Int(image.channels.rawValue) * image.colorDepth.bytes
    for row in 0..<region.height {
      let start = ((y + row) * image.width + x) * bytes
      let expected = image.pixels[start..<start + region.width * bytes]
      precondition(
        part.pixels[row * region.width * bytes..<(row + 1) * region.width * bytes] == expected)
    }
  }

  func seeds() throws -> [[UInt8]] {
    var files: [[UInt8]] = []
    for (width, height) in [(1, 1), (20, 30), (90, 70)] {
      for hasAlpha in [false, true] {
        let encoder = try ImageEncoder(
          model: model, options: EncoderOptions(quality: 40 + width / 2, tileSize: 64))
        let image = TestImage.make(
          width, height, width == 20 ? .gray : .rgb, alpha: hasAlpha)
        files.append(try encoder.encodeTrial(image).bytes)
      }
    }
    for (image, isLossless) in [
      (TestGraphic.mixed(130, 70), false), (TestGraphic.art.make(70, 70, alpha: true), false),
      (TestGraphic.antialiased.make(40, 70, depth: .sixteen, colorDepth: .sixteen), true),
    ] {
      let options = EncoderOptions(tileSize: 64, effort: 1, isLossless: isLossless)
      files.append(try ImageEncoder(model: model, options: options).encode(image).bytes)
    }
    return files
  }
}
