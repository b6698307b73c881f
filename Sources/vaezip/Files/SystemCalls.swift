#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The system's calls for paths (`PathText`). All return −1 and set `errno` on errors.
enum SystemCalls {
  static func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0) -> Int32 {
    PathText.withCString(path) { systemOpen($0, flags, mode) }
  }

  /// - Parameter followsLink: whether a symbolic link's target is meant.
  /// - Returns: nil on errors.
  static func status(_ path: String, followsLink: Bool = true) -> stat? {
    var status = stat()
    let result = PathText.withCString(path) {
      fstatat(AT_FDCWD, $0, &status, followsLink ? 0 : AT_SYMLINK_NOFOLLOW)
    }
    return result == 0 ? status : nil
  }

  static func status(of descriptor: Int32) -> stat? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status : nil
  }

  /// Where a symbolic link leads; nil if there is no link.
  static func linkTarget(_ path: String) -> String? {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, initialized in
      buffer.withMemoryRebound(to: CChar.self) { buffer in
        PathText.withCString(path) { path in
          if let base = buffer.baseAddress { count = readlink(path, base, buffer.count) }
        }
      }
      initialized = max(count, 0)
    }
    return count > 0 && count < 4096 ? PathText.text(bytes) : nil
  }

  static func link(_ path: String, _ other: String) -> Int32 {
    PathText.withCString(path) { path in PathText.withCString(other) { systemLink(path, $0) } }
  }

  static func rename(_ path: String, _ other: String) -> Int32 {
    PathText.withCString(path) { path in PathText.withCString(other) { systemRename(path, $0) } }
  }

  static func makeDirectory(_ path: String, _ mode: mode_t) -> Int32 {
    PathText.withCString(path) { mkdir($0, mode) }
  }

  static func access(_ path: String, _ rights: Int32) -> Int32 {
    PathText.withCString(path) { systemAccess($0, rights) }
  }

  /// The absolute path without links; nil on errors.
  static func resolved(_ path: String) -> String? {
    PathText.withCString(path) { path -> String? in
      guard let resolved = realpath(path, nil) else { return nil }
      defer { free(resolved) }
      return PathText.text(Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved))))
    }
  }

  @discardableResult
  static func unlink(_ path: String) -> Int32 { PathText.withCString(path, systemUnlink) }

  /// The names in a directory, but for `.` and `..`; nil if it cannot be read.
  static func names(in directory: String) -> [String]? {
    guard let stream = PathText.withCString(directory, { opendir($0) }) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: UInt8.self, capacity: 1) { name in
          Array(
            UnsafeBufferPointer(
              start: name, count: strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))))
        }
      }
      if name != [0x2E], name != [0x2E, 0x2E] { names.append(PathText.text(name)) }
      errno = 0
    }
    return errno == 0 ? names : nil
  }
}

// The functions of the C library, which have the names of those above.
private func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32, _ mode: mode_t) -> Int32 {
  open(path, flags, mode)
}
private func systemLink(_ a: UnsafePointer<CChar>, _ b: UnsafePointer<CChar>) -> Int32 { link(a, b) }
private func systemRename(_ a: UnsafePointer<CChar>, _ b: UnsafePointer<CChar>) -> Int32 { rename(a, b) }
private func systemUnlink(_ path: UnsafePointer<CChar>) -> Int32 { unlink(path) }
private func systemAccess(_ path: UnsafePointer<CChar>, _ rights: Int32) -> Int32 { access(path, rights) }
