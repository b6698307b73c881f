/// How an image is encoded.
public struct EncoderOptions: Sendable, Equatable {
  /// 0…100: smallest file to best picture.
  public var quality: Int
  /// Overrides `quality`: a position between the model's levels, in 1/256 levels.
  public var levelPosition: Int?
  /// Threads to use; 0 takes all cores. Neither file nor picture depend on it.
  public var threads: Int
  /// Side of the independently coded tiles in pixels: a power of two, 64…16384.
  public var tileSize: Int
  /// 1…9 (5 and more are the same): how much time is spent on making the file smaller at the same
  /// quality of the picture.
  /// 1 rounds the latents; from 2 on, symbols are chosen by rate and distortion; from 3 on, the encoder
  /// looks at the decoded picture and improves on it, more often the higher the effort.
  /// A decoder's time does not depend on it.
  public var effort: Int
  /// Whether the colour of fully transparent pixels is coded as it is. If not, it is replaced by one that
  /// costs little: 6 to 14 % smaller files of photographs that were cut out of black.
  public var keepsInvisibleColour: Bool
  /// Whether `RateStatistics` tells the model's rate, which takes some time to compute.
  public var measuresModelRate: Bool
  /// Rows, at 1/8 resolution, that the transforms work on at a time; nil chooses. Neither file nor
  /// picture depend on it.
  package var stripHeight: Int?
  /// For tests: see `Threads.simulatedOrder`. Neither file nor picture depend on it.
  package var simulatedOrder: UInt64?

  /// What `tileSize` may be.
  public static let tileSizes = ContainerHeader.tileSizeLog2Range.map { 1 << $0 }
  public static let efforts = Effort.levels
  public static let standardEffort = Effort.standard

  public init(
    quality: Int = 75, levelPosition: Int? = nil, threads: Int = 0, tileSize: Int = 512,
    effort: Int = EncoderOptions.standardEffort, keepsInvisibleColour: Bool = false,
    measuresModelRate: Bool = true
  ) {
    self.quality = quality
    self.levelPosition = levelPosition
    self.threads = threads
    self.tileSize = tileSize
    self.effort = effort
    self.keepsInvisibleColour = keepsInvisibleColour
    self.measuresModelRate = measuresModelRate
  }
}

/// Where the bytes of a file go.
public struct RateStatistics: Sendable, Equatable {
  /// One kind of stream, over all tiles. All but `bytes` is zero if
  /// `EncoderOptions.measuresModelRate` is off.
  public typealias Rate = StreamRate

  /// Hyper-latents, first and second pass.
  public var hyper = Rate()
  public var pass1 = Rate()
  public var pass2 = Rate()
  /// Bytes of the alpha, without loss.
  public var alphaBytes = 0
  /// Bytes of the file outside of the streams, metadata among them.
  public var containerBytes = 0

  /// Of all streams.
  public var modelBits: Double { streams.modelBits }
  /// Of the whole file.
  public var fileBytes: Int { streams.bytes + alphaBytes + containerBytes }
  /// All streams together.
  public var streams: Rate { hyper + pass1 + pass2 }

  mutating func add(_ rate: Rate, to stream: SymbolStream) {
    switch stream {
    case .hyper: hyper = hyper + rate
    case .pass1: pass1 = pass1 + rate
    case .pass2: pass2 = pass2 + rate
    }
  }
}

/// An encoded image.
public struct Encoded: Sendable {
  /// The .vz file.
  public let bytes: [UInt8]
  /// The picture that a decoder will make of it, bit for bit.
  public let reconstruction: Image
  public let statistics: RateStatistics
}

/// Makes .vz files of images.
public struct Encoder: Sendable {
  public let model: Model
  public let options: EncoderOptions

  /// - Throws: `CodecError.invalidOption`.
  public init(model: Model, options: EncoderOptions = EncoderOptions()) throws(CodecError) {
    guard (0...100).contains(options.quality) else {
      throw .invalidOption(name: "quality", expected: "0…100", found: "\(options.quality)")
    }
    if let position = options.levelPosition, !(0...model.lastPosition).contains(position) {
      throw .invalidOption(
        name: "level position", expected: "0…\(model.lastPosition)", found: "\(position)")
    }
    guard EncoderOptions.tileSizes.contains(options.tileSize) else {
      throw .invalidOption(
        name: "tile size", expected: "a power of two, 64…16384", found: "\(options.tileSize)")
    }
    guard EncoderOptions.efforts.contains(options.effort) else {
      throw .invalidOption(name: "effort", expected: "1…9", found: "\(options.effort)")
    }
    self.model = model
    self.options = options
  }

