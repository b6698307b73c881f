import Foundation
import TestSupport
import Testing
import VAEZip

/// JPEG files: those of Tests/Golden/JPEG, made by other programs, and damaged ones.
@Suite struct JPEGTests {
  static let folder = Repository.golden.appending(path: "JPEG")

  static func bytes(_ name: String) throws -> [UInt8] {
    try Repository.bytes(folder.appending(path: name))
  }

  private func error(_ bytes: [UInt8], limits: PNG.Limits = .default) -> JPEGError? {
    do throws(ImageFileError) {
      _ = try ImageFile.read(bytes, limits: limits)
      return nil
    } catch {
      #expect(!error.description.contains("\n") && !error.description.isEmpty)
      guard case .jpeg(let error) = error else { return nil }
      return error
    }
  }

  /// The pixels are those of djpeg. Versions of libjpeg may round the upsampling of color differently.
  @Test(arguments: [
    ("gray.jpg", "gray.pgm", 0), ("color.jpg", "color.ppm", 2), ("progressive.jpg", "progressive.ppm", 1),
    ("arithmetic.jpg", "arithmetic.ppm", 1),
  ])
  func pixels(jpeg: String, expected: String, tolerance: Int) throws {
    let image = try ImageFile.read(Self.bytes(jpeg)).image
    let other = try ImageFile.read(Self.bytes(expected)).image
    #expect((image.width, image.height, image.format) == (41, 29, other.format))
    let largest = zip(image.pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max()
    #expect(try #require(largest) <= tolerance)
  }

  @Test func metadata() throws {
    let decoded = try ImageFile.read(Self.bytes("color.jpg"))
    let metadata = decoded.image.metadata
    #expect(metadata.chunks.map(\.type).sorted() == ["eXIf", "iCCP", "pHYs"])
    #expect(metadata.orientation == .turnedLeft)
    // 300 dots per inch.
    #expect(metadata.chunks.first { $0.type == "pHYs" }?.data == [0, 0, 0x2E, 0x23, 0, 0, 0x2E, 0x23, 1])
    #expect(decoded.notices.isEmpty)
    // libpng accepts them all.
    let again = try PNG.read(PNG.write(decoded.image)).image
    #expect(again == decoded.image)
    let stripped = try ImageFile.read(Self.bytes("color.jpg"), keepsMetadata: false)
    #expect(stripped.image.metadata.isEmpty && stripped.image.pixels == decoded.image.pixels)
    #expect(try ImageFile.read(Self.bytes("progressive.jpg")).notices == ["markers not kept: COM"])
  }

  @Test func otherKinds() throws {
    #expect(error(try Self.bytes("cmyk.jpg")) == .unsupported("CMYK"))
    // SOF0: its length, then the bits of a sample.
    var deep = try Self.bytes("gray.jpg")
    let frame = try #require(deep.indices.first { deep[$0...].starts(with: [0xFF, 0xC0]) })
    deep[frame + 4] = 12
    #expect(error(deep) == .unsupported("12 bits a sample"))
    var lossless = try Self.bytes("gray.jpg")
    lossless[frame + 1] = 0xC3
    guard case .unsupported = error(lossless) else {
      Issue.record("a lossless JPEG was read")
      return
    }
  }

  /// A file that ends too early is an error, not a picture with gray parts.
  @Test(arguments: ["gray.jpg", "color.jpg", "progressive.jpg", "arithmetic.jpg"])
  func everyTruncation(name: String) throws {
    let file = try Self.bytes(name)
    for count in 3..<file.count {
      #expect(error(Array(file.prefix(count))) != nil, "\(count) of \(file.count)")
    }
  }

  /// A damaged file is an error or a picture of its own, and nothing crashes.
  @Test(arguments: ["gray.jpg", "color.jpg", "progressive.jpg", "arithmetic.jpg"])
  func everyFlippedByte(name: String) throws {
    let file = try Self.bytes(name)
    var refused = 0
    for place in 3..<file.count {
      var damaged = file
      damaged[place] ^= 0x55
      if error(damaged, limits: PNG.Limits(width: 1000, height: 1000, pixels: 1 << 20)) != nil {
        refused += 1
      }
    }
    #expect(refused > file.count / 16)
  }

  @Test func limits() throws {
    var file = try Self.bytes("gray.jpg")
    let limits = PNG.Limits(width: 40, height: 40, pixels: 1 << 20)
    #expect(error(file, limits: limits) == .tooLarge(width: 41, height: 29, limits: limits))
    let frame = try #require(file.indices.first { file[$0...].starts(with: [0xFF, 0xC0]) })
    file.replaceSubrange(frame + 5..<frame + 9, with: [0x7F, 0, 0x7F, 0])
    #expect(error(file) == .implausible(width: 0x7F00, height: 0x7F00, bytes: file.count))
    // Markers without end.
    let marker: [UInt8] = [0xFF, 0xE1, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 0xFFFD)
    let long: [UInt8] = [0xFF, 0xD8] + Array(repeating: marker, count: 20).joined()
    guard
      case .damaged = error(
        long, limits: PNG.Limits(width: 99, height: 99, pixels: 99, metadataBytes: 1 << 18))
    else {
      Issue.record("too many markers were read")
      return
    }
  }

  /// There and back: Exif, with its orientation, and the color profile come out as a PNG's.
  @Test func thereAndBack() throws {
    let image = try ImageFile.read(Self.bytes("color.jpg")).image
    let encoded = try ImageEncoder(
      model: RandomModel.model(), options: EncoderOptions(isLossless: true)
    ).encode(image)
    #expect(try ImageDecoder().decode(encoded.bytes) == image)
    // A thumbnail stands upright, and no longer says how to turn it.
    let thumbnail = try ImageDecoder().thumbnail(encoded.bytes, size: 100)
    #expect((thumbnail.width, thumbnail.height) == (29, 41))
    #expect(thumbnail.metadata.chunks.map(\.type) == ["iCCP"])
    #expect(thumbnail.pixels == image.turned(.turnedLeft).pixels)
  }
}
