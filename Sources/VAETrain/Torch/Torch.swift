import CTorch
import Foundation

/// libtorch, loaded at run time through the C interface of `Sources/CTorch/vztorch.h`.
///
/// The codec never needs it; the trainer asks for it when it starts.
package final class Torch: @unchecked Sendable {
  // Unchecked: the table is constant, and what it points to is libtorch's own, which is thread-safe.
  package let api: vzt_api_table

  /// The path that the library was loaded from.
  package let path: String

  private init(api: vzt_api_table, path: String) {
    self.api = api
    self.path = path
  }

  /// Where to look for the shim, in this order: `$VAEZIP_TORCH`, beside the running program, the
  /// user's and the system's library folders, the dynamic loader's own search.
  static func candidates() -> [String] {
    if let named = ProcessInfo.processInfo.environment["VAEZIP_TORCH"], !named.isEmpty {
      return [named]
    }
    let name = "libvztorch.so"
    var folders: [String] = []
    if let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      folders.append((program as NSString).deletingLastPathComponent)
    }
    folders.append(NSHomeDirectory() + "/.local/lib/vaezip")
    folders.append("/usr/local/lib/vaezip")
    return folders.map { $0 + "/" + name } + [name]
  }

  /// Loads the shim and, through it, libtorch.
  ///
  /// - Throws: `TrainError.noTorch` with what was tried and how to install it.
  package static func load() throws -> Torch {
    var reasons: [String] = []
    for path in candidates() {
      if path.contains("/") && !FileManager.default.fileExists(atPath: path) {
        reasons.append("\(path): no such file")
        continue
      }
      guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
        reasons.append(dlerror().map { String(cString: $0) } ?? path)
        continue
      }
      guard let symbol = dlsym(library, "vzt_api") else {
        reasons.append("\(path): not vaezip's shim (no symbol vzt_api)")
        continue
      }
      let function = unsafeBitCast(symbol, to: vzt_api_function.self)
      guard let table = function(UInt32(VZT_API_VERSION)) else {
        reasons.append("\(path): built from another version of vztorch.cpp; build it again")
        continue
      }
      return Torch(api: table.pointee, path: path)
    }
    throw TrainError.noTorch(tried: reasons)
  }

  /// For example `2.11.0`.
  package var version: String { api.library_version().map { String(cString: $0) } ?? "unknown" }
  package var hasCUDA: Bool { api.cuda_available() != 0 }

  package func setThreads(_ count: Int) { api.set_threads(Int32(clamping: count)) }
  package func setSeed(_ seed: UInt64) { api.set_seed(seed) }

  /// Runs `body` without recording operations for gradients.
  func withoutGradients<R>(_ body: () throws -> R) rethrows -> R {
    api.set_gradients(0)
    defer { api.set_gradients(1) }
    return try body()
  }

  /// - Throws: `TrainError.torch` with the first error since the last check, if there was one.
  package func check() throws {
    guard let text = api.take_error() else { return }
    defer { free(text) }
    throw TrainError.torch(String(cString: text))
  }
}
