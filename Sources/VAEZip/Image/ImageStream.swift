/// A source of an image's rows, for an encoder.
///
/// Its methods are called one after another, from different threads.
public protocol ImageSource: AnyObject {
  associatedtype Failure: Error

  /// In pixels, at least 1.
  var width: Int { get }
  /// In pixels, at least 1.
  var height: Int { get }
  var format: Image.Format { get }
  /// What the image says beside its pixels; complete after `finish`.
  var metadata: ImageMetadata { get }

  /// Fills memory with the next rows.
  ///
  /// - Parameters:
  ///   - rows: room for some whole rows, laid out as `Image.pixels`.
  ///   - alpha: room for their opacity, laid out as `Image.alpha`; empty for an image without.
  func read(
    into rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
  ) throws(Failure)

  /// Is called when all rows have been read; throws if something after them is wrong.
  func finish() throws(Failure)
}

/// A sink of an image's rows, for a decoder.
///
/// Its methods are called one after another, from different threads.
public protocol ImageSink: AnyObject {
  associatedtype Failure: Error

  /// Is called first, once.
  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Failure)

  /// Takes the next rows.
  ///
  /// - Parameters:
  ///   - rows: some whole rows, laid out as `Image.pixels`.
  ///   - alpha: their opacity, laid out as `Image.alpha`; empty for an image without.
  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(Failure)
}

/// A source that reads an image in memory.
package final class ImageRows: ImageSource {
  private let image: Image
  private var offset = 0
  private var alphaOffset = 0

  package init(_ image: Image) { self.image = image }

  package var width: Int { image.width }
  package var height: Int { image.height }
  package var format: Image.Format { image.format }
  package var metadata: ImageMetadata { image.metadata }

  package func read(
    into rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
  ) throws(Never) {
    image.pixels.withUnsafeBufferPointer { pixels in
      _ = rows.update(fromContentsOf: pixels[offset..<offset + rows.count])
    }
    offset += rows.count
    image.alpha?.withUnsafeBufferPointer { samples in
      _ = alpha.update(fromContentsOf: samples[alphaOffset..<alphaOffset + alpha.count])
    }
    alphaOffset += alpha.count
  }

  package func finish() throws(Never) {}
}

/// A sink that keeps the whole image.
package final class ImageCollector: ImageSink {
  private var width = 0
  private var height = 0
  private var format = Image.Format.rgb
  private var metadata = ImageMetadata()
  private var pixels: [UInt8] = []
  private var alpha: [UInt8] = []

  package init() {}

  package func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Never) {
    (self.width, self.height, self.format, self.metadata) = (width, height, format, metadata)
    pixels.reserveCapacity(width * height * format.colorBytes)
    alpha.reserveCapacity(width * height * format.alphaBytes)
  }

  package func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(Never) {
    pixels.append(contentsOf: rows)
    self.alpha.append(contentsOf: alpha)
  }

  /// The image. To be called after the last row.
  package func image() -> Image {
    Image(
      width: width, height: height, channels: format.channels, pixels: pixels, depth: format.depth,
      colorDepth: format.colorDepth, alpha: format.hasAlpha ? alpha : nil, metadata: metadata)
  }
}

/// A sink that keeps nothing.
package final class DiscardingSink: ImageSink {
  package init() {}

  package func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Never) {}

  package func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(Never) {}
}
