/// Where an encoder gets an image from, row by row.
///
/// Methods are called by different threads, one after the other.
public protocol ImageSource: AnyObject {
  associatedtype Failure: Error

  /// In pixels, at least 1.
  var width: Int { get }
  /// In pixels, at least 1.
  var height: Int { get }
  var format: Image.Format { get }
  /// What is said beside the pixels; complete after `finish`.
  var metadata: ImageMetadata { get }

  /// Fills memory with the next rows: some whole ones, as `Image.pixels` and `Image.alpha` have
  /// them. Without alpha, `alpha` is empty.
  func read(
    into rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
  ) throws(Failure)

  /// Is called when all rows have been read, and says whether there was anything wrong behind them.
  func finish() throws(Failure)
}

/// Where a decoder puts an image, row by row.
///
/// Methods are called by different threads, one after the other.
public protocol ImageSink: AnyObject {
  associatedtype Failure: Error

  /// Is called first, once the size is known.
  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Failure)

  /// Gets the next rows: some whole ones, as `Image.pixels` and `Image.alpha` have them. Without
  /// alpha, `alpha` is empty.
  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(Failure)
}

/// The rows of an image in memory.
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

/// Makes an image of its rows.
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

  /// The image, when all of its rows have come.
  package func image() -> Image {
    Image(
      width: width, height: height, channels: format.channels, pixels: pixels, depth: format.depth,
      alpha: format.hasAlpha ? alpha : nil, metadata: metadata)
  }
}

/// Forgets its rows.
package final class DiscardingSink: ImageSink {
  package init() {}

  package func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Never) {}

  package func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(Never) {}
}
