#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Folders as outputs.
enum Folders {
  static func isFolder(_ path: String, followsLink: Bool = true) -> Bool {
    SystemCalls.status(path, followsLink: followsLink).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  /// A path below a folder.
  static func join(_ folder: String, _ path: String) -> String {
    folder.isEmpty ? path : folder.utf8.last == UInt8(ascii: "/") ? folder + path : folder + "/" + path
  }

  /// Makes a folder and those above it.
  ///
  /// - Parameter mode: permissions of the last one; the user's mask applies.
  static func make(_ path: String, mode: mode_t = 0o777) throws(CommandFailure) {
    guard !path.isEmpty, !isFolder(path) else { return }
    let plain = withoutLastSlashes(path)
    let parent = PathText.directory(of: plain)
    if !parent.isEmpty, parent != path { try make(parent) }
    guard SystemCalls.makeDirectory(plain, mode) == 0 || errno == EEXIST && isFolder(plain) else {
      throw CommandFailure(plain, "cannot make the folder: " + Messages.systemError(errno))
    }
  }

  /// Finds out that a folder can be used before any work is spent. Makes nothing.
  static func check(_ path: String) throws(CommandFailure) {
    var existing = withoutLastSlashes(path)
    while SystemCalls.status(existing) == nil {
      guard errno == ENOENT else { throw CommandFailure(path, Messages.systemError(errno)) }
      existing = withoutLastSlashes(PathText.directory(of: existing))
      if existing.isEmpty { existing = "." }
    }
    guard isFolder(existing) else { throw CommandFailure(existing, "is not a folder") }
    guard SystemCalls.access(existing, W_OK | X_OK) == 0 else {
      throw CommandFailure(existing, "cannot write there: " + Messages.systemError(errno))
    }
  }

  /// Whether a folder, which need not exist yet, is inside another one.
  static func isInside(_ path: String, _ outer: FileAttributes) -> Bool {
    var existing = withoutLastSlashes(path)
    var isItself = true
    while SystemCalls.status(existing) == nil, !existing.isEmpty {
      existing = withoutLastSlashes(PathText.directory(of: existing))
      isItself = false
    }
    guard var resolved = SystemCalls.resolved(existing.isEmpty ? "." : existing) else { return false }
    while true {
      if let status = SystemCalls.status(resolved), FileAttributes(status) == outer { return !isItself }
      guard resolved != "/", !resolved.isEmpty else { return false }
      resolved = withoutLastSlashes(PathText.directory(of: resolved))
      isItself = false
    }
  }

  static func withoutLastSlashes(_ path: String) -> String {
    let end = path.utf8.lastIndex { $0 != UInt8(ascii: "/") }
    guard let end else { return path.isEmpty ? "" : "/" }
    return String(decoding: path.utf8[...end], as: UTF8.self)
  }
}
