import CVAEZip
import VAEZip

@_cdecl("vaezip_encode")
package func doorEncode(
  _ encoder: OpaquePointer?, _ image: UnsafePointer<vaezip_image>?, _ metadata: OpaquePointer?,
  _ output: OutputPlace, _ error: ErrorPointer
) -> vaezip_status {
  producing(output, error) { try encode(encoder, image, metadata, reader: nil) }
}

@_cdecl("vaezip_encode_rows")
package func doorEncodeRows(
  _ encoder: OpaquePointer?, _ image: UnsafePointer<vaezip_image>?, _ metadata: OpaquePointer?,
  _ read: RowReader.Function?, _ context: UnsafeMutableRawPointer?, _ output: OutputPlace,
  _ error: ErrorPointer
) -> vaezip_status {
  producing(output, error) {
    let reader = RowReader(function: try required(read, "read"), context: context)
    return try encode(encoder, image, metadata, reader: reader)
  }
}

private func encode(
  _ encoder: OpaquePointer?, _ image: UnsafePointer<vaezip_image>?, _ metadata: OpaquePointer?,
  reader: RowReader?
) throws -> Output {
  let handle = try EncoderHandle.required(encoder, "encoder")
  let settings = handle.current
  let encoder = try handle.encoder(settings)
  let kept = settings.keepsMetadata ? metadata.map { MetadataHandle.of($0).metadata } : nil
  let source = try RowSource(
    required(image, "image").pointee, reader: reader, metadata: kept ?? ImageMetadata(),
    keepsColorDepth: settings.options.isLossless)
  try settings.check(
    encoder, width: source.width, height: source.height, format: source.format, memory: 0)
  return try encoded(source, encoder, settings)
}

/// Encodes a picture at the quality, or for the target.
private func encoded<Source: ImageSource>(
  _ source: Source, _ encoder: ImageEncoder, _ settings: EncoderHandle.Settings,
  notices: () -> [String] = { [] }
) throws -> Output {
  guard let target = settings.target else {
    let encoded = try encoder.encode(from: source, measuresError: settings.measuresError)
    return Output(encoded.bytes, meanSquaredError: encoded.meanSquaredError, notices: notices())
  }
  let found = try encoder.encode(Image(reading: source), target: target)
  return Output(
    found.encoded.bytes, meanSquaredError: settings.measuresError ? found.encoded.meanSquaredError : nil,
    reached: found.value, notices: notices())
}

@_cdecl("vaezip_compress")
package func doorCompress(
  _ encoder: OpaquePointer?, _ bytes: UnsafeRawPointer?, _ size: Int, _ output: OutputPlace,
  _ error: ErrorPointer
) -> vaezip_status {
  producing(output, error) {
    let handle = try EncoderHandle.required(encoder, "encoder")
    let settings = handle.current
    let encoder = try handle.encoder(settings)
    guard size >= 0 else { throw DoorError.argument("size: expected one of memory") }
    let file = UnsafeRawBufferPointer(
      start: size == 0 ? nil : try required(bytes, "bytes"), count: size)
    var limits = PNG.Limits.default
    limits.pixels = settings.maximumPixels
    limits.metadataBytes = min(limits.metadataBytes, settings.maximumMemory / 8)
    var position = 0
    let picture = try ImageFile.Reader(
      limits: limits, size: size, keepsMetadata: settings.keepsMetadata,
      keepsColorDepth: settings.options.isLossless
    ) { buffer in
      let count = min(buffer.count, file.count - position)
      UnsafeMutableRawBufferPointer(buffer).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: file[position..<position + count]))
      position += count
      return count
    }
    try settings.check(
      encoder, width: picture.width, height: picture.height, format: picture.format,
      memory: picture.memoryEstimate)
    return try encoded(picture, encoder, settings) { picture.notices }
  }
}
