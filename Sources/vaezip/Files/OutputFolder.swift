#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A directory that a command writes several files into.
struct OutputFolder {
  private let path: String
  private let force: Bool
  private let kept: KeptFiles

  /// - Throws: `CommandFailure` if the path is that of a file.
  init(_ path: String, force: Bool, kept: KeptFiles) throws(CommandFailure) {
    self.path = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    self.force = force
    self.kept = kept
    if let status = SystemCalls.status(path), status.st_mode & S_IFMT != S_IFDIR {
      throw CommandFailure(path, "is not a directory")
    }
  }

  /// Writes a file whole. Makes the directory if it is not there; its parent must be.
  func write(_ bytes: [UInt8], to name: String) throws(CommandFailure) {
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw CommandFailure(path, "cannot create: " + Messages.systemError(errno))
    }
    let file = try OutputFile(path: path + name, overwrite: force, kept: kept)
    try file.write(bytes)
    try file.commit()
  }

  /// Checks that none of these files is there, unless they may be overwritten.
  func check(_ names: [String]) throws(CommandFailure) {
    guard !force else { return }
    for name in names where SystemCalls.status(path + name, followsLink: false) != nil {
      throw CommandFailure(path + name, "already exists; -f overwrites it")
    }
  }
}
