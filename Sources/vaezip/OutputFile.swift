#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that appears whole or not at all.
///
/// What is written goes to a temporary file in the same directory. `commit` gives it its name, after
/// its content has reached the disk; an error, an interrupt, or forgetting `commit` removes it.
/// `-` is standard output, which gets all of it at `commit`, and so do devices and pipes.
///
///     let file = try OutputFile(path: "picture.png", overwrite: false)
///     try file.write(bytes)
///     try file.commit()
final class OutputFile {
  /// As errors name it.
  let name: String

  private enum Kind {
    /// Standard output, a device, a pipe.
    case direct
    /// A temporary file: its path, and the one that it will have.
    case temporary(path: String, final: String, slot: TemporaryFiles.Slot?)
  }
  private let kind: Kind
  private let overwrite: Bool
  private var descriptor: Int32
  /// What goes to a direct output when all of it is there and right.
  private var pending: [UInt8] = []

  /// Makes sure that the file can be written, before the work is done that makes its content.
  ///
  /// - Parameters:
  ///   - overwrite: replaces a file of that name, and writes to terminals.
  ///   - source: of the input, which must not be the output too.
  init(
    path: String, overwrite: Bool, source: FileAttributes? = nil
  ) throws(CommandFailure) {
    name = Self.displayName(path)
    self.overwrite = overwrite
    guard path != "-" else {
      guard overwrite || isatty(STDOUT_FILENO) == 0 else {
        throw CommandFailure(name, "is a terminal; -f writes to it")
      }
      descriptor = STDOUT_FILENO
      kind = .direct
      return
    }

    var final = path
    var status = stat()
    if stat(path, &status) == 0 {
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        throw CommandFailure(name, "is a directory")
      case S_IFREG:
        guard source != FileAttributes(status) else {
          throw CommandFailure(name, "is both input and output")
        }
        guard overwrite else { throw Self.exists(name) }
        // Through a symbolic link the file it leads to is replaced, not the link.
        if let resolved = realpath(path, nil) {
          final = String(cString: resolved)
          free(resolved)
        }
      default:
        descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure(name, Messages.systemError(errno)) }
        kind = .direct
        return
      }
    } else if errno != ENOENT {
      throw CommandFailure(name, Messages.systemError(errno))
    }

    let directory = final.lastIndex(of: "/").map { final[...$0] } ?? ""
    var generator = SystemRandomNumberGenerator()
    while true {
      // A name of its own for each, not one made from the file's, which may be as long as can be.
      let temporary = directory + ".vaezip-" + String(generator.next() as UInt64, radix: 36)
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        let slot = TemporaryFiles.register(temporary)
        kind = .temporary(path: temporary, final: final, slot: slot)
        return
      }
      guard errno == EEXIST else {
        throw CommandFailure(name, "cannot create: " + Messages.systemError(errno))
      }
    }
  }

  deinit {
    guard descriptor >= 0, descriptor != STDOUT_FILENO else { return }
    close(descriptor)
    if case .temporary(let path, _, let slot) = kind {
      unlink(path)
      slot.map(TemporaryFiles.unregister)
    }
  }

  /// Appends bytes.
  func write(_ bytes: [UInt8]) throws(CommandFailure) {
    let outcome = bytes.withUnsafeBytes { bytes in
      Result { () throws(CommandFailure) in try write(bytes) }
    }
    try outcome.get()
  }

  /// Appends bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws(CommandFailure) {
    if case .direct = kind { pending.append(contentsOf: bytes) } else { try writeNow(bytes) }
  }

  private func writeNow(_ bytes: UnsafeRawBufferPointer) throws(CommandFailure) {
    var rest = bytes
    while let base = rest.baseAddress, rest.count > 0 {
      #if canImport(Glibc)
      let count = Glibc.write(descriptor, base, rest.count)
      #elseif canImport(Musl)
      let count = Musl.write(descriptor, base, rest.count)
      #else
      let count = Darwin.write(descriptor, base, rest.count)
      #endif
      if count < 0 && errno != EINTR {
        throw CommandFailure(name, "cannot write: " + Messages.systemError(errno))
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
    }
  }

  /// Finishes the file: from here on it is there.
  ///
  /// - Parameter source: what the file takes over from the one it was made from: permissions and
  ///   times.
  func commit(source: FileAttributes? = nil) throws(CommandFailure) {
    guard case .temporary(let path, let final, let slot) = kind else {
      let outcome = pending.withUnsafeBytes { bytes in
        Result { () throws(CommandFailure) in try writeNow(bytes) }
      }
      try outcome.get()
      pending = []
      if descriptor > STDERR_FILENO, close(descriptor) != 0 {
        descriptor = -1
        throw CommandFailure(name, "cannot write: " + Messages.systemError(errno))
      }
      descriptor = -1
      return
    }
    if let source {
      // As zstd does; that a file system cannot keep them is no reason to lose the content.
      _ = fchmod(descriptor, source.mode)
      _ = futimens(descriptor, [source.accessed, source.modified])
    }
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw CommandFailure(name, "cannot write: " + Messages.systemError(errno))
    }
    guard moveIntoPlace(path, final) == 0 else {
      throw errno == EEXIST
        ? Self.exists(name) : CommandFailure(name, "cannot create: " + Messages.systemError(errno))
    }
    close(descriptor)
    descriptor = -1
    slot.map(TemporaryFiles.unregister)
    synchronizeDirectory(of: final)
  }

  /// Gives the file its name at once. Without `overwrite`, a file that has got the name meanwhile is
  /// left alone: unlike `rename`, `link` refuses to replace.
  private func moveIntoPlace(_ path: String, _ final: String) -> Int32 {
    guard !overwrite else { return rename(path, final) }
    if link(path, final) == 0 {
      unlink(path)
      return 0
    }
    // No hard links on this file system.
    if [EPERM, ENOTSUP, ENOSYS, EMLINK].contains(errno) {
      var status = stat()
      if lstat(final, &status) == 0 {
        errno = EEXIST
        return -1
      }
      return rename(path, final)
    }
    return -1
  }

  /// The name reaches the disk too. Not all file systems can, and the content has already.
  private func synchronizeDirectory(of path: String) {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }

  /// How a path is named to people.
  static func displayName(_ path: String) -> String { path == "-" ? "standard output" : path }

  private static func exists(_ name: String) -> CommandFailure {
    CommandFailure(name, "already exists; -f overwrites it")
  }
}
