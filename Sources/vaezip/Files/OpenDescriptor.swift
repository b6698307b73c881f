#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Paths that mean a descriptor of this process: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`.
///
/// What is written to them goes into the file or pipe that is open, at its place; no file is
/// replaced.
enum OpenDescriptor {
  /// The number of the descriptor that a path means, through symbolic links too; nil for other paths.
  static func number(of path: String) -> Int32? {
    var path = path
    for _ in 0..<40 {
      let plain = PathText.normalized(path)
      if let number = named(plain) { return number }
      guard let next = SystemCalls.linkTarget(path) else { return nil }
      path = PathText.isAbsolute(next) ? next : PathText.directory(of: path) + next
    }
    return nil
  }

  private static func named(_ path: String) -> Int32? {
    switch path {
    case "/dev/stdin": return STDIN_FILENO
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default: break
    }
    let folders = ["/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/", "/proc/\(getpid())/fd/"]
    for folder in folders where path.utf8.starts(with: folder.utf8) {
      let digits = String(decoding: path.utf8.dropFirst(folder.utf8.count), as: UTF8.self)
      return digits.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int32(digits) : nil
    }
    return nil
  }

  /// A copy of a descriptor that is open for writing; −1 and `errno` if there is none.
  static func copyForWriting(_ number: Int32) -> Int32 {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0 else { return -1 }
    guard flags & O_ACCMODE != O_RDONLY else {
      errno = EBADF
      return -1
    }
    return fcntl(number, F_DUPFD_CLOEXEC, 3)
  }
}
