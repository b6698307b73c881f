import VAEZipContainer
import VAEZipImage
import VAEZipInference

/// A decoder of .vz files.
///
/// ```swift
/// let decoder = ImageDecoder()
/// let image = try decoder.decode(bytes)
/// let part = try decoder.decode(bytes, region: Region(x: 512, y: 256, width: 640, height: 480))
/// let (picture, damage) = try decoder.decodeKeepingGoing(bytes)
/// ```
///
/// A decoder is a value without state: it may be kept, copied, and used by several threads at once. Calls
/// block until the picture is complete, with `threads` threads at work. From an async context, call it
/// where blocking is allowed. Sizes that a file claims are compared with `limits` before any memory
/// is taken.
public struct ImageDecoder: Sendable {
  /// The models that files may ask for.
  public let models: ModelLibrary
  /// Threads to use; 0 takes all cores. The picture does not depend on it.
  public let threads: Int
  /// What a file may ask for.
  public let limits: VZFile.Limits
  /// As `EncoderOptions.stripHeight`.
  package var stripHeight: Int?
  /// As `EncoderOptions.simulatedOrder`.
  package var simulatedOrder: UInt64?

  /// A decoder.
  ///
  /// - Parameters:
  ///   - models: finds the model that a file names; the standard one has the built-in model.
  ///   - threads: 0 takes all cores.
  ///   - limits: what a file may ask for.
  public init(
    models: ModelLibrary = ModelLibrary(), threads: Int = 0, limits: VZFile.Limits = .default
  ) {
    self.models = models
    self.threads = threads
    self.limits = limits
  }

  /// Decodes a whole file and proves that the picture is the encoder's; or a region of it, which
  /// equals that crop of the whole, bit for bit.
  ///
  /// - Parameters:
  ///   - bytes: a .vz file.
  ///   - region: in pixels; nil takes the whole image.
  /// - Throws: `CodecError`: not a .vz file, damaged, too large, its model is not at hand, or the
  ///   region is not inside.
  public func decode(_ bytes: [UInt8], region: Region? = nil) throws(CodecError) -> Image {
    try collect(bytes, region: region, keepsGoing: false).image
  }

  /// Decodes what can be decoded of a damaged file; tiles that cannot are replaced.
  ///
  /// - Parameters:
  ///   - bytes: a .vz file, or what is left of it.
  ///   - region: in pixels; nil takes the whole image.
  /// - Returns: the picture, and which tiles of it were replaced and why.
  /// - Throws: as `decode(_:region:)`, but only for damage before the tiles.
  public func decodeKeepingGoing(
    _ bytes: [UInt8], region: Region? = nil
  ) throws(CodecError) -> (image: Image, damage: Damage) {
    try collect(bytes, region: region, keepsGoing: true)
  }

  private func collect(
    _ bytes: [UInt8], region: Region?, keepsGoing: Bool
  ) throws(CodecError) -> (image: Image, damage: Damage) {
    let collector = ImageCollector()
    let damage = try CodecError.unwrap { () throws(StreamError<Never>) in
      try decode(bytes, region: region, keepsGoing: keepsGoing, to: collector)
    }
    return (collector.image(), damage)
  }

  /// Proves that a file is whole: its structure, all checksums, and that of the pixels that it
  /// decodes to, which are not kept.
  ///
  /// - Parameter bytes: a .vz file.
  /// - Throws: as `decode(_:region:)`.
  public func verify(_ bytes: [UInt8]) throws(CodecError) {
    let sink = DiscardingSink()
    try CodecError.unwrap { () throws(StreamError<Never>) in _ = try decode(bytes, to: sink) }
  }

  /// Decodes a file, or a region of it, row by row: entropy decoding, transforms and the sink's work run at
  /// the same time, and only a few tiles' height of the picture is in memory.
  ///
  /// For a region, only those tiles are decoded that hold its pixels or lie in the synthesis' halo around
  /// it (8 pixels per residual block). The pixels equal the crop of the whole, bit for bit. The tiles'
  /// checksums are compared; that of all pixels cannot be.
  ///
  /// The file's checksums are compared before the sink gets rows, the checksum of the pixels after it
  /// got all rows. So a sink should not publish the picture before this function has returned.
  ///
  /// - Parameters:
  ///   - bytes: a .vz file.
  ///   - region: in pixels; nil takes the whole image.
  ///   - keepsGoing: whether damaged or missing tiles are replaced. Damage before the tiles
  ///     (header, chunks, tile index) is an error in any case.
  ///   - sink: gets the rows.
  /// - Returns: replaced tiles, and a missing or wrong pixel checksum; empty unless `keepsGoing`.
  /// - Throws: `StreamError.stream` with what the sink throws; `StreamError.codec` as `decode(_:region:)`.
  @discardableResult
  public func decode<Sink: ImageSink>(
    _ bytes: [UInt8], region: Region? = nil, keepsGoing: Bool = false, to sink: Sink
  ) throws(StreamError<Sink.Failure>) -> Damage {
    let (file, setup) = try StreamError<Sink.Failure>.wrap { () throws(CodecError) in
      let file = try CodecError.wrap { () throws(VZError) in
        try VZFile(parsing: bytes, limits: limits)
      }
      let setup = try DecoderSetup(self, file.header, region: region)
      try checkMemory(setup.byteCount + file.chunkMemory)
      return (file, setup)
    }
    return try DecodingPipeline(
      setup, file: file, bytes: bytes, keepsGoing: keepsGoing, sink: sink
    ).run()
  }

  /// - Throws: `CodecError.container` if that many bytes of memory are more than the limits allow.
  func checkMemory(_ needed: Int) throws(CodecError) {
    guard needed <= limits.memory else {
      throw .container(.limitExceeded("bytes of memory", limit: limits.memory, found: needed))
    }
  }

  /// The most memory that decoding a file needs, in bytes, without the file itself and its metadata. This
  /// call allocates nothing of that size.
  ///
  /// - Parameters:
  ///   - header: of the file.
  ///   - region: in pixels; nil takes the whole image.
  /// - Throws: `CodecError`: the region is not inside, the model is not at hand, or it has no such
  ///   quality.
  public func memoryEstimate(
    _ header: VZHeader, region: Region? = nil
  ) throws(CodecError) -> Int {
    try DecoderSetup(self, header, region: region).byteCount
  }
}
