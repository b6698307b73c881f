import VAEZipModel
import VAEZipSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A folder of model files.
///
/// Looking for a model reads files piece by piece and keeps none of them; only the one that has the id is
/// then taken into memory. Files that are no regular files or too large, through links too, are not read.
struct ModelFolder {
  private let path: String

  init(_ path: String) { self.path = path }

  /// The model of an id; nil if no file has it. Linear in the bytes of the folder's models.
  ///
  /// A file that only pretends to be a published model does not hide the right one after it.
  ///
  /// - Parameter memory: bytes that the model may take.
  /// - Throws: why the file that has the id is no model, or that it is too large for the memory.
  func model(id: UInt64, memory: Int) throws(ModelError) -> Model? {
    var forgery: ModelError?
    for name in names() {
      guard let file = RegularFile(path: Array((path + "/").utf8) + name),
        file.size <= ModelFile.Limits.fileSize, file.checksum() == id
      else { continue }
      let largest = memory / 5 * 2
      guard file.size <= largest else {
        throw .tooLarge(what: "the file", bytes: file.size, limit: largest)
      }
      let bytes = file.contents()
      // It could have been changed meanwhile.
      guard ModelFile.id(of: bytes) == id else { continue }
      do {
        return try Model(contentsOf: bytes)
      } catch .forgedID(let id, let sha256) {
        forgery = .forgedID(id: id, sha256: sha256)
      }
    }
    if let forgery { throw forgery }
    return nil
  }

  /// Names of model files, as bytes, sorted.
  private func names() -> [[UInt8]] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { name in Array(name.prefix { $0 != 0 }) }
      if bytes.suffix(6).elementsEqual(".model".utf8)
        || bytes.suffix(12).elementsEqual(".safetensors".utf8)
      {
        names.append(bytes)
      }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}

/// An open regular file.
private final class RegularFile {
  let size: Int
  private let descriptor: Int32

  /// Nil for what cannot be opened or is no regular file.
  init?(path: [UInt8]) {
    let path = path.map { CChar(bitPattern: $0) } + [0]
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0 else { return nil }
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// XXH64 of the first `size` bytes.
  func checksum() -> UInt64 {
    let checksum = RunningChecksum()
    readAll { checksum.update($0) }
    return checksum.hash64
  }

  /// The first `size` bytes, or those that are there.
  func contents() -> [UInt8] {
    var contents: [UInt8] = []
    contents.reserveCapacity(size)
    readAll { contents.append(contentsOf: $0) }
    return contents
  }

  private func readAll(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
    defer { buffer.deallocate() }
    var offset = 0
    while offset < size {
      let count = pread(
        descriptor, buffer.baseAddress, min(buffer.count, size - offset), off_t(offset))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      body(UnsafeBufferPointer(rebasing: buffer[..<count]))
      offset += count
    }
  }
}
