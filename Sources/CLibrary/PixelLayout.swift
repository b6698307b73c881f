import CVAEZip
import VAEZip

/// Size and format of a picture as C has it, checked.
struct PixelLayout: Sendable {
  let width: Int
  let height: Int
  /// Samples of a pixel: 1 … 4.
  let channels: Int
  /// Bytes of a sample: 1 or 2.
  let sampleBytes: Int

  /// - Throws: `DoorError` for an empty or impossible size or format.
  init(_ image: vaezip_image) throws(DoorError) {
    guard image.width > 0, image.height > 0 else {
      throw .argument("image: expected at least 1 × 1 pixels, found \(image.width) × \(image.height)")
    }
    guard 1...4 ~= image.channels else {
      throw .argument("channels: expected 1…4, found \(image.channels)")
    }
    guard image.depth == 8 || image.depth == 16 else {
      throw .argument("depth: expected 8 or 16, found \(image.depth)")
    }
    (width, height) = (Int(image.width), Int(image.height))
    (channels, sampleBytes) = (Int(image.channels), Int(image.depth) / 8)
  }

  var hasAlpha: Bool { channels % 2 == 0 }
  var colors: Int { channels < 3 ? 1 : 3 }
  var pixelBytes: Int { channels * sampleBytes }
  /// Of a row without a gap: at most 2³².
  var rowBytes: Int { width * pixelBytes }

  /// As an encoder has it.
  func format(keepsColorDepth: Bool) -> Image.Format {
    let depth: Image.Depth = sampleBytes == 2 ? .sixteen : .eight
    return Image.Format(
      channels: colors == 1 ? .gray : .rgb, hasAlpha: hasAlpha, depth: depth,
      colorDepth: keepsColorDepth ? depth : .eight)
  }

  /// Where a row of an image begins in the caller's memory.
  ///
  /// - Throws: `DoorError` without pixels, or if rows overlap.
  func rows(of image: vaezip_image) throws(DoorError) -> RowMemory {
    guard let pixels = image.pixels else { throw .null("pixels") }
    let stride = image.stride == 0 ? rowBytes : image.stride
    guard stride.magnitude >= rowBytes else {
      throw .argument("stride: expected at least \(rowBytes) bytes a row, found \(stride)")
    }
    guard !stride.multipliedReportingOverflow(by: height).overflow else {
      throw .argument("stride: expected one of memory, found \(stride)")
    }
    return RowMemory(first: pixels, stride: stride)
  }
}

/// The rows of a picture in the caller's memory, who promises that they stay there during the call.
struct RowMemory: @unchecked Sendable {
  let first: UnsafeMutableRawPointer
  let stride: Int

  subscript(y: Int) -> UnsafeMutableRawPointer { first + y * stride }
}
