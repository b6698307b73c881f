import CVAEZip
import VAEZip

/// Chunks of metadata (`vaezip_metadata`).
final class MetadataHandle: Handle {
  /// A chunk as C sees it: memory that does not move.
  private struct Chunk: @unchecked Sendable {
    let value: ImageMetadata.Chunk
    let data: UnsafeMutableBufferPointer<UInt8>

    init(_ value: ImageMetadata.Chunk) {
      self.value = value
      data = .allocate(capacity: max(1, value.data.count))
      _ = data.update(fromContentsOf: value.data)
    }
  }

  private let chunks: HandleState<[Chunk]>

  init(_ metadata: ImageMetadata = ImageMetadata()) {
    chunks = HandleState(metadata.chunks.map { Chunk($0) })
  }

  deinit { chunks.withLock { $0.forEach { $0.data.deallocate() } } }

  var metadata: ImageMetadata { ImageMetadata(chunks.withLock { $0.map(\.value) }) }
  var count: Int { chunks.withLock { $0.count } }

  func add(_ chunk: ImageMetadata.Chunk) { chunks.withLock { $0.append(Chunk(chunk)) } }

  func chunk(_ index: Int) -> (value: ImageMetadata.Chunk, data: UnsafeRawPointer?)? {
    chunks.withLock { chunks in
      guard chunks.indices.contains(index) else { return nil }
      return (chunks[index].value, chunks[index].data.baseAddress.map { UnsafeRawPointer($0) })
    }
  }
}

@_cdecl("vaezip_metadata_create")
package func doorMetadataCreate() -> OpaquePointer? { MetadataHandle().handedOut() }

@_cdecl("vaezip_metadata_add")
package func doorMetadataAdd(
  _ metadata: OpaquePointer?, _ type: UnsafePointer<CChar>?, _ data: UnsafeRawPointer?, _ size: Int,
  _ followsPixels: Int32, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let metadata = try MetadataHandle.required(metadata, "metadata")
    let letters = try required(type, "type")
    var name: [UInt8] = []
    for place in 0..<5 where name.count == place && letters[place] != 0 {
      name.append(UInt8(bitPattern: letters[place]))
    }
    let text = String(decoding: name, as: UTF8.self)
    guard
      let chunk = ImageMetadata.Chunk(
        type: text, data: try copied(data, size), followsPixels: followsPixels != 0)
    else {
      throw DoorError.argument("metadata: expected a chunk type that pictures carry, found \(text)")
    }
    metadata.add(chunk)
  }
}

@_cdecl("vaezip_metadata_count")
package func doorMetadataCount(_ metadata: OpaquePointer?) -> Int {
  metadata.map { MetadataHandle.of($0).count } ?? 0
}

@_cdecl("vaezip_metadata_get")
package func doorMetadataGet(
  _ metadata: OpaquePointer?, _ index: Int, _ type: UnsafeMutablePointer<CChar>?,
  _ data: UnsafeMutablePointer<UnsafeRawPointer?>?, _ size: UnsafeMutablePointer<Int>?,
  _ followsPixels: UnsafeMutablePointer<Int32>?
) -> vaezip_status {
  guard let metadata, let chunk = MetadataHandle.of(metadata).chunk(index) else {
    return VAEZIP_ERROR_ARGUMENT
  }
  if let type {
    for (place, byte) in chunk.value.type.utf8CString.prefix(5).enumerated() { type[place] = byte }
  }
  data?.pointee = chunk.data
  size?.pointee = chunk.value.data.count
  followsPixels?.pointee = chunk.value.followsPixels ? 1 : 0
  return VAEZIP_OK
}

@_cdecl("vaezip_metadata_free")
package func doorMetadataFree(_ metadata: OpaquePointer?) { MetadataHandle.free(metadata) }
