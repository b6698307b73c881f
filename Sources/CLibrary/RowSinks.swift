import CVAEZip
import VAEZip

/// Puts rows together, and hands them to what takes them.
///
/// Memory for a few rows only: those that come at once.
private struct RowMerger {
  let merger: SampleMerger
  let colorBytes: Int
  let alphaBytes: Int
  let rowBytes: Int
  var rowsDone = 0

  init(_ format: Image.Format, _ layout: PixelLayout) throws(DoorError) {
    merger = try SampleMerger(format, to: layout)
    colorBytes = layout.width * Int(format.channels.rawValue) * format.colorDepth.bytes
    alphaBytes = format.hasAlpha ? layout.width * format.depth.bytes : 0
    rowBytes = layout.rowBytes
  }

  /// Calls `place` with the number of each row; merges into what it returns.
  mutating func merge(
    _ rows: UnsafeBufferPointer<UInt8>, _ alpha: UnsafeBufferPointer<UInt8>,
    into place: (Int) -> UnsafeMutableRawPointer
  ) -> Int {
    guard let color = rows.baseAddress else { return 0 }
    let count = rows.count / colorBytes
    for row in 0..<count {
      merger.merge(
        color + row * colorBytes,
        alpha: alphaBytes == 0 ? nil : alpha.baseAddress.map { $0 + row * alphaBytes },
        count: merger.layout.width, into: place(row))
    }
    rowsDone += count
    return count
  }
}

/// - Throws: `DoorError` if the caller expects another size than comes.
private func check(_ layout: PixelLayout, _ width: Int, _ height: Int) throws(DoorError) {
  guard layout.width == width, layout.height == height else {
    throw .argument(
      "image: expected \(width) × \(height) pixels, found \(layout.width) × \(layout.height)")
  }
}

/// Decodes into the memory of a C program.
final class MemorySink: ImageSink {
  private let layout: PixelLayout
  private let memory: RowMemory
  private var merger: RowMerger?

  init(_ image: vaezip_image) throws(DoorError) {
    layout = try PixelLayout(image)
    memory = try layout.rows(of: image)
  }

  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(DoorError) {
    try check(layout, width, height)
    merger = try RowMerger(format, layout)
  }

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(DoorError) {
    let first = merger?.rowsDone ?? 0
    _ = merger?.merge(rows, alpha) { memory[first + $0] }
  }
}

/// A callback of C, and what it wants to get back.
package struct RowWriter: @unchecked Sendable {
  package typealias Function =
    @convention(c) (
      UnsafeMutableRawPointer?, UInt32, UInt32, UnsafeRawPointer?, Int
    ) -> Int32

  let function: Function
  let context: UnsafeMutableRawPointer?
}

/// Hands decoded rows to a callback.
final class CallbackSink: ImageSink {
  private let layout: PixelLayout
  private let writer: RowWriter
  private var merger: RowMerger?
  private var scratch: [UInt8] = []

  init(_ image: vaezip_image, _ writer: RowWriter) throws(DoorError) {
    layout = try PixelLayout(image)
    self.writer = writer
  }

  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(DoorError) {
    try check(layout, width, height)
    merger = try RowMerger(format, layout)
  }

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(DoorError) {
    guard var merger, !rows.isEmpty else { return }
    let (first, stride) = (merger.rowsDone, layout.rowBytes)
    let size = rows.count / merger.colorBytes * stride
    if scratch.count < size { scratch = [UInt8](repeating: 0, count: size) }
    try scratch.withUnsafeMutableBufferPointer { scratch throws(DoorError) in
      guard let base = scratch.baseAddress else { return }
      let count = merger.merge(rows, alpha) { UnsafeMutableRawPointer(base + $0 * stride) }
      let outcome = writer.function(writer.context, UInt32(first), UInt32(count), base, stride)
      guard outcome == 0 else {
        throw DoorError(
          status: VAEZIP_ERROR_CALLBACK, text: "the callback returned \(outcome) at row \(first)")
      }
    }
    self.merger = merger
  }
}

/// Makes a PNG file of decoded rows.
final class PNGSink: ImageSink {
  private var writer: PNG.Writer?
  private var file: [UInt8] = []

  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(PNGError) {
    writer = try PNG.Writer(width: width, height: height, format: format, metadata: metadata)
  }

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(PNGError) {
    guard let writer else { return }
    try writer.write(rows, alpha: alpha)
    file.append(contentsOf: writer.take())
  }

  /// The whole file. To be called after the last row.
  func finished() throws(PNGError) -> [UInt8] {
    guard let writer else { return [] }
    try writer.finish()
    file.append(contentsOf: writer.take())
    return file
  }
}
