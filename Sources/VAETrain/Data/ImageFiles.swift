import Foundation
import VAEZip

/// Finds and decodes PNG and JPEG files.
struct ImageFiles: Sendable {
  private let jpeg = JPEGDecoder()

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
    let endings = [".png", ".jpg", ".jpeg"]
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return names.filter { name in endings.contains { name.lowercased().hasSuffix($0) } }
      .sorted().map { path + "/" + $0 }
  }

  /// Says once that JPEG files can't be decoded here, if there are any.
  func warnIfNeeded(for files: [String]) {
    guard jpeg == nil, files.contains(where: { !Self.isPNG($0) }) else { return }
    FileHandle.standardError.write(
      Data("vaezip: JPEG files are left out: libturbojpeg is missing (libturbojpeg0)\n".utf8))
  }

  /// The image of a file as RGB; nil if it is not a regular file, or no image that can be decoded.
  func decode(_ path: String) -> Image? {
    // Opening a pipe would wait for its writer.
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: Self.target(of: path)),
      attributes[.type] as? FileAttributeType == .typeRegular,
      let size = attributes[.size] as? Int, size <= Self.mostBytes,
      let data = FileManager.default.contents(atPath: path)
    else { return nil }
    let bytes = [UInt8](data)
    guard Self.isPNG(path) else { return jpeg?.decode(bytes, maxPixels: Self.mostPixels) }
    let limits = PNG.Limits(width: 1 << 16, height: 1 << 16, pixels: Self.mostPixels)
    return (try? PNG.read(bytes, limits: limits)).map { Self.asRGB($0.image) }
  }

  private static func target(of path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private static func isPNG(_ path: String) -> Bool { path.lowercased().hasSuffix(".png") }

  private static func asRGB(_ image: Image) -> Image {
    guard image.channels == .gray else { return image }
    return Image(
      width: image.width, height: image.height, channels: .rgb,
      pixels: image.pixels.flatMap { [$0, $0, $0] })
  }
}
