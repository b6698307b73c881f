#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that appears whole or not at all.
///
/// The bytes go to a file without a name in the same directory or, where the file system has no
/// such files, to a hidden temporary file. `commit` gives it its name after the content has reached
/// the disk; an error, an interrupt, or forgetting `commit` removes it. If the process is killed, a
/// file without a name vanishes; a hidden one stays, but never under the final name.
/// `-` is standard output. It gets all bytes at `commit`, and so do devices, pipes, and paths that mean
/// an open descriptor (`OpenDescriptor`).
///
///     let file = try OutputFile(path: "picture.png", overwrite: false)
///     try file.write(bytes)
///     try file.commit()
final class OutputFile {
  /// The name in error messages.
  let name: String

  private enum Kind {
    /// Standard output, a device, a pipe: gets all bytes at `commit`.
    case direct(Spool)
    /// A file without a name, and the name that it will have.
    case unnamed(final: String)
    /// A temporary file: its path, and the one that it will have.
    case temporary(path: String, final: String, slot: TemporaryFiles.Slot?)
  }
  private let kind: Kind
  private let overwrite: Bool
  private let kept: KeptFiles?
  private var descriptor: Int32

  /// Checks that the file can be written, before any work is spent on its content.
  ///
  /// - Parameters:
  ///   - overwrite: replaces a file of that name, and writes to terminals.
  ///   - source: of the input, which must not be the output too. Until the output takes over its
  ///     permissions, nobody else can read it.
  ///   - kept: files that must not be replaced; gets this one when it is finished.
  init(
    path: String, overwrite: Bool, source: FileAttributes? = nil, kept: KeptFiles? = nil
  ) throws(CommandFailure) {
    name = Self.displayName(path)
    self.overwrite = overwrite
    self.kept = kept
    if let direct = try Self.openDirect(path, name, overwrite: overwrite) {
      descriptor = direct
      kind = .direct(Spool())
      return
    }
    // Through a symbolic link the file it leads to is made or replaced, not the link.
    let final = Self.target(of: path)
    if let status = SystemCalls.status(final) {
      let attributes = FileAttributes(status)
      guard source != attributes else { throw CommandFailure(name, "is both input and output") }
      if let reason = kept?.reason(for: attributes) {
        throw CommandFailure(name, "\(reason), and stays as it is")
      }
      guard overwrite else { throw Self.exists(name) }
    }
    (descriptor, kind) = try Self.create(final, name, mode: source == nil ? 0o666 : 0o600)
  }

  /// Opens what gets its bytes directly: standard output, other open descriptors, devices, pipes.
  ///
  /// - Returns: nil for a regular file, there already or not.
  private static func openDirect(
    _ path: String, _ name: String, overwrite: Bool
  ) throws(CommandFailure) -> Int32? {
    let descriptor: Int32
    if let number = path == "-" ? STDOUT_FILENO : OpenDescriptor.number(of: path) {
      guard overwrite || isatty(number) == 0 else {
        throw CommandFailure(name, "is a terminal; -f writes to it")
      }
      descriptor = OpenDescriptor.copyForWriting(number)
    } else if let status = SystemCalls.status(path) {
      switch status.st_mode & S_IFMT {
      case S_IFDIR: throw CommandFailure(name, "is a directory")
      case S_IFREG: return nil
      default: descriptor = SystemCalls.open(path, O_WRONLY | O_CLOEXEC)
      }
    } else {
      guard errno == ENOENT else { throw CommandFailure(name, Messages.systemError(errno)) }
      return nil
    }
    guard descriptor >= 0 else {
      throw CommandFailure(name, "cannot write: " + Messages.systemError(errno))
    }
    return descriptor
  }

