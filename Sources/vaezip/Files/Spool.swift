#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Bytes that wait until all of them are known to be right: some megabytes in memory, the rest in
/// a temporary file without a name.
final class Spool {
  private var memory: [UInt8] = []
  /// What came after `memory` was full; −1 if there is no file.
  private var file: Int32 = -1

  private static let memoryLimit = 1 << 24

  deinit { if file >= 0 { close(file) } }

  /// - Throws: the system's words.
  func append(_ bytes: UnsafeRawBufferPointer) throws(CommandFailure) {
    guard file >= 0 || memory.count + bytes.count > Self.memoryLimit else {
      memory.append(contentsOf: bytes)
      return
    }
    if file < 0 { file = try Self.makeFile() }
    try SystemWrite.all(bytes, to: file, name: Self.name)
  }

  /// Hands out all bytes in order, and forgets them.
  func drain(_ body: (UnsafeRawBufferPointer) throws(CommandFailure) -> Void) throws(CommandFailure) {
    try Self.hand(memory, to: body)
    memory = []
    guard file >= 0 else { return }
    guard lseek(file, 0, SEEK_SET) == 0 else { throw Self.failure() }
    while true {
      var count = 0
      let part = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, initialized in
        repeat { count = read(file, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
        initialized = max(count, 0)
      }
      guard count >= 0 else { throw Self.failure() }
      guard count > 0 else { return }
      try Self.hand(part, to: body)
    }
  }

  private static func hand(
    _ bytes: [UInt8], to body: (UnsafeRawBufferPointer) throws(CommandFailure) -> Void
  ) throws(CommandFailure) {
    let outcome = bytes.withUnsafeBytes { bytes in
      Result { () throws(CommandFailure) in try body(bytes) }
    }
    try outcome.get()
  }

  private static let name = "temporary file"

  private static func failure() -> CommandFailure {
    CommandFailure(name, Messages.systemError(errno))
  }

  private static func makeFile() throws(CommandFailure) -> Int32 {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    if let file = UnnamedFile.open(in: directory + "/", mode: 0o600) { return file }
    var template = Array((directory + "/vaezip-XXXXXX").utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { throw failure() }
    unlink(template)
    return file
  }
}

/// `write` until everything is written.
enum SystemWrite {
  /// - Parameter name: of the file, for the error.
  static func all(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String
  ) throws(CommandFailure) {
    var rest = bytes
    while let base = rest.baseAddress, rest.count > 0 {
      let count = write(descriptor, base, rest.count)
      if count < 0 && errno != EINTR {
        throw CommandFailure(name, "cannot write: " + Messages.systemError(errno))
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
    }
  }
}
