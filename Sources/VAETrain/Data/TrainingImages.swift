import Foundation
import VAEZip
import VAEZipSupport

/// Training images, decoded.
///
/// Background threads decode all files of the folders in random order until the budget of memory is
/// spent; those that were decoded first are a fair sample of all.
package final class TrainingImages: Sendable {
  /// RGB, each at least as large as the largest crop.
  let images: [Image]
  /// Those of them that are large enough, smaller by each of `downscalingFactors`; or nothing.
  let downscaled: [[Image]]
  /// Files that could not be decoded, or are no regular files.
  package let unreadable: Int
  /// Images that are smaller than a crop.
  package let tooSmall: Int
  /// All files that were found, decoded or not.
  let files: [String]
  /// Bytes of pixels that more images may have.
  let budget: Int

  /// Factors of the downscaled copies.
  static let downscalingFactors = [1.5, 2]

  /// Decodes the PNG and JPEG files under `paths` (files, or folders searched recursively).
  ///
  /// - Parameters:
  ///   - cropSize: smaller images are left out.
  ///   - makesDownscaled: whether to make the downscaled copies.
  ///   - budget: bytes of decoded pixels to keep at most, without those of downscaled copies.
  ///   - stop: ends the decoding early, with the images so far.
  /// - Throws: `TrainError.noImages` if nothing is left.
  package init(
    _ paths: [String], cropSize: Int, makesDownscaled: Bool = false, budget: Int = 4 << 30,
    threads: Int, seed: UInt64, stop: StopFlag = StopFlag()
  ) throws {
    var files = try paths.flatMap { try ImageFiles.list(under: $0) }
    var random = SplitMix64(seed: seed)
    files.shuffle(using: &random)
    let found = Self.decode(files, cropSize: cropSize, budget: budget, threads: threads, stop: stop)
    let images = found.kept.sorted { $0.0 < $1.0 }.map(\.1)
    self.images = images
    (unreadable, tooSmall) = (found.unreadable, found.tooSmall)
    self.files = files
    self.budget = max(0, budget - found.bytes)
    guard !images.isEmpty else {
      throw TrainError.noImages(path: paths.joined(separator: " "), cropSize: cropSize)
    }
    downscaled =
      makesDownscaled
      ? Self.downscalingFactors.map {
        Self.downscaled(images, by: $0, cropSize: cropSize, threads: Threads(threads))
      } : []
  }

  /// Those of some images that are large enough, made smaller.
  static func downscaled(
    _ images: [Image], by factor: Double, cropSize: Int, threads: Threads
  ) -> [Image] {
    let sources = images.filter { Double(min($0.width, $0.height)) >= factor * Double(cropSize) }
    return threads.map(sources.count) { sources[$0].downscaled(by: factor) }
  }

  private struct Found {
    var next = 0
    var bytes = 0
    /// With their places in the list.
    var kept: [(Int, Image)] = []
    var unreadable = 0
    var tooSmall = 0
  }

  private static func decode(
    _ files: [String], cropSize: Int, budget: Int, threads: Int, stop: StopFlag
  ) -> Found {
    let decoder = ImageFiles()
    let found = Guarded(Found())
    Threads.run(max(1, threads)) {
      while true {
        let index = found.withLock { found -> Int? in
          guard found.next < files.count, found.bytes < budget else { return nil }
          guard !stop.isSet || found.kept.isEmpty else { return nil }
          found.next += 1
          return found.next - 1
        }
        guard let index else { return }
        let image = decoder.decode(files[index])
        found.withLock { found in
          guard let image else {
            found.unreadable += 1
            return
          }
          guard image.width >= cropSize, image.height >= cropSize else {
            found.tooSmall += 1
            return
          }
          found.kept.append((index, image))
          found.bytes += image.pixels.count
        }
      }
    }
    return found.withLock { $0 }
  }
}
