import CVAEZip
import VAEZip

/// A .vz file in memory (`vaezip_file`).
final class FileHandle: Handle {
  let bytes: [UInt8]
  let file: VZFile
  let metadata: MetadataHandle

  init(_ bytes: [UInt8], _ limits: VZFile.Limits) throws(VZError) {
    file = try VZFile(parsing: bytes, limits: limits)
    self.bytes = bytes
    metadata = MetadataHandle(file.metadata)
  }

  func get(_ field: vaezip_file_field) -> Int {
    let header = file.header
    return switch field {
    case VAEZIP_FILE_WIDTH: header.width
    case VAEZIP_FILE_HEIGHT: header.height
    case VAEZIP_FILE_CHANNELS: header.format.samples
    case VAEZIP_FILE_DEPTH: Int(header.format.depth.rawValue)
    case VAEZIP_FILE_VERSION: Int(header.version)
    case VAEZIP_FILE_QUALITY_POSITION: Int(header.qualityPosition)
    case VAEZIP_FILE_TILE_SIZE: header.tileSize
    case VAEZIP_FILE_TILE_COUNT: header.tileCount
    case VAEZIP_FILE_NEEDS_MODEL: header.needsModel ? 1 : 0
    case VAEZIP_FILE_EXACT_DEPTH: Int(header.exactDepth?.rawValue ?? 0)
    case VAEZIP_FILE_SIZE: file.fileSize
    default: -1
    }
  }
}

@_cdecl("vaezip_file_open")
package func doorFileOpen(
  _ decoder: OpaquePointer?, _ bytes: UnsafeRawPointer?, _ size: Int, _ error: ErrorPointer
) -> OpaquePointer? {
  guarded(error) {
    let limits = decoder.map { DecoderHandle.of($0).current.limits } ?? .default
    return try FileHandle(copied(bytes, size), limits).handedOut()
  }
}

@_cdecl("vaezip_file_get")
package func doorFileGet(_ file: OpaquePointer?, _ field: vaezip_file_field) -> Int64 {
  file.map { Int64(FileHandle.of($0).get(field)) } ?? -1
}

@_cdecl("vaezip_file_model_id")
package func doorFileModelID(_ file: OpaquePointer?) -> UInt64 {
  file.map { FileHandle.of($0).file.header.modelID } ?? 0
}

@_cdecl("vaezip_file_metadata")
package func doorFileMetadata(_ file: OpaquePointer?) -> OpaquePointer? {
  // The file keeps it.
  file.map { OpaquePointer(Unmanaged.passUnretained(FileHandle.of($0).metadata).toOpaque()) }
}

@_cdecl("vaezip_file_free")
package func doorFileFree(_ file: OpaquePointer?) { FileHandle.free(file) }
