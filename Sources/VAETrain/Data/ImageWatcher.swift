import Foundation
import VAEZip
import VAEZipSupport

/// Finds and decodes images that are put into a training's folders while it runs.
///
/// A file counts once its size and time of change are the same in two looks, so one that is still
/// being copied waits. Files that were there at the beginning, can't be decoded or are too small are
/// passed over.
package final class ImageWatcher: Sendable {
  private let paths: [String]
  private let cropSize: Int
  private let files = ImageFiles()
  private let state: Guarded<State>

  private struct State {
    /// Files that are no longer looked at.
    var known: Set<String>
    /// What the last look saw of the others.
    var seen: [String: FileState] = [:]
    /// Bytes of pixels that may still be kept.
    var budget: Int
    var images: [Image] = []
    var isStopped = false
  }

  private struct FileState: Equatable {
    let size: Int
    let changed: Date
  }

  /// - Parameters:
  ///   - paths: folders, searched recursively.
  ///   - known: files that the training has already.
  ///   - cropSize: smaller images are left out.
  ///   - budget: bytes of decoded pixels at most.
  package init(_ paths: [String], known: [String], cropSize: Int, budget: Int) {
    self.paths = paths
    self.cropSize = cropSize
    state = Guarded(State(known: Set(known), budget: budget))
  }

  /// Looks every few seconds, on a thread of its own, until `stop()`.
  func start(every seconds: Double = 3) {
    Thread { [self] in
      while !state.withLock({ $0.isStopped }) {
        look()
        Thread.sleep(forTimeInterval: seconds)
      }
    }.start()
  }

  func stop() { state.withLock { $0.isStopped = true } }

  /// The images that were found since the last call.
  package func take() -> [Image] {
    state.withLock { state in
      defer { state.images = [] }
      return state.images
    }
  }

  /// Looks once, and decodes the files that the look before saw as they are.
  package func look() {
    // A folder that has vanished has nothing new.
    let found = paths.flatMap { (try? ImageFiles.list(under: $0)) ?? [] }
    for path in found where isNew(path) {
      guard let now = Self.state(of: path) else { continue }
      let before = state.withLock { $0.seen.updateValue(now, forKey: path) }
      guard before == now else { continue }
      let image = files.decode(path)
      state.withLock { state in
        state.known.insert(path)
        state.seen[path] = nil
        guard let image, min(image.width, image.height) >= cropSize,
          image.pixels.count <= state.budget
        else { return }
        state.budget -= image.pixels.count
        state.images.append(image)
      }
    }
  }

  /// Whether a file is to be looked at: none is after `stop()`.
  private func isNew(_ path: String) -> Bool {
    state.withLock { !$0.isStopped && !$0.known.contains(path) }
  }

  private static func state(of path: String) -> FileState? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? Int, let changed = attributes[.modificationDate] as? Date
    else { return nil }
    return FileState(size: size, changed: changed)
  }
}
