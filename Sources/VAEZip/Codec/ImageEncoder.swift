import VAEZipContainer
import VAEZipImage
import VAEZipInference

/// An encoded image.
public struct EncodedImage: Sendable {
  /// The .vz file.
  public let bytes: [UInt8]
  /// Mean squared error of the decoded color, samples 0…255; nil if it was not measured.
  public let meanSquaredError: Double?
  package let statistics: RateStatistics
}

/// An encoder of .vz files.
///
/// ```swift
/// let encoder = try ImageEncoder(options: EncoderOptions(quality: 75))
/// let image = try PNG.read(png).image
/// let file = try encoder.encode(image).bytes
/// ```
///
/// An encoder is a value without state: it may be kept, copied, and used by several threads at once.
/// Calls block until the file is complete, with `EncoderOptions.threads` threads at work. From an async
/// context, call it where blocking is allowed. `memoryEstimate` says what a call takes at most.
public struct ImageEncoder: Sendable {
  /// The model that files will name.
  public let model: Model
  /// How images are encoded.
  public let options: EncoderOptions

  /// An encoder that uses a certain model.
  ///
  /// - Throws: `CodecError.invalidOption`.
  public init(model: Model, options: EncoderOptions = EncoderOptions()) throws(CodecError) {
    try options.validate(lastQualityPosition: model.lastQualityPosition)
    self.model = model
    self.options = options
  }

  /// The position between the model's quality levels that the options ask for, in 1/256 level.
  public var qualityPosition: Int {
    options.qualityPosition ?? model.qualityPositions[options.quality]
  }

  /// Encodes an image in memory.
  ///
  /// - Throws: `CodecError`: the image is larger than the format allows, or the model's weights
  ///   cannot be made integers.
  public func encode(_ image: Image) throws(CodecError) -> EncodedImage {
    try CodecError.unwrap { () throws(StreamError<Never>) in try encode(from: ImageRows(image)) }
  }

  /// Encodes an image that comes row by row: reading, transforms and entropy coding run at the same time,
  /// and only a few tiles' height of the image is in memory.
  ///
  /// If it is asked to, the encoder also decodes its own picture and hands it out: all decoders get the same
  /// picture, bit for bit.
  ///
  /// - Parameters:
  ///   - source: the image. Its methods are called one after another, from any thread.
  ///   - measuresError: measures the error against the source, after invisible color was replaced.
  ///   - reconstruction: is called with the decoder's picture: whole rows, from the top, as `Image.pixels`
  ///     has them. Alpha needs no copy; it stays as it is. The calls come one after another, from
  ///     any thread.
  /// - Throws: `StreamError.stream` with what the source throws; `StreamError.codec` as `encode(_:)`.
  public func encode<Source: ImageSource>(
    from source: Source, measuresError: Bool = false,
    reconstruction: ((UnsafeBufferPointer<UInt8>) -> Void)? = nil
  ) throws(StreamError<Source.Failure>) -> EncodedImage {
    let setup = try StreamError<Source.Failure>.wrap { () throws(CodecError) in
      try EncoderSetup(
        self, width: source.width, height: source.height, format: source.format,
        measuresError: measuresError, handsOutPicture: reconstruction != nil)
    }
    return try EncodingPipeline(setup, source: source, reconstruction: reconstruction).run()
  }

  /// The most memory that encoding an image row by row needs, in bytes. The finished file comes on top:
  /// up to three copies of it at the end. This call allocates nothing of that size.
  ///
  /// - Parameters:
  ///   - width: in pixels.
  ///   - height: in pixels.
  ///   - format: of the samples.
  ///   - measuresError: as for `encode(from:measuresError:reconstruction:)`.
  /// - Throws: as `encode(_:)`.
  public func memoryEstimate(
    width: Int, height: Int, format: Image.Format, measuresError: Bool = false
  ) throws(CodecError) -> Int {
    try EncoderSetup(
      self, width: width, height: height, format: format, measuresError: measuresError
    ).byteCount
  }
}

/// An encoded image beside the picture that decoders make of it: for evaluation, calibration and tests.
package struct EncodingTrial: Sendable {
  package let bytes: [UInt8]
  package let statistics: RateStatistics
  /// What every decoder makes of the file.
  package let reconstruction: Image
}

extension ImageEncoder {
  /// - Parameter measuresRate: whether the statistics tell the model's rate.
  /// - Throws: as `encode(_:)`.
  package func encodeTrial(
    _ image: Image, measuresRate: Bool = true
  ) throws(CodecError) -> EncodingTrial {
    var options = options
    options.measuresModelRate = measuresRate
    let encoder = try ImageEncoder(model: model, options: options)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(image.pixels.count)
    let file = try CodecError.unwrap { () throws(StreamError<Never>) in
      try encoder.encode(from: ImageRows(image)) { pixels.append(contentsOf: $0) }
    }
    var reconstruction = image
    reconstruction.pixels = pixels
    return EncodingTrial(
      bytes: file.bytes, statistics: file.statistics, reconstruction: reconstruction)
  }
}
