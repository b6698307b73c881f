// What a stranger does with the library, and what must go on working: nothing here but `public` names.
//
//     Dependent MODEL FOLDER     a model file, and a folder to write to
import Foundation
import VAEZip

// MARK: Codable types with coding by hand: the library's names must not hide the standard library's.

/// A picture of an album.
struct Entry: Codable, Equatable {
  var title: String
  var region: Region

  private enum Key: String, CodingKey { case title, x, y, width, height }

  init(title: String, region: Region) {
    self.title = title
    self.region = region
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    title = try container.decode(String.self, forKey: .title)
    region = Region(
      x: try container.decode(Int.self, forKey: .x), y: try container.decode(Int.self, forKey: .y),
      width: try container.decode(Int.self, forKey: .width),
      height: try container.decode(Int.self, forKey: .height))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(title, forKey: .title)
    try container.encode(region.x, forKey: .x)
    try container.encode(region.y, forKey: .y)
    try container.encode(region.width, forKey: .width)
    try container.encode(region.height, forKey: .height)
  }
}

// MARK: Checks

struct Failure: Error, CustomStringConvertible {
  let description: String
}

func check(_ isTrue: Bool, _ what: String) throws {
  guard isTrue else { throw Failure(description: what) }
  print("ok:", what)
}

/// The error that a piece of code throws.
func error<E: Error>(of body: () throws(E) -> some Any) -> E? {
  do throws(E) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

// MARK: The program

/// Pixels of one's own, without a PNG.
func picture() throws -> Image {
  let (width, height) = (150, 90)
  let pixels = (0..<width * height * 3).map { place in
    let (x, y) = (place / 3 % width, place / 3 / width)
    return UInt8((x * (2 + place % 3) + 3 * y + (x / 9 + y / 7) % 2 * 60) % 256)
  }
  guard
    let text = ImageMetadata.Chunk(type: "tEXt", data: Array("Title\0A dependent".utf8)),
    let exif = ImageMetadata.Chunk(type: "eXIf", data: Array("MM\0*".utf8))
  else { throw Failure(description: "chunks") }
  return Image(
    width: width, height: height, channels: .rgb, pixels: pixels,
    alpha: (0..<width * height).map { UInt8($0 % width) }, metadata: ImageMetadata([text, exif]))
}

func crop(_ image: Image, _ region: Region) -> [UInt8] {
  (region.y..<region.y + region.height).flatMap { y in
    let start = (y * image.width + region.x) * 3
    return image.pixels[start..<start + region.width * 3]
  }
}

func compressAndDecompress(_ model: Model, _ folder: URL) throws {
  let image = try picture()
  let encoder = try ImageEncoder(model: model, options: EncoderOptions(quality: 60, tileSize: 64))
  let decoder = ImageDecoder(models: ModelLibrary([model]))
  let url = folder.appending(path: "picture.vz")
  let encoded = try encoder.encode(image)
  try encoded.write(to: url)
  try check(try Data(contentsOf: url) == encoded.data, "a file has the encoder's bytes")

  let decoded = try decoder.decode(contentsOf: url)
  try check(decoded.format == image.format, "the format comes back")
  try check(decoded.alpha == image.alpha, "opacity comes back exactly")
  try check(decoded.metadata == image.metadata, "metadata come back")
  try check(try decoder.decode(encoded.bytes) == decoded, "bytes and files decode alike")
  try check(try Metrics.psnr(image, decoded) > 8, "color resembles the source")
  try decoder.verify(encoded.bytes)

  let file = try VZFile(contentsOf: url)
  try check(file.header.width == 150 && file.header.height == 90, "the header has the size")
  try check(file.header.modelID == model.id, "the header names the model")
  try check(file.metadata.exif == Array("MM\0*".utf8), "metadata without pixels")

  let entry = Entry(title: "corner", region: Region(x: 100, y: 40, width: 50, height: 30))
  let album = try JSONEncoder().encode([entry])
  let again = try JSONDecoder().decode([Entry].self, from: album)
  try check(again == [entry], "Codable types of one's own")
  let part = try decoder.decode(encoded.data, region: again[0].region)
  try check(part.pixels == crop(decoded, entry.region), "a region is the crop of the whole")

  let png = folder.appending(path: "picture.png")
  try decoded.writePNG(to: png)
  try check(try PNG.read(contentsOf: png).image == decoded, "a PNG of the picture")
}

func errors(_ model: Model) throws {
  let bytes = try ImageEncoder(model: model, options: EncoderOptions(tileSize: 64))
    .encode(try picture()).bytes
  try check(error(of: Model.builtIn) == .noBuiltInModel, "there is no built-in model")
  try check(
    error { () throws(CodecError) in try ImageDecoder().decode(bytes) }
      == .model(.unknownModel(id: model.id)), "a model that is not at hand is named")
  var damaged = bytes
  damaged[try VZFile(parsing: bytes).tiles[2].offset] ^= 1
  let decoder = ImageDecoder(models: ModelLibrary([model]))
  guard case .container = error(of: { () throws(CodecError) in try decoder.decode(damaged) }) else {
    throw Failure(description: "damage was accepted")
  }
  let damage = try decoder.decodeKeepingGoing(damaged).damage
  try check(damage.tiles.map(\.index) == [2], "damage costs one tile")
}

do {
  let arguments = CommandLine.arguments
  guard arguments.count == 3 else { throw Failure(description: "expected a model and a folder") }
  let model = try Model(contentsOf: URL(filePath: arguments[1]))
  try check(model.name == "random", "a model of one's own")
  try compressAndDecompress(model, URL(filePath: arguments[2]))
  try errors(model)
} catch {
  print("failed:", error)
  exit(1)
}
