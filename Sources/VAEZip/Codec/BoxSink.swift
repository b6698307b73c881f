import VAEZipImage

/// A sink that hands a smaller picture on: each pixel is the mean of a cell (`BoxMean`).
final class BoxSink<Sink: ImageSink>: ImageSink {
  private let sink: Sink
  private let scale: Int
  private var width = 0
  private var height = 0
  private var color = BoxMean(columns: 0, scale: 1, samples: 0, sampleBytes: 1)
  private var alpha = BoxMean(columns: 0, scale: 1, samples: 0, sampleBytes: 1)
  private var row: [UInt8] = []
  private var alphaRow: [UInt8] = []
  private var rowsDone = 0

  /// - Parameter scale: width and height of a cell, in pixels.
  init(_ sink: Sink, scale: Int) {
    self.sink = sink
    self.scale = scale
  }

  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Sink.Failure) {
    (self.width, self.height) = (width, height)
    let columns = (width + scale - 1) / scale
    color = BoxMean(
      columns: columns, scale: scale, samples: Int(format.channels.rawValue),
      sampleBytes: format.colorDepth.bytes)
    alpha = BoxMean(
      columns: columns, scale: scale, samples: format.hasAlpha ? 1 : 0, sampleBytes: format.depth.bytes)
    row = Array(repeating: 0, count: columns * format.colorBytes)
    alphaRow = Array(repeating: 0, count: columns * format.alphaBytes)
    try sink.begin(
      width: columns, height: (height + scale - 1) / scale, format: format, metadata: metadata.ofPreview)
  }

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha opacity: UnsafeBufferPointer<UInt8>
  ) throws(Sink.Failure) {
    let (stride, alphaStride) = (width * color.pixelBytes, width * alpha.pixelBytes)
    for y in 0..<rows.count / stride {
      color.add(UnsafeBufferPointer(rebasing: rows[y * stride..<(y + 1) * stride]))
      alpha.add(UnsafeBufferPointer(rebasing: opacity[y * alphaStride..<(y + 1) * alphaStride]))
      rowsDone += 1
      if rowsDone % scale == 0 || rowsDone == height { try flush() }
    }
  }

  private func flush() throws(Sink.Failure) {
    let height = (rowsDone - 1) % scale + 1
    color.write(to: &row, width: width, height: height)
    alpha.write(to: &alphaRow, width: width, height: height)
    color.clear()
    alpha.clear()
    try row.withUnsafeBufferPointer { row throws(Sink.Failure) in
      try alphaRow.withUnsafeBufferPointer { alpha throws(Sink.Failure) in
        try sink.write(row, alpha: alpha)
      }
    }
  }
}
