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

/// What ended the way of an image from a source to a file, or from a file to a sink.
public enum StreamError<Failure: Error>: Error, CustomStringConvertible {
  case codec(CodecError)
  /// Source or sink failed.
  case stream(Failure)

  public var description: String {
    switch self {
    case .codec(let error): error.description
    case .stream(let error): "\(error)"
    }
  }

  /// Gives an error of the codec its place.
  static func wrap<Value>(
    _ body: () throws(CodecError) -> Value
  ) throws(StreamError) -> Value {
    do {
      return try body()
    } catch {
      throw .codec(error)
    }
  }
}

extension CodecError {
  /// The error of a stream whose other end cannot fail.
  static func unwrap<Value>(
    _ body: () throws(StreamError<Never>) -> Value
  ) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      switch error {
      case .codec(let error): throw error
      }
    }
  }
}

/// The rows of an image in memory.
final class ImageRows: ImageSource {
  private let image: Image
  private var offset = 0
  private var alphaOffset = 0

  init(_ image: Image) { self.image = image }

  var width: Int { image.width }
  var height: Int { image.height }
  var format: Image.Format { image.format }
  var metadata: ImageMetadata { image.metadata }

  func read(
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

  func finish() throws(Never) {}
}

/// Makes an image of its rows.
final class ImageCollector: ImageSink {
  private var width = 0
  private var height = 0
  private var format = Image.Format.rgb
  private var metadata = ImageMetadata()
  private var pixels: [UInt8] = []
  private var alpha: [UInt8] = []

  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Never) {
    (self.width, self.height, self.format, self.metadata) = (width, height, format, metadata)
    pixels.reserveCapacity(width * height * format.colourBytes)
    alpha.reserveCapacity(width * height * format.alphaBytes)
  }

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(Never) {
    pixels.append(contentsOf: rows)
    self.alpha.append(contentsOf: alpha)
  }

  /// The image, when all of its rows have come.
  func image() -> Image {
    Image(
      width: width, height: height, channels: format.channels, pixels: pixels, depth: format.depth,
      alpha: format.hasAlpha ? alpha : nil, metadata: metadata)
  }
}

/// Forgets its rows.
final class DiscardingSink: ImageSink {
  func begin(
    width: Int, height: Int, format: Image.Format, metadata: ImageMetadata
  ) throws(Never) {}

  func write(
    _ rows: UnsafeBufferPointer<UInt8>, alpha: UnsafeBufferPointer<UInt8>
  ) throws(Never) {}
}
