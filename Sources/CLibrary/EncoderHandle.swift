import CVAEZip
import Synchronization
import VAEZip

/// An encoder and its options (`vaezip_encoder`).
final class EncoderHandle: Handle {
  /// What one call works with.
  struct Settings: Sendable {
    var options = EncoderOptions()
    var measuresError = false
    var keepsMetadata = true
    var maximumPixels = VZFile.Limits.default.pixels
    var maximumMemory = VZFile.Limits.default.memory
  }

  let model: Model
  private let settings = Mutex(Settings())

  init(_ model: Model) { self.model = model }

  /// Those of a call that begins now.
  var current: Settings { settings.withLock { $0 } }

  func encoder(_ settings: Settings) throws(CodecError) -> ImageEncoder {
    try ImageEncoder(model: model, options: settings.options)
  }

  func set(_ option: vaezip_encoder_option, _ value: Int) throws {
    try settings.withLock { settings in
      var changed = settings
      try changed.set(option, value)
      // Checks the ranges.
      _ = try ImageEncoder(model: model, options: changed.options)
      settings = changed
    }
  }

  func get(_ option: vaezip_encoder_option) -> Int { current.get(option) }
}

extension EncoderHandle.Settings {
  fileprivate mutating func set(_ option: vaezip_encoder_option, _ value: Int) throws(DoorError) {
    switch option {
    case VAEZIP_ENCODER_QUALITY: options.quality = value
    case VAEZIP_ENCODER_EFFORT: options.effort = value
    case VAEZIP_ENCODER_THREADS: options.threads = try size(value, "threads")
    case VAEZIP_ENCODER_TILE_SIZE: options.tileSize = value == 0 ? nil : value
    case VAEZIP_ENCODER_LOSSLESS: options.isLossless = try flag(value, "lossless")
    case VAEZIP_ENCODER_KEEP_INVISIBLE_COLOR:
      options.keepsInvisibleColor = try flag(value, "keep invisible color")
    case VAEZIP_ENCODER_EXACT_BLOCKS: options.choosesExactBlocks = try flag(value, "exact blocks")
    case VAEZIP_ENCODER_MEASURE_ERROR: measuresError = try flag(value, "measure error")
    case VAEZIP_ENCODER_METADATA: keepsMetadata = try flag(value, "metadata")
    case VAEZIP_ENCODER_MAX_PIXELS: maximumPixels = try size(value, "max pixels")
    case VAEZIP_ENCODER_MAX_MEMORY: maximumMemory = try size(value, "max memory")
    default: throw .argument("option: expected one of vaezip_encoder_option, found \(option.rawValue)")
    }
  }

  fileprivate func get(_ option: vaezip_encoder_option) -> Int {
    switch option {
    case VAEZIP_ENCODER_QUALITY: options.quality
    case VAEZIP_ENCODER_EFFORT: options.effort
    case VAEZIP_ENCODER_THREADS: options.threads
    case VAEZIP_ENCODER_TILE_SIZE: options.tileSize ?? 0
    case VAEZIP_ENCODER_LOSSLESS: options.isLossless ? 1 : 0
    case VAEZIP_ENCODER_KEEP_INVISIBLE_COLOR: options.keepsInvisibleColor ? 1 : 0
    case VAEZIP_ENCODER_EXACT_BLOCKS: options.choosesExactBlocks ? 1 : 0
    case VAEZIP_ENCODER_MEASURE_ERROR: measuresError ? 1 : 0
    case VAEZIP_ENCODER_METADATA: keepsMetadata ? 1 : 0
    case VAEZIP_ENCODER_MAX_PIXELS: maximumPixels
    case VAEZIP_ENCODER_MAX_MEMORY: maximumMemory
    default: -1
    }
  }

  /// Compares a picture with the limits, before memory of its size is taken.
  ///
  /// - Parameter memory: bytes that the source takes.
  func check(
    _ encoder: ImageEncoder, width: Int, height: Int, format: Image.Format, memory: Int
  ) throws {
    let pixels = VZHeader.computedPixels(width: width, height: height)
    guard pixels <= maximumPixels else {
      throw VZError.limitExceeded(
        "pixels, in whole cells of 16 × 16", limit: maximumPixels, found: pixels)
    }
    let needed = try encoder.memoryEstimate(
      width: width, height: height, format: format, measuresError: measuresError)
    guard needed <= maximumMemory - memory else {
      throw VZError.limitExceeded("bytes of memory", limit: maximumMemory, found: needed + memory)
    }
  }
}

/// - Throws: `DoorError` unless it is 0 or 1.
private func flag(_ value: Int, _ name: String) throws(DoorError) -> Bool {
  guard value == 0 || value == 1 else { throw .argument("\(name): expected 0 or 1, found \(value)") }
  return value == 1
}

/// - Throws: `DoorError` for a negative number.
func size(_ value: Int, _ name: String) throws(DoorError) -> Int {
  guard value >= 0 else { throw .argument("\(name): expected at least 0, found \(value)") }
  return value
}

@_cdecl("vaezip_encoder_create")
package func doorEncoderCreate(_ model: OpaquePointer?, _ error: ErrorPointer) -> OpaquePointer? {
  guarded(error) {
    EncoderHandle(try model.map { ModelHandle.of($0).model } ?? Model.builtIn()).handedOut()
  }
}

@_cdecl("vaezip_encoder_set")
package func doorEncoderSet(
  _ encoder: OpaquePointer?, _ option: vaezip_encoder_option, _ value: Int64, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) { try EncoderHandle.required(encoder, "encoder").set(option, Int(value)) }
}

@_cdecl("vaezip_encoder_get")
package func doorEncoderGet(_ encoder: OpaquePointer?, _ option: vaezip_encoder_option) -> Int64 {
  encoder.map { Int64(EncoderHandle.of($0).get(option)) } ?? -1
}

@_cdecl("vaezip_encoder_free")
package func doorEncoderFree(_ encoder: OpaquePointer?) { EncoderHandle.free(encoder) }
