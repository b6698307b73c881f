import Foundation
import VAEZip

/// A crop of a picture on the report's page, as the original has it and as codecs show it.
package struct ReportPicture: Sendable {
  package let file: String
  package let kind: PictureKind
  /// Of the whole picture.
  package let crop: Region
  private let original: Image
  private var versions: [(key: ReportSelection.Key, image: Image)] = []

  /// Sides of a crop in pixels, at most.
  package static let cropSize = (width: 360, height: 240)

  /// Takes the part with the most detail.
  package init(of image: Image, file: String, kind: PictureKind) {
    self.file = file
    self.kind = kind
    crop = Self.detailed(image)
    original = image.cropped(to: crop)
  }

  /// Adds the crop of a decoded picture.
  package mutating func add(_ decoded: Image, codec: String, setting: String) {
    let key = ReportSelection.Key(codec: codec, setting: setting)
    versions.append((key, decoded.cropped(to: crop)))
  }

  /// Keeps the crops that the page shows.
  package mutating func keep(_ shown: Set<ReportSelection.Key>) {
    versions.removeAll { !shown.contains($0.key) }
  }

  /// Of a grid of crops, the one with the largest sum of differences between neighbors.
  private static func detailed(_ image: Image) -> Region {
    let (width, height) = (min(cropSize.width, image.width), min(cropSize.height, image.height))
    func starts(_ side: Int, _ whole: Int) -> [Int] {
      let steps = 4
      return Set((0...steps).map { (whole - side) * $0 / steps }).sorted()
    }
    let candidates = starts(height, image.height).flatMap { y in
      starts(width, image.width).map { Region(x: $0, y: y, width: width, height: height) }
    }
    let best = candidates.map { ($0, image.detail(in: $0)) }.max { $0.1 < $1.1 }
    return best?.0 ?? Region(x: 0, y: 0, width: width, height: height)
  }
}

extension ReportPicture {
  /// The picture as the page's script reads it, with images as data URLs.
  struct Contents: Sendable, Encodable {
    let file: String
    let kind: PictureKind
    /// x, y, width, height.
    let crop: [Int]
    let original: String
    let versions: [Version]
  }

  struct Version: Sendable, Encodable {
    let codec, setting, image: String
  }

  func contents() throws -> Contents {
    Contents(
      file: file, kind: kind, crop: [crop.x, crop.y, crop.width, crop.height],
      original: try Self.dataURL(original),
      versions: try versions.map {
        Version(codec: $0.key.codec, setting: $0.key.setting, image: try Self.dataURL($0.image))
      })
  }

  private static func dataURL(_ image: Image) throws -> String {
    "data:image/png;base64," + Data(try PNG.write(image, compression: .level(6))).base64EncodedString()
  }
}

extension Image {
  /// A part of the color.
  ///
  /// - Precondition: the region lies inside.
  fileprivate func cropped(to region: Region) -> Image {
    let samples = Int(channels.rawValue)
    var part: [UInt8] = []
    part.reserveCapacity(region.width * region.height * samples)
    for y in region.y..<region.y + region.height {
      let start = (y * width + region.x) * samples
      part += pixels[start..<start + region.width * samples]
    }
    return Image(width: region.width, height: region.height, channels: channels, pixels: part)
  }

  /// The sum of differences between neighbors in every second row of a region.
  fileprivate func detail(in region: Region) -> Int {
    let samples = Int(channels.rawValue)
    return pixels.withUnsafeBufferPointer { pixels in
      var sum = 0
      for y in stride(from: region.y, to: region.y + region.height, by: 2) {
        let start = (y * width + region.x) * samples
        for place in start + samples..<max(start + samples, start + region.width * samples) {
          sum += abs(Int(pixels[place]) - Int(pixels[place - samples]))
        }
      }
      return sum
    }
  }
}
