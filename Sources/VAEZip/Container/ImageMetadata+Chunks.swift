import VAEZipImage

extension ImageMetadata {
  /// The chunks of a .vz file. What is not metadata is left out.
  package init(_ chunks: [VZChunk]) {
    var followsPixels = false
    self.init(
      chunks.compactMap { chunk in
        if chunk.type == Self.pixelsMark {
          followsPixels = true
          return nil
        }
        return Chunk(type: chunk.type, data: chunk.data, followsPixels: followsPixels)
      })
  }

  /// As a .vz file has them.
  package func containerChunks() throws(VZError) -> [VZChunk] {
    var result: [VZChunk] = []
    var followsPixels = false
    for chunk in chunks {
      if chunk.followsPixels, !followsPixels {
        followsPixels = true
        result.append(try VZChunk(type: Self.pixelsMark, data: []))
      }
      result.append(try VZChunk(type: chunk.type, data: chunk.data))
    }
    return result
  }
}
