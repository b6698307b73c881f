import Foundation
import VAEZip

/// Finds and decodes PNG, JPEG, PPM, PGM and PAM files.
struct ImageFiles: Sendable {
  /// Pixels of an image at most.
  private static let mostPixels = 1 << 28
  /// Bytes of a file at most.
  private static let mostBytes = 1 << 30

  /// The image files under a path, sorted; the path itself if it is no folder.
  ///
  /// - Throws: `TrainError.file` if there is nothing at the path.
  static func list(under path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw TrainError.file(path: path, reason: "no such file or directory")
    }
    guard isFolder.boolValue else { return [path] }
    let endings = ImageFile.Kind.allCases.flatMap(\.extensions).map { "." + $0 }
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return names.filter { name in endings.contains { name.lowercased().hasSuffix($0) } }
      .sorted().map { path + "/" + $0 }
  }

  /// The image of a file as RGB; nil if it is not a regular file, or no image that can be decoded.
  func decode(_ path: String) -> Image? {
    // Opening a pipe would wait for its writer.
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: Self.target(of: path)),
      attributes[.type] as? FileAttributeType == .typeRegular,
      let size = attributes[.size] as? Int, size <= Self.mostBytes,
      let data = FileManager.default.contents(atPath: path)
    else { return nil }
    let limits = PNG.Limits(width: 1 << 16, height: 1 << 16, pixels: Self.mostPixels)
    return (try? ImageFile.read([UInt8](data), limits: limits, keepsMetadata: false)).map {
      Self.asRGB($0.image)
    }
  }

  private static func target(of path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private static func asRGB(_ image: Image) -> Image {
    guard image.channels == .gray else { return image }
    return Image(
      width: image.width, height: image.height, channels: .rgb,
      pixels: image.pixels.flatMap { [$0, $0, $0] })
  }
}