  /// Makes the file, without a name or with a hidden one.
  private static func create(
    _ final: String, _ name: String, mode: mode_t
  ) throws(CommandFailure) -> (Int32, Kind) {
    if let unnamed = UnnamedFile.open(in: PathText.directory(of: final), mode: mode) {
      return (unnamed, .unnamed(final: final))
    }
    while true {
      let temporary = temporaryName(beside: final)
      let descriptor = SystemCalls.open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      if descriptor >= 0 {
        let slot = TemporaryFiles.register(temporary)
        return (descriptor, .temporary(path: temporary, final: final, slot: slot))
      }
      guard errno == EEXIST else {
        throw CommandFailure(name, "cannot create: " + Messages.systemError(errno))
      }
    }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if case .temporary(let path, _, let slot) = kind {
      SystemCalls.unlink(path)
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

  /// Finishes the file and gives it its name.
  ///
  /// - Parameter source: attributes that the file inherits from its input: owner, permissions
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
    if let status = SystemCalls.status(of: descriptor) {
      kept?.add(FileAttributes(status), "was written by this command")
    }
    close(descriptor)
    descriptor = -1
    if case .temporary(_, _, let slot) = kind { slot.map(TemporaryFiles.unregister) }
    synchronizeDirectory(of: final)
  }

  /// What the disk has of the file so far, read back from it.
  ///
  /// - Throws: also if the output is a pipe or a device, of which nothing can be read back.
  func writtenBytes() throws(CommandFailure) -> [UInt8] {
    if case .direct = kind { throw CommandFailure(name, "is not a regular file; nothing can be read back") }
    guard fsync(descriptor) == 0 || errno == EINVAL, let status = SystemCalls.status(of: descriptor) else {
      throw CommandFailure(name, "cannot write: " + Messages.systemError(errno))
    }
    #if os(Linux)
    // Forgets the pages in memory, so that the disk is read.
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    #endif
    let size = Int(status.st_size)
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
      while count < size {
        let step = pread(descriptor, buffer.baseAddress.map { $0 + count }, size - count, off_t(count))
        if step < 0, errno == EINTR { continue }
        guard step > 0 else { break }
        count += step
      }
      initialized = count
    }
    guard bytes.count == size else {
      throw CommandFailure(name, "cannot read back: " + Messages.systemError(errno))
    }
    return bytes
  }

  /// Whether the output is a pipe, a device or an open descriptor.
  var isDirect: Bool {
    if case .direct = kind { true } else { false }
  }

  private func finishDirect(_ spool: Spool) throws(CommandFailure) {
    try spool.drain { bytes throws(CommandFailure) in
      try SystemWrite.all(bytes, to: descriptor, name: name)
    }
    let closed = close(descriptor)
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
      guard !overwrite else { return SystemCalls.rename(path, final) }
      if SystemCalls.link(path, final) == 0 {
        SystemCalls.unlink(path)
        return 0
      }
      // No hard links on this file system.
      guard [EPERM, ENOTSUP, ENOSYS, EMLINK].contains(errno) else { return -1 }
      guard SystemCalls.status(final, followsLink: false) == nil else {
        errno = EEXIST
        return -1
      }
      return SystemCalls.rename(path, final)
    }
  }

  /// Only a named file can replace another one, so a file without a name gets a hidden one for a
  /// moment.
  private func replace(_ final: String) -> Int32 {
    while true {
      let temporary = Self.temporaryName(beside: final)
      let slot = TemporaryFiles.register(temporary)
      defer { slot.map(TemporaryFiles.unregister) }
      if UnnamedFile.link(descriptor, to: temporary) == 0 {
        guard SystemCalls.rename(temporary, final) != 0 else { return 0 }
        let reason = errno
        SystemCalls.unlink(temporary)
        errno = reason
        return -1
      }
      guard errno == EEXIST else { return -1 }
    }
  }

  /// The target of a path through symbolic links; it may not exist. The path itself if the links go in
  /// circles.
  private static func target(of path: String) -> String {
    var target = path
    for _ in 0..<40 {
      // Not a link, or nothing at all.
      guard let next = SystemCalls.linkTarget(target) else { return target }
      target = PathText.isAbsolute(next) ? next : PathText.directory(of: target) + next
    }
    return path
  }

  /// How the names of hidden temporary files begin.
  static let temporaryPrefix = ".vaezip-"

  /// A random name. It does not contain the file's own, which may already have the longest length.
  private static func temporaryName(beside path: String) -> String {
    var generator = SystemRandomNumberGenerator()
    return PathText.directory(of: path) + temporaryPrefix + String(generator.next() as UInt64, radix: 36)
  }

  /// Writes the name to the disk too. Some file systems cannot; the content is there already.
  private func synchronizeDirectory(of path: String) {
    let directory = PathText.directory(of: path)
    let descriptor = SystemCalls.open(directory.isEmpty ? "." : directory, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }

  /// A path in messages.
  static func displayName(_ path: String) -> String { path == "-" ? "standard output" : path }

  private static func exists(_ name: String) -> CommandFailure {
    CommandFailure(name, "already exists; -f overwrites it")
  }
}
