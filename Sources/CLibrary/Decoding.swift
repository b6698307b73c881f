import CVAEZip
import VAEZip

package typealias RegionPointer = UnsafePointer<vaezip_region>?

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
    self.region = region.map { region in
      let region = region.pointee
      return Region(
        x: Int(region.x), y: Int(region.y), width: Int(region.width), height: Int(region.height))
    }
  }

  /// Refuses what does not fit the picture before it is decoded.
  func check(_ image: vaezip_image) throws {
    let header = file.file.header
    let whole = Region(x: 0, y: 0, width: header.width, height: header.height)
    let region = self.region ?? whole
    guard region.isInside(width: header.width, height: header.height) else {
      throw CodecError.regionOutside(region, width: header.width, height: header.height)
    }
    let layout = try PixelLayout(image)
    guard layout.width == region.width, layout.height == region.height else {
      throw DoorError.argument(
        "image: expected \(region.width) × \(region.height) pixels, "
          + "found \(layout.width) × \(layout.height)")
    }
    _ = try SampleMerger(header.format, to: layout)
  }

  /// - Returns: what C is told of a file that is not whole; nil of one that is.
  func decode(to sink: some ImageSink) throws -> DoorError? {
    let damage = try settings.decoder.decode(
      file.bytes, region: region, keepsGoing: settings.keepsGoing, to: sink)
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
