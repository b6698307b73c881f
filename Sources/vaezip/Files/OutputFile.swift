#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that appears whole or not at all.
///
/// What is written goes to a file without a name in the same directory or, where the file system has no
/// such files, to a hidden temporary one. `commit` gives it its name, after its content has reached
/// the disk; an error, an interrupt, or forgetting `commit` removes it. If the process is killed, a
/// file without a name vanishes; a hidden one stays, but never under the final name.
/// `-` is standard output, which gets all of it at `commit`, and so do devices and pipes.
///
///     let file = try OutputFile(path: "picture.png", overwrite: false)
///     try file.write(bytes)
///     try file.commit()
final class OutputFile {
  /// As errors name it.
  let name: String

  private enum Kind {
    /// Standard output, a device, a pipe: gets what waits when all of it is there and right.
    case direct(Spool)
    /// A file without a name, and the name that it will have.
    case unnamed(final: String)
    /// A temporary file: its path, and the one that it will have.
    case temporary(path: String, final: String, slot: TemporaryFiles.Slot?)
  }
  private let kind: Kind
  private let overwrite: Bool
  private var descriptor: Int32

  /// Makes sure that the file can be written, before the work is done that makes its content.
  ///
  /// - Parameters:
  ///   - overwrite: replaces a file of that name, and writes to terminals.
  ///   - source: of the input, which must not be the output too. Until the output takes over its
  ///     permissions, nobody else can read it.
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
      kind = .direct(Spool())
      return
    }

    // Through a symbolic link the file it leads to is made or replaced, not the link.
    let final = Self.target(of: path)
    var status = stat()
    if stat(final, &status) == 0 {
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        throw CommandFailure(name, "is a directory")
      case S_IFREG:
        guard source != FileAttributes(status) else {
          throw CommandFailure(name, "is both input and output")
        }
        guard overwrite else { throw Self.exists(name) }
      default:
        descriptor = systemOpen(path, O_WRONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw CommandFailure(name, Messages.systemError(errno)) }
        kind = .direct(Spool())
        return
      }
    } else if errno != ENOENT {
      throw CommandFailure(name, Messages.systemError(errno))
    }

    let mode: mode_t = source == nil ? 0o666 : 0o600
    if let unnamed = UnnamedFile.open(in: Self.directory(of: final), mode: mode) {
      descriptor = unnamed
      kind = .unnamed(final: final)
      return
    }
    while true {
      let temporary = Self.temporaryName(beside: final)
      descriptor = systemOpen(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
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
    if case .direct(let spool) = kind {
      try spool.append(bytes)
    } else {
      try SystemWrite.all(bytes, to: descriptor, name: name)
    }
  }

  /// Finishes the file: from here on it is there.
  ///
  /// - Parameter source: what the file takes over from the one it was made from: owner, permissions
  ///   and times.
  func commit(source: FileAttributes? = nil) throws(CommandFailure) {
    let final: String
    switch kind {
    case .direct(let spool):
      try finishDirect(spool)
      return
    case .unnamed(let path), .temporary(_, let path, _): final = path
    }
    source?.apply(to: descriptor)
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw CommandFailure(name, "cannot write: " + Messages.systemError(errno))
    }
    guard moveIntoPlace() == 0 else {
      throw errno == EEXIST
        ? Self.exists(name) : CommandFailure(name, "cannot create: " + Messages.systemError(errno))
    }
    close(descriptor)
    descriptor = -1
    if case .temporary(_, _, let slot) = kind { slot.map(TemporaryFiles.unregister) }
    synchronizeDirectory(of: final)
  }

  private func finishDirect(_ spool: Spool) throws(CommandFailure) {
    try spool.drain { bytes throws(CommandFailure) in
      try SystemWrite.all(bytes, to: descriptor, name: name)
    }
    let closed = descriptor > STDERR_FILENO ? close(descriptor) : 0
    descriptor = -1
    guard closed == 0 else {
      throw CommandFailure(name, "cannot write: " + Messages.systemError(errno))
    }
  }

  // MARK: Names

  /// Gives the file its name at once. Without `overwrite`, a file that has got the name meanwhile is
  /// left alone: unlike `rename`, `link` refuses to replace.
  private func moveIntoPlace() -> Int32 {
    switch kind {
    case .direct: return 0
    case .unnamed(let final):
      if UnnamedFile.link(descriptor, to: final) == 0 { return 0 }
      guard errno == EEXIST, overwrite else { return -1 }
      return replace(final)
    case .temporary(let path, let final, _):
      guard !overwrite else { return rename(path, final) }
      if link(path, final) == 0 {
        unlink(path)
        return 0
      }
      // No hard links on this file system.
      guard [EPERM, ENOTSUP, ENOSYS, EMLINK].contains(errno) else { return -1 }
      var status = stat()
      if lstat(final, &status) == 0 {
        errno = EEXIST
        return -1
      }
      return rename(path, final)
    }
  }

  /// Only what has a name can replace another file, so a file without one has a hidden one for a
  /// moment.
  private func replace(_ final: String) -> Int32 {
    while true {
      let temporary = Self.temporaryName(beside: final)
      let slot = TemporaryFiles.register(temporary)
      defer { slot.map(TemporaryFiles.unregister) }
      if UnnamedFile.link(descriptor, to: temporary) == 0 {
        guard rename(temporary, final) != 0 else { return 0 }
        let reason = errno
        unlink(temporary)
        errno = reason
        return -1
      }
      guard errno == EEXIST else { return -1 }
    }
  }

  /// What a path leads to through symbolic links, which may not exist; the path itself if they go in
  /// circles.
  private static func target(of path: String) -> String {
    var target = path
    for _ in 0..<40 {
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, initialized in
        buffer.withMemoryRebound(to: CChar.self) {
          if let base = $0.baseAddress { count = readlink(target, base, $0.count) }
        }
        initialized = max(count, 0)
      }
      // Not a link, or nothing at all.
      guard count > 0, count < 4096 else { return target }
      let next = String(decoding: bytes, as: UTF8.self)
      target = next.hasPrefix("/") ? next : directory(of: target) + next
    }
    return path
  }

  /// With its slash; empty for the current one.
  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// A name of its own for each, not one made from the file's, which may be as long as can be.
  private static func temporaryName(beside path: String) -> String {
    var generator = SystemRandomNumberGenerator()
    return directory(of: path) + ".vaezip-" + String(generator.next() as UInt64, radix: 36)
  }

  /// The name reaches the disk too. Not all file systems can, and the content has already.
  private func synchronizeDirectory(of path: String) {
    let directory = Self.directory(of: path)
    let descriptor = systemOpen(directory.isEmpty ? "." : directory, O_RDONLY | O_CLOEXEC, 0)
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