  /// The level position that the options ask for.
  public var levelPosition: Int {
    options.levelPosition ?? model.qualityPositions[options.quality]
  }

  struct EncodedTile: Sendable {
    var streams = TileStreams(hyper: [], pass1: [], pass2: [])
    var statistics = RateStatistics()
  }

  /// Encodes an image.
  ///
  /// - Throws: `CodecError`: the image is larger than the format allows, or the model's weights
  ///   cannot be made integers.
  public func encode(_ image: Image) throws(CodecError) -> Encoded {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(image.pixels.count)
    let file = try CodecError.unwrap { () throws(StreamError<Never>) in
      try encode(from: ImageRows(image)) { pixels.append(contentsOf: $0) }
    }
    var reconstruction = image
    reconstruction.pixels = pixels
    return Encoded(bytes: file.bytes, reconstruction: reconstruction, statistics: file.statistics)
  }

  /// - Parameter output: v̂; the tile's part of it is written.
  func encodeTile(
    _ index: Int, _ tile: Tile, source: TileCoder.Source, refinement: Refinement, output: Rows
  ) throws(CodecError) -> EncodedTile {
    var result = EncodedTile()
    let coder: SymbolCoder
    do {
      coder = try SymbolCoder(tables: model.tables)
    } catch {
      throw .stream(tile: index, stream: .hyper, error)
    }
    try refinement.coder.run(
      tile, source: source, choice: refinement.finalChoice, output: output
    ) { stream, levels, symbols throws(CodecError) in
      let bytes: [UInt8]
      var rate = RateStatistics.Rate()
      do throws(EntropyError) {
        bytes = try coder.encode(symbols: symbols, levels: levels)
        if options.measuresModelRate {
          rate = try coder.rate(symbols: symbols, levels: levels, bytes: bytes)
        }
      } catch {
        throw .stream(tile: index, stream: stream, error)
      }
      rate.bytes = bytes.count
      result.statistics.add(rate, to: stream)
      switch stream {
      case .hyper: result.streams.hyper = bytes
      case .pass1: result.streams.pass1 = bytes
      case .pass2: result.streams.pass2 = bytes
      }
      return symbols
    }
    return result
  }
}

/// Makes images of .vz files.
public struct Decoder: Sendable {
  public let models: ModelLibrary
  /// Threads to use; 0 takes all cores.
  public let threads: Int
  public let limits: Container.Limits
  /// As `EncoderOptions.stripHeight`.
  package var stripHeight: Int?
  /// As `EncoderOptions.simulatedOrder`.
  package var simulatedOrder: UInt64?

  public init(
    models: ModelLibrary = ModelLibrary(), threads: Int = 0, limits: Container.Limits = .default
  ) {
    self.models = models
    self.threads = threads
    self.limits = limits
  }

  /// What the streams of a tile consist of.
  public struct TileStatistics: Sendable, Equatable {
    public internal(set) var hyper = SymbolStatistics()
    public internal(set) var pass1 = SymbolStatistics()
    public internal(set) var pass2 = SymbolStatistics()
    /// Only if asked for.
    var rates = RateStatistics()
  }

  /// Where the bytes of a file go, and what its symbols' information content is.
  ///
  /// - Throws: as `decode`; the pixels are not looked at.
  public func rateStatistics(_ bytes: [UInt8]) throws(CodecError) -> RateStatistics {
    let limits = limits
    let container = try CodecError.wrap { () throws(ContainerError) in
      try Container(parsing: bytes, limits: limits)
    }
    var statistics = RateStatistics()
    for tile in try decodeTiles(container, measuresRate: true) {
      statistics.add(tile.rates.hyper, to: .hyper)
      statistics.add(tile.rates.pass1, to: .pass1)
      statistics.add(tile.rates.pass2, to: .pass2)
    }
    statistics.alphaBytes = container.tiles.reduce(0) { $0 + $1.alpha.count }
    statistics.containerBytes = bytes.count - statistics.streams.bytes - statistics.alphaBytes
    return statistics
  }

