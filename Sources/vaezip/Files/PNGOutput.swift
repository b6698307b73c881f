import VAEZip

/// Writes the rows of an image to a file, as a PNG.
final class PNGOutput: ImageSink {
  private let file: OutputFile
  private var writer: PNG.Writer?
  private(set) var width = 0
  private(set) var height = 0
  /// Bytes of the PNG so far.
  private(set) var bytes = 0

  init(_ file: OutputFile) { self.file = file }

  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(CommandFailure) {
    (self.width, self.height) = (width, height)
    writer = try png { () throws(PNGError) in
      try PNG.Writer(width: width, height: height, format: format, metadata: metadata)
    }
  }

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(CommandFailure) {
    try png { () throws(PNGError) in try writer?.write(rows, alpha: alpha) }
    try drain()
  }

  /// Writes the end of the PNG.
  func finish() throws(CommandFailure) {
    try png { () throws(PNGError) in try writer?.finish() }
    try drain()
  }

  private func drain() throws(CommandFailure) {
    guard let part = writer?.take() else { return }
    bytes += part.count
    try file.write(UnsafeRawBufferPointer(part))
  }

  private func png<Value>(
    _ body: () throws(PNGError) -> Value
  ) throws(CommandFailure) -> Value {
    do {
      return try body()
    } catch {
      throw CommandFailure(file.name, error.description)
    }
  }
}
