import Foundation
import VAEZip
import VAEZipEvaluation

/// Decoded pictures that are written to a directory.
struct SavedPictures {
  private let directory: String
  private let kept: KeptFiles
  /// By the path of the original.
  private let names: [String: String]

  /// - Parameters:
  ///   - directory: is made if it is not there.
  ///   - images: paths of the originals.
  ///   - kept: files that must not be replaced.
  init(directory: String, images: [String], kept: KeptFiles) throws(CommandFailure) {
    self.directory = directory.utf8.last == UInt8(ascii: "/") ? directory : directory + "/"
    self.kept = kept
    var used: [String: Int] = [:]
    var names: [String: String] = [:]
    for image in images {
      let name = PathText.name(of: image)
      let found = PathText.pathExtension(of: name)
      let stem = String(decoding: name.utf8.dropLast(found.isEmpty ? 0 : found.utf8.count + 1), as: UTF8.self)
      used[stem, default: 0] += 1
      let count = used[stem] ?? 1
      names[image] = count == 1 ? stem : "\(stem)-\(count)"
    }
    self.names = names
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure(directory, "cannot be made")
    }
  }

  /// Writes a picture as `NAME-CODEC-qQUALITY.png`.
  func write(
    _ decoded: Image, of image: String, codec: String, quality: Double?
  ) throws(CommandFailure) {
    let name =
      "\(names[image] ?? "picture")-\(codec)" + (quality.map { "-q" + QualityList.text($0) } ?? "") + ".png"
    let file = try OutputFile(path: directory + name, overwrite: true, kept: kept)
    let bytes = try CommandFailure.naming(name) { try PNG.write(decoded) }
    try file.write(bytes)
    try file.commit()
  }
}
