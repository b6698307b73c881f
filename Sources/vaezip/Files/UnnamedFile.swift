#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that has no name yet. If the process is killed, the file vanishes
/// (Linux' O_TMPFILE).
enum UnnamedFile {
  /// Opens one for reading and writing.
  ///
  /// - Parameter directory: ends with a slash, or is empty for the current one.
  /// - Returns: nil where the system, or the directory's file system, knows no such files.
  static func open(in directory: String, mode: mode_t) -> Int32? {
    #if os(Linux)
    let descriptor = SystemCalls.open(
      directory.isEmpty ? "." : directory, O_RDWR | O_DIRECTORY | noName | O_CLOEXEC, mode)
    guard descriptor >= 0 else { return nil }
    // Without /proc it could never get a name.
    guard access(path(of: descriptor), F_OK) == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
    #else
    return nil
    #endif
  }

  /// Gives the file a name, which must be free.
  ///
  /// - Returns: as `link`: 0, or −1 and `errno`.
  static func link(_ descriptor: Int32, to path: String) -> Int32 {
    #if os(Linux)
    PathText.withCString(path) {
      linkat(AT_FDCWD, Self.path(of: descriptor), AT_FDCWD, $0, AT_SYMLINK_FOLLOW)
    }
    #else
    -1
    #endif
  }

  #if os(Linux)
  /// __O_TMPFILE, which together with O_DIRECTORY is O_TMPFILE: a macro that Swift does not import.
  private static let noName: Int32 = 0o20_000_000

  private static func path(of descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }
  #endif
}
