import Foundation
import Synchronization
import VAEZip

/// Training images, decoded.
///
/// All files of the folders are decoded by background threads; where they take more memory than the
/// budget, those decoded first stay (in random order, so any part is a fair sample).
package final class TrainingImages: Sendable {
  /// RGB, each at least as large as the largest crop.
  let images: [Image]
  /// Those of them that are large enough, at 1/1.5 and at half their size.
  let smaller: [[Image]]
  /// Files that are not images, or too small.
  let skipped: Int

  /// Decodes the PNG and JPEG files under `paths` (files, or folders searched recursively).
  ///
  /// - Parameters:
  ///   - cropSize: smaller images are left out.
  ///   - makesSmaller: whether to make the smaller images.
  ///   - budget: bytes of decoded pixels to keep at most, without those of smaller images.
  /// - Throws: `TrainError.noImages` if nothing is left.
  package init(
    _ paths: [String], cropSize: Int, makesSmaller: Bool = false, budget: Int = 4 << 30,
    threads: Int, seed: UInt64
  ) throws {
    var files = try paths.flatMap { try Self.imageFiles(under: $0) }
    var random = SplitMix64(seed: seed)
    files.shuffle(using: &random)
    let jpeg = JPEGDecoder()
    if jpeg == nil, files.contains(where: { !Self.isPNG($0) }) {
      FileHandle.standardError.write(
        Data("vaezip: JPEG files are left out: libturbojpeg is missing (libturbojpeg0)\n".utf8))
    }
    let state = Mutex<(next: Int, bytes: Int, kept: [(Int, Image)], skipped: Int)>((0, 0, [], 0))
    let list = files
    DispatchQueue.concurrentPerform(iterations: max(1, threads)) { _ in
      while true {
        let index = state.withLock { state -> Int? in
          guard state.next < list.count, state.bytes < budget else { return nil }
          state.next += 1
          return state.next - 1
        }
        guard let index else { return }
        let image = Self.decode(list[index], jpeg: jpeg)
        state.withLock { state in
          if let image, image.width >= cropSize, image.height >= cropSize {
            state.kept.append((index, image))
            state.bytes += image.pixels.count
          } else {
            state.skipped += 1
          }
        }
      }
    }
    let (kept, skipped) = state.withLock { ($0.kept, $0.skipped) }
    let images = kept.sorted { $0.0 < $1.0 }.map(\.1)
    self.images = images
    smaller = (makesSmaller ? [1.5, 2] : []).map { factor in
      let sources = images.filter {
        Double(min($0.width, $0.height)) >= factor * Double(cropSize)
      }
      return Threads(threads).map(sources.count) { sources[$0].reduced(by: factor) }
    }.filter { !$0.isEmpty }
    self.skipped = skipped
    guard !images.isEmpty else {
      throw TrainError.noImages(path: paths.joined(separator: " "), cropSize: cropSize)
    }
  }

  static func isPNG(_ path: String) -> Bool { path.lowercased().hasSuffix(".png") }

  /// The image files under a path, sorted.
  static func imageFiles(under path: String) throws -> [String] {
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

  /// The image of a file as RGB, or nil where it is none.
  static func decode(_ path: String, jpeg: JPEGDecoder?) -> Image? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let bytes = [UInt8](data)
    if isPNG(path) {
      return (try? PNG.read(bytes, limits: .init(width: 1 << 16, height: 1 << 16, pixels: 1 << 28)))
        .map { asRGB($0.image) }
    }
    return jpeg?.decode(bytes, maxPixels: 1 << 28)
  }

  private static func asRGB(_ image: Image) -> Image {
    guard image.channels == .grey else { return image }
    return Image(
      width: image.width, height: image.height, channels: .rgb,
      pixels: image.pixels.flatMap { [$0, $0, $0] })
  }
}
