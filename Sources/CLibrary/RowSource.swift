import CVAEZip
import VAEZip

/// A callback of C, and what it wants to get back.
package struct RowReader: @unchecked Sendable {
  package typealias Function =
    @convention(c) (
      UnsafeMutableRawPointer?, UInt32, UInt32, UnsafeMutableRawPointer?, Int
    ) -> Int32

  let function: Function
  let context: UnsafeMutableRawPointer?
}

/// The pixels of a C program as an encoder's source: from its memory, or from its callback.
final class RowSource: ImageSource {
  private enum Origin {
    case memory(RowMemory)
    case callback(RowReader)
  }

  let width: Int
  let height: Int
  let format: Image.Format
  let metadata: ImageMetadata

  private let layout: PixelLayout
  private let splitter: SampleSplitter
  private let origin: Origin
  private var rowsDone = 0
  /// A callback's rows, if they are not the encoder's as they are.
  private var scratch: [UInt8] = []

  /// - Parameters:
  ///   - reader: nil reads the image's pixels.
  ///   - keepsColorDepth: whether color of 16 bits stays as it is.
  init(
    _ image: vaezip_image, reader: RowReader?, metadata: ImageMetadata, keepsColorDepth: Bool
  ) throws(DoorError) {
    layout = try PixelLayout(image)
    (width, height) = (layout.width, layout.height)
    format = layout.format(keepsColorDepth: keepsColorDepth)
    splitter = SampleSplitter(layout: layout, keepsColorDepth: keepsColorDepth)
    self.metadata = metadata
    if let reader {
      origin = .callback(reader)
    } else {
      origin = .memory(try layout.rows(of: image))
    }
  }

  func read(
    into rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
  ) throws(DoorError) {
    let colorBytes = width * Int(format.channels.rawValue) * format.colorDepth.bytes
    let alphaBytes = format.hasAlpha ? width * format.depth.bytes : 0
    guard let color = rows.baseAddress else { return }
    let count = rows.count / colorBytes
    defer { rowsDone += count }
    func split(_ source: UnsafeRawPointer, _ row: Int) {
      splitter.split(
        source, count: width, color: color + row * colorBytes,
        alpha: alpha.baseAddress.map { $0 + row * alphaBytes })
    }
    switch origin {
    case .memory(let memory):
      for row in 0..<count { split(UnsafeRawPointer(memory[rowsDone + row]), row) }
    case .callback(let reader):
      let size = count * layout.rowBytes
      if scratch.count < size { scratch = [UInt8](repeating: 0, count: size) }
      try scratch.withUnsafeMutableBufferPointer { scratch throws(DoorError) in
        guard let base = scratch.baseAddress else { return }
        let outcome = reader.function(
          reader.context, UInt32(rowsDone), UInt32(count), base, layout.rowBytes)
        guard outcome == 0 else {
          throw DoorError(
            status: VAEZIP_ERROR_CALLBACK, text: "the callback returned \(outcome) at row \(rowsDone)")
        }
        for row in 0..<count { split(UnsafeRawPointer(base + row * layout.rowBytes), row) }
      }
    }
  }

  func finish() throws(DoorError) {}
}
