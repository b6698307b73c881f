import CVAEZip
import VAEZip

/// A decoder, its options and its models (`vaezip_decoder`).
final class DecoderHandle: Handle {
  /// What one call works with.
  struct Settings: Sendable {
    var threads = 0
    var limits = VZFile.Limits.default
    var keepsGoing = false
    var models: [Model] = []
    var folders: [String] = []

    var library: ModelLibrary { ModelLibrary(models, folders: folders) }
    var decoder: ImageDecoder { ImageDecoder(models: library, threads: threads, limits: limits) }
  }

  private let settings = HandleState(Settings())

  /// Those of a call that begins now.
  var current: Settings { settings.withLock { $0 } }

  func change(_ body: (inout Settings) throws(DoorError) -> Void) throws(DoorError) {
    try settings.withLock { settings throws(DoorError) in try body(&settings) }
  }
}

extension DecoderHandle.Settings {
  fileprivate mutating func set(_ option: vaezip_decoder_option, _ value: Int) throws(DoorError) {
    switch option {
    case VAEZIP_DECODER_THREADS: threads = try size(value, "threads")
    case VAEZIP_DECODER_MAX_PIXELS: limits.pixels = try size(value, "max pixels")
    case VAEZIP_DECODER_MAX_MEMORY: limits.memory = try size(value, "max memory")
    case VAEZIP_DECODER_MAX_METADATA: limits.chunkBytes = try size(value, "max metadata")
    case VAEZIP_DECODER_KEEP_GOING:
      guard value == 0 || value == 1 else {
        throw .argument("keep going: expected 0 or 1, found \(value)")
      }
      keepsGoing = value == 1
    default: throw .argument("option: expected one of vaezip_decoder_option, found \(option.rawValue)")
    }
  }

  fileprivate func get(_ option: vaezip_decoder_option) -> Int {
    switch option {
    case VAEZIP_DECODER_THREADS: threads
    case VAEZIP_DECODER_MAX_PIXELS: limits.pixels
    case VAEZIP_DECODER_MAX_MEMORY: limits.memory
    case VAEZIP_DECODER_MAX_METADATA: limits.chunkBytes
    case VAEZIP_DECODER_KEEP_GOING: keepsGoing ? 1 : 0
    default: -1
    }
  }
}

@_cdecl("vaezip_decoder_create")
package func doorDecoderCreate(_ error: ErrorPointer) -> OpaquePointer? {
  guarded(error) { DecoderHandle().handedOut() }
}

@_cdecl("vaezip_decoder_set")
package func doorDecoderSet(
  _ decoder: OpaquePointer?, _ option: vaezip_decoder_option, _ value: Int64, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    try DecoderHandle.required(decoder, "decoder").change { settings throws(DoorError) in
      try settings.set(option, Int(value))
    }
  }
}

@_cdecl("vaezip_decoder_get")
package func doorDecoderGet(_ decoder: OpaquePointer?, _ option: vaezip_decoder_option) -> Int64 {
  decoder.map { Int64(DecoderHandle.of($0).current.get(option)) } ?? -1
}

@_cdecl("vaezip_decoder_add_model")
package func doorDecoderAddModel(
  _ decoder: OpaquePointer?, _ model: OpaquePointer?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let model = try ModelHandle.required(model, "model").model
    try DecoderHandle.required(decoder, "decoder").change { $0.models.append(model) }
  }
}

@_cdecl("vaezip_decoder_add_folder")
package func doorDecoderAddFolder(
  _ decoder: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let path = String(cString: try required(path, "path"))
    try DecoderHandle.required(decoder, "decoder").change { $0.folders.append(path) }
  }
}

@_cdecl("vaezip_decoder_add_standard_folders")
package func doorDecoderAddStandardFolders(
  _ decoder: OpaquePointer?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    try DecoderHandle.required(decoder, "decoder").change {
      $0.folders += ModelLibrary.standardFolders()
    }
  }
}

@_cdecl("vaezip_decoder_free")
package func doorDecoderFree(_ decoder: OpaquePointer?) { DecoderHandle.free(decoder) }
