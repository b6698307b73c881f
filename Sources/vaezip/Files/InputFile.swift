#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file being read; `-` is standard input.
final class InputDescriptor {
  /// As errors name it.
  let name: String
  /// Of a regular file, in bytes. A hint: files under /proc say 0, others grow meanwhile.
  let announcedSize: Int?
  /// Of a regular file: what its output takes over from it.
  let attributes: FileAttributes?
  /// How many bytes were read so far.
  private(set) var bytesRead = 0
  /// The first bytes that were read, enough to tell what kind of file it is.
  private(set) var beginning: [UInt8] = []
  private let descriptor: Int32

  /// - Parameter flags: to open it with, beside those for reading.
  init(path: String, flags: Int32 = 0) throws(CommandFailure) {
    name = path == "-" ? "standard input" : path
    descriptor = path == "-" ? STDIN_FILENO : SystemCalls.open(path, O_RDONLY | O_CLOEXEC | flags)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      let error = Messages.systemError(errno)
      if descriptor > STDIN_FILENO { close(descriptor) }
      throw CommandFailure(name, error)
    }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else {
      if descriptor != STDIN_FILENO { close(descriptor) }
      throw CommandFailure(name, "is a directory")
    }
    attributes = kind == S_IFREG ? FileAttributes(status) : nil
    announcedSize = kind == S_IFREG ? Int(status.st_size) : nil
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// Writes the next bytes to memory; says how many, 0 at the end.
  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(CommandFailure) -> Int {
    var count = 0
    repeat {
      #if canImport(Glibc)
      count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      #elseif canImport(Musl)
      count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
      #else
      count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
      #endif
    } while count < 0 && errno == EINTR
    guard count >= 0 else { throw CommandFailure(name, Messages.systemError(errno)) }
    bytesRead += count
    let missing = FileKind.signatureSize - beginning.count
    if missing > 0 { beginning += buffer.prefix(min(count, missing)) }
    return count
  }

  /// The first bytes of a regular file, which are read again later; fewer, or none, if it has no more or
  /// is no regular file.
  func peek(_ count: Int) -> [UInt8] {
    guard announcedSize != nil else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = max(0, pread(descriptor, buffer.baseAddress, count, 0))
    }
  }
}

/// A file, read whole; `-` is standard input.
struct InputFile {
  /// As errors name it.
  let name: String
  let bytes: [UInt8]
  /// Of a regular file: what its output takes over from it.
  let attributes: FileAttributes?

  /// The default limit in bytes: more than any image within the other limits has.
  static let defaultLimit = 1 << 32

  /// - Parameters:
  ///   - limit: in bytes; memory is allocated for what is there, never more.
  ///   - isPlausible: says of a file's beginning whether more of it is worth reading, so that an
  ///     endless device is refused at once.
  ///   - beforeReading: is called when the file is open and not larger than the limit.
  init(
    path: String, limit: Int = defaultLimit,
    isPlausible: (_ beginning: ArraySlice<UInt8>) -> Bool = { _ in true },
    beforeReading: (InputDescriptor) -> Void = { _ in }
  ) throws(CommandFailure) {
    let stream = try InputDescriptor(path: path)
    name = stream.name
    attributes = stream.attributes
    let announced = stream.announcedSize ?? 0
    guard announced <= limit else { throw Self.tooLarge(name, limit: limit) }
    beforeReading(stream)

    var content: [UInt8] = []
    while true {
      // One byte more than announced, so that the end is seen without growing the array.
      let step = content.isEmpty ? max(announced + 1, 1 << 16) : max(content.count, 1 << 16)
      var failure: CommandFailure?
      let chunk = [UInt8](unsafeUninitializedCapacity: step) { buffer, count in
        do throws(CommandFailure) {
          count = try stream.read(into: buffer)
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      // The first chunk is the whole of a regular file: it is not copied.
      if content.isEmpty { content = chunk } else { content += chunk }
      guard content.count <= limit else { throw Self.tooLarge(name, limit: limit) }
      if chunk.isEmpty { break }
      if !isPlausible(content.prefix(16)) { break }
    }
    bytes = content
  }

  private static func tooLarge(_ name: String, limit: Int) -> CommandFailure {
    CommandFailure(name, "larger than the limit of \(limit) bytes")
  }
}
