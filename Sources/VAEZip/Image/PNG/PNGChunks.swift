import CPNGShim

/// The chunks of a PNG that do not concern its pixels.
final class PNGChunks {
  private(set) var kept: [ImageMetadata.Chunk] = []
  /// The types of those that are no metadata, each once.
  private(set) var dropped: [String] = []

  /// Lets a reader hand its chunks out to this object, which must outlive it.
  func connect(to reader: OpaquePointer, limit: Int) {
    let sink: cpng_chunk_sink = { context, name, data, size, behind in
      guard let context, let name else { return }
      let chunks = Unmanaged<PNGChunks>.fromOpaque(context).takeUnretainedValue()
      chunks.add(
        String(cString: name), Array(UnsafeBufferPointer(start: data, count: size)),
        followsPixels: behind != 0)
    }
    let context = Unmanaged.passUnretained(self).toOpaque()
    cpng_reader_keep_chunks(reader, sink, context, max(0, limit))
  }

  private func add(_ type: String, _ data: [UInt8], followsPixels: Bool) {
    if let chunk = ImageMetadata.Chunk(type: type, data: data, followsPixels: followsPixels) {
      kept.append(chunk)
    } else if !dropped.contains(type) {
      dropped.append(type)
    }
  }
}