  /// What the streams of a file consist of, tile by tile.
  ///
  /// - Throws: as `decode`; the pixels are not looked at.
  public func streamStatistics(
    _ bytes: [UInt8]
  ) throws(CodecError) -> [TileStatistics] {
    let limits = limits
    let container = try CodecError.wrap { () throws(ContainerError) in
      try Container(parsing: bytes, limits: limits)
    }
    return try decodeTiles(container)
  }

  /// Decodes a whole file and proves that the picture is the encoder's; or a region of it, which
  /// equals that crop of the whole, bit for bit.
  ///
  /// - Parameter region: nil takes the whole image.
  /// - Throws: `CodecError`: not a .vz file, damaged, too large, its model is not at hand, or the
  ///   region is not inside.
  public func decode(_ bytes: [UInt8], region: Region? = nil) throws(CodecError) -> Image {
    try collect(bytes, region: region, keepsGoing: false).image
  }

  /// Decodes what can be decoded of a damaged file: a tile that cannot is replaced.
  ///
  /// - Parameter region: nil takes the whole image.
  /// - Throws: as `decode(_:region:)`, but only for what is in front of the tiles.
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
  /// - Throws: as `decode(_:region:)`.
  public func verify(_ bytes: [UInt8]) throws(CodecError) {
    let sink = DiscardingSink()
    try CodecError.unwrap { () throws(StreamError<Never>) in _ = try decode(bytes, to: sink) }
  }

  /// Decodes all streams, and nothing else.
  private func decodeTiles(
    _ container: Container, measuresRate: Bool = false
  ) throws(CodecError) -> [TileStatistics] {
    let header = container.header
    let model = try models.model(id: header.modelID)
    let position = Int(header.qualityPosition)
    guard position <= model.lastPosition else {
      throw .qualityOutOfRange(found: position, largest: model.lastPosition)
    }
    let threads = Threads(threads)
    let tileThreads = threads.each(of: header.tileCount)
    let coder = try CodecError.wrap { () throws(ModelError) in
      try TileCoder(model: model, position: position, threads: tileThreads)
    }
    let grid = Grid(width: header.width, height: header.height)
    let latent = FeatureMap(
      width: grid.latentWidth, height: grid.latentHeight, channels: coder.latentWidth)
    return try threads.map(header.tileCount) { index throws(CodecError) in
      try decodeTile(
        index, Tile(index, header: header), container.tiles[index], model: model, coder: coder,
        output: Rows(all: View(latent)), measuresRate: measuresRate)
    }
  }

  /// - Parameter output: v̂; the tile's part of it is written.
  func decodeTile(
    _ index: Int, _ tile: Tile, _ streams: TileStreams, model: Model, coder: TileCoder,
    output: Rows, measuresRate: Bool = false
  ) throws(CodecError) -> TileStatistics {
    var statistics = TileStatistics()
    let symbolCoder: SymbolCoder
    do {
      symbolCoder = try SymbolCoder(tables: model.tables)
    } catch {
      throw .stream(tile: index, stream: .hyper, error)
    }
    try coder.run(tile, source: nil, output: output) {
      stream, levels, _ throws(CodecError) in
      let bytes =
        switch stream {
        case .hyper: streams.hyper
        case .pass1: streams.pass1
        case .pass2: streams.pass2
        }
      do throws(EntropyError) {
        let symbols = try symbolCoder.decode(bytes[...], levels: levels)
        switch stream {
        case .hyper: statistics.hyper = symbolCoder.lastStatistics
        case .pass1: statistics.pass1 = symbolCoder.lastStatistics
        case .pass2: statistics.pass2 = symbolCoder.lastStatistics
        }
        if measuresRate {
          let rate = try symbolCoder.rate(symbols: symbols, levels: levels, bytes: bytes)
          statistics.rates.add(rate, to: stream)
        }
        return symbols
      } catch {
        throw .stream(tile: index, stream: stream, error)
      }
    }
    // A stream that codes no symbols must be empty.
    if tile.positions(pass: 1) == 0, !streams.pass2.isEmpty {
      throw .stream(
        tile: index, stream: .pass2,
        .corrupted(expected: "no bytes", found: "\(streams.pass2.count)"))
    }
    return statistics
  }
}
