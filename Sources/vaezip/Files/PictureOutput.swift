import ArgumentParser
import VAEZip

/// The kinds of pictures that `decompress` writes.
enum PictureFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case png
  /// PPM, or PGM of a gray picture.
  case ppm
  case pam

  /// What the name of an output says; PNG for all other names.
  init(path: String?) {
    let found = path.map { PathText.pathExtension(of: $0) } ?? ""
    self = Self.allCases.first { $0.extensions.contains(found) } ?? .png
  }

  /// Extensions of files' names, the usual one first.
  var extensions: [String] {
    switch self {
    case .png: ["png"]
    case .ppm: ["ppm", "pgm", "pnm"]
    case .pam: ["pam"]
    }
  }
}

/// Writes the rows of an image to a file.
final class PictureOutput: ImageSink {
  private enum Writer {
    case png(PNG.Writer)
    case netpbm(Netpbm.Writer)
  }

  private let file: OutputFile
  private let format: PictureFormat
  private var writer: Writer?
  private(set) var width = 0
  private(set) var height = 0
  /// Bytes of the file so far.
  private(set) var bytes = 0
  /// What the file lacks of the picture, a line each.
  private(set) var notices: [String] = []

  init(_ file: OutputFile, format: PictureFormat) {
    self.file = file
    self.format = format
  }

  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(CommandFailure) {
    (self.width, self.height) = (width, height)
    switch self.format {
    case .png:
      writer = .png(
        try png { () throws(PNGError) in
          try PNG.Writer(width: width, height: height, format: format, metadata: metadata)
        })
    case .ppm, .pam:
      do throws(NetpbmError) {
        writer = .netpbm(
          try Netpbm.Writer(
            width: width, height: height, format: format, kind: self.format == .ppm ? .ppm : .pam))
      } catch {
        throw CommandFailure(file.name, error.description)
      }
      if !metadata.isEmpty {
        let types = Set(metadata.chunks.map(\.type)).sorted().joined(separator: ", ")
        notices.append("metadata not written: \(types); a PNG keeps them")
      }
    }
  }

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(CommandFailure) {
    switch writer {
    case .png(let writer): try png { () throws(PNGError) in try writer.write(rows, alpha: alpha) }
    case .netpbm(let writer): writer.write(rows, alpha: alpha)
    case nil: break
    }
    try drain()
  }

  /// Writes the end of the file.
  func finish() throws(CommandFailure) {
    if case .png(let writer) = writer { try png { () throws(PNGError) in try writer.finish() } }
    try drain()
  }

  private func drain() throws(CommandFailure) {
    switch writer {
    case .png(let writer):
      let part = writer.take()
      bytes += part.count
      try file.write(UnsafeRawBufferPointer(part))
    case .netpbm(let writer):
      let part = writer.take()
      bytes += part.count
      try file.write(part)
    case nil: break
    }
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
