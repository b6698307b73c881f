import VAEZipContainer
import VAEZipImage
import VAEZipInference

/// How much smaller a preview is than its picture.
public enum PreviewScale: Int, Sendable, CaseIterable {
  /// 1/8 of width and height, rounded up.
  case eighth = 8
  /// 1/16 of width and height, rounded up.
  case sixteenth = 16

  /// The size of a preview, in pixels.
  ///
  /// - Parameters:
  ///   - width: of the picture, in pixels.
  ///   - height: of the picture, in pixels.
  public func size(width: Int, height: Int) -> (width: Int, height: Int) {
    ((width + rawValue - 1) / rawValue, (height + rawValue - 1) / rawValue)
  }

  /// The cells of `rawValue` × `rawValue` pixels that have a part of a region, as pixels of a picture.
  func cells(around region: Region, width: Int, height: Int) -> Region {
    func side(_ start: Int, _ count: Int, limit: Int) -> Range<Int> {
      let first = start / rawValue * rawValue
      return first..<min((start + count + rawValue - 1) / rawValue * rawValue, limit)
    }
    let x = side(region.x, region.width, limit: width)
    let y = side(region.y, region.height, limit: height)
    return Region(x: x.lowerBound, y: y.lowerBound, width: x.count, height: y.count)
  }
}

extension ImageDecoder {
  /// A small version of a picture, from the latents alone: without the synthesis, for about a quarter of the time.
  ///
  /// ```swift
  /// let small = try ImageDecoder().preview(bytes, scale: .eighth)
  /// ```
  ///
  /// Each pixel stands for a cell of 8 × 8 or 16 × 16 pixels of the picture. It approximates their mean by a linear
  /// map of the latents. Where all pixels of a cell are exact, and of alpha, it is their mean, rounded. The same file
  /// gives the same preview on every machine (Formats/MODEL.md, section "Previews").
  ///
  /// A model may lack the table of that map. Then the picture is decoded, and the preview has the means of its
  /// pixels: slower, and closer.
  ///
  /// - Parameters:
  ///   - bytes: a .vz file.
  ///   - scale: 1/8 or 1/16 of width and height, rounded up.
  ///   - region: in pixels of the picture; the preview has all cells that hold a part of it. Nil takes the whole.
  /// - Throws: `CodecError`, as `decode(_:region:)`.
  public func preview(
    _ bytes: [UInt8], scale: PreviewScale, region: Region? = nil
  ) throws(CodecError) -> Image {
    let collector = ImageCollector()
    try CodecError.unwrap { () throws(StreamError<Never>) in
      _ = try preview(bytes, scale: scale, region: region, to: collector)
    }
    return collector.image()
  }

  /// A small version of a picture, row by row; see `preview(_:scale:region:)`.
  ///
  /// Checksums are compared as `decode(_:region:keepsGoing:to:)` does, but for the checksum of the pixels that files of
  /// version 1 have.
  ///
  /// - Parameters:
  ///   - bytes: a .vz file.
  ///   - scale: 1/8 or 1/16 of width and height, rounded up.
  ///   - region: in pixels of the picture; nil takes the whole.
  ///   - keepsGoing: whether damaged or missing tiles are replaced.
  ///   - sink: gets the rows.
  /// - Returns: replaced tiles, and a missing or wrong checksum; empty unless `keepsGoing`.
  /// - Throws: `StreamError.stream` with what the sink throws; `StreamError.codec` as `decode(_:region:)`.
  @discardableResult
  public func preview<Sink: ImageSink>(
    _ bytes: [UInt8], scale: PreviewScale, region: Region? = nil, keepsGoing: Bool = false, to sink: Sink
  ) throws(StreamError<Sink.Failure>) -> Damage {
    typealias Failure = StreamError<Sink.Failure>
    let file = try Failure.wrap { () throws(CodecError) in
      try CodecError.wrap { () throws(VZError) in try VZFile(parsing: bytes, limits: limits) }
    }
    let header = file.header
    let region = try Failure.wrap { () throws(CodecError) in
      try region.map { region throws(CodecError) in
        guard region.isInside(width: header.width, height: header.height) else {
          throw .regionOutside(region, width: header.width, height: header.height)
        }
        return scale.cells(around: region, width: header.width, height: header.height)
      }
    }
    guard try Failure.wrap({ () throws(CodecError) in try hasPreview(header) }) else {
      return try decode(
        bytes, region: region, keepsGoing: keepsGoing, to: BoxSink(sink, scale: scale.rawValue))
    }
    let setup = try Failure.wrap { () throws(CodecError) in
      let setup = try DecoderSetup(self, header, region: region, goal: .preview)
      try checkMemory(setup.byteCount + file.chunkMemory)
      return setup
    }
    return try PreviewPipeline(
      setup, scale: scale.rawValue, file: file, bytes: bytes, keepsGoing: keepsGoing, sink: sink
    ).run()
  }

  /// Whether a preview needs no synthesis.
  private func hasPreview(_ header: VZHeader) throws(CodecError) -> Bool {
    guard header.needsModel else { return true }
    let model = try model(of: header)
    return try CodecError.wrap { () throws(ModelError) in try model.preview.value() != nil }
  }
}

extension ImageMetadata {
  /// Without what is wrong of a picture of another size: the size of a pixel, and the place on a page.
  var ofPreview: ImageMetadata {
    ImageMetadata(chunks.filter { !["pHYs", "sCAL", "oFFs"].contains($0.type) })
  }
}
