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
        if chunk.type == ProfileChunk.type {
          return ProfileChunk.profile(chunk.data)?.chunkData
            .flatMap { Chunk(type: "iCCP", data: $0, followsPixels: followsPixels) }
        }
        return Chunk(type: chunk.type, data: chunk.data, followsPixels: followsPixels)
      })
  }

  /// As a .vz file has them.
  package func containerChunks() throws(VZError) -> [VZChunk] {
    var result: [VZChunk] = []
    var (followsPixels, hasProfile) = (false, false)
    for chunk in chunks {
      if chunk.followsPixels, !followsPixels {
        followsPixels = true
        result.append(try VZChunk(type: Self.pixelsMark, data: []))
      }
      if chunk.type == "iCCP", !hasProfile, let profile = ProfileChunk.data(iCCP: chunk.data) {
        hasProfile = true
        result.append(try VZChunk(type: ProfileChunk.type, data: profile))
      } else {
        result.append(try VZChunk(type: chunk.type, data: chunk.data))
      }
    }
    return result
  }
}
