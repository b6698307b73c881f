import CVAEZip
import VAEZip

package typealias RegionPointer = UnsafePointer<vaezip_region>?

extension Region {
  fileprivate init(_ region: vaezip_region) {
    self.init(
      x: Int(region.x), y: Int(region.y), width: Int(region.width), height: Int(region.height))
  }
}

extension FileHandle {
  /// The size of a region, nil being the whole picture, or of its preview.
  ///
  /// - Throws: `CodecError.regionOutside`.
  func size(of region: Region?, _ scale: PreviewScale?) throws(CodecError) -> (width: Int, height: Int) {
    let (width, height) = (file.header.width, file.header.height)
    let region = region ?? Region(x: 0, y: 0, width: width, height: height)
    guard region.isInside(width: width, height: height) else {
      throw .regionOutside(region, width: width, height: height)
    }
    func cells(_ start: Int, _ count: Int) -> Int {
      guard let side = scale?.rawValue else { return count }
      return (start + count + side - 1) / side - start / side
    }
    return (cells(region.x, region.width), cells(region.y, region.height))
  }
}

/// - Throws: `DoorError` unless it is 8 or 16.
private func previewScale(_ scale: UInt32) throws(DoorError) -> PreviewScale {
  guard let known = PreviewScale(rawValue: Int(scale)) else {
    throw .argument("scale: expected 8 or 16, found \(scale)")
  }
  return known
}

/// What a decoding call works with.
private struct Call {
  let settings: DecoderHandle.Settings
  let file: FileHandle
  let region: Region?

  init(
    _ decoder: OpaquePointer?, _ file: OpaquePointer?, _ region: RegionPointer
  ) throws(DoorError) {
    settings = try DecoderHandle.required(decoder, "decoder").current
    self.file = try FileHandle.required(file, "file")
    self.region = region.map { Region($0.pointee) }
  }

  /// Refuses what does not fit the picture, or its preview, before it is decoded.
  func check(_ image: vaezip_image, _ scale: PreviewScale? = nil) throws {
    let expected = try file.size(of: region, scale)
    let layout = try PixelLayout(image)
    guard layout.width == expected.width, layout.height == expected.height else {
      throw DoorError.argument(
        "image: expected \(expected.width) × \(expected.height) pixels, "
          + "found \(layout.width) × \(layout.height)")
    }
    _ = try SampleMerger(file.file.header.format, to: layout)
  }

  /// - Returns: what C is told of a file that is not whole; nil of one that is.
  func decode(_ scale: PreviewScale? = nil, to sink: some ImageSink) throws -> DoorError? {
    let (decoder, keepsGoing) = (settings.decoder, settings.keepsGoing)
    let damage =
      if let scale {
        try decoder.preview(
          file.bytes, scale: scale, region: region, keepsGoing: keepsGoing, to: sink)
      } else {
        try decoder.decode(file.bytes, region: region, keepsGoing: keepsGoing, to: sink)
      }
    guard !damage.isEmpty else { return nil }
    let reason = damage.tiles.first.map { "tile \($0.index): \($0.reason)" }
    return DoorError(
      status: VAEZIP_INCOMPLETE,
      text: "\(damage.tiles.count) tiles were replaced; \(reason ?? damage.end?.description ?? "")")
  }
}

@_cdecl("vaezip_decode_memory")
package func doorDecodeMemory(
  _ decoder: OpaquePointer?, _ file: OpaquePointer?, _ region: RegionPointer, _ error: ErrorPointer
) -> Int64 {
  guarded(error) {
    let call = try Call(decoder, file, region)
    return Int64(
      try call.settings.decoder.memoryEstimate(call.file.file.header, region: call.region))
  } ?? -1
}

@_cdecl("vaezip_decode")
package func doorDecode(
  _ decoder: OpaquePointer?, _ file: OpaquePointer?, _ region: RegionPointer,
  _ image: UnsafePointer<vaezip_image>?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let call = try Call(decoder, file, region)
    let image = try required(image, "image").pointee
    try call.check(image)
    if let incomplete = try call.decode(to: MemorySink(image)) { throw incomplete }
  }
}

@_cdecl("vaezip_preview_size")
package func doorPreviewSize(
  _ file: OpaquePointer?, _ region: RegionPointer, _ scale: UInt32,
  _ width: UnsafeMutablePointer<UInt32>?, _ height: UnsafeMutablePointer<UInt32>?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let size = try FileHandle.required(file, "file").size(
      of: region.map { Region($0.pointee) }, previewScale(scale))
    width?.pointee = UInt32(size.width)
    height?.pointee = UInt32(size.height)
  }
}

@_cdecl("vaezip_preview")
package func doorPreview(
  _ decoder: OpaquePointer?, _ file: OpaquePointer?, _ region: RegionPointer, _ scale: UInt32,
  _ image: UnsafePointer<vaezip_image>?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let call = try Call(decoder, file, region)
    let scale = try previewScale(scale)
    let image = try required(image, "image").pointee
    try call.check(image, scale)
    if let incomplete = try call.decode(scale, to: MemorySink(image)) { throw incomplete }
  }
}

@_cdecl("vaezip_decode_rows")
package func doorDecodeRows(
  _ decoder: OpaquePointer?, _ file: OpaquePointer?, _ region: RegionPointer,
  _ image: UnsafePointer<vaezip_image>?, _ write: RowWriter.Function?,
  _ context: UnsafeMutableRawPointer?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let call = try Call(decoder, file, region)
    let image = try required(image, "image").pointee
    try call.check(image)
    let writer = RowWriter(function: try required(write, "write"), context: context)
    if let incomplete = try call.decode(to: CallbackSink(image, writer)) { throw incomplete }
  }
}

@_cdecl("vaezip_decompress")
package func doorDecompress(
  _ decoder: OpaquePointer?, _ file: OpaquePointer?, _ region: RegionPointer, _ output: OutputPlace,
  _ error: ErrorPointer
) -> vaezip_status {
  output?.pointee = nil
  return guarded(error) {
    let place = try required(output, "output")
    let sink = PNGSink()
    let incomplete = try Call(decoder, file, region).decode(to: sink)
    Output(try sink.finished()).put(into: place)
    if let incomplete { throw incomplete }
  }
}

@_cdecl("vaezip_verify")
package func doorVerify(
  _ decoder: OpaquePointer?, _ file: OpaquePointer?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let call = try Call(decoder, file, nil)
    try call.settings.decoder.verify(call.file.bytes)
  }
}
