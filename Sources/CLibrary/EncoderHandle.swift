import CVAEZip
import VAEZip

/// An encoder and its options (`vaezip_encoder`).
final class EncoderHandle: Handle {
  /// What one call works with.
  struct Settings: Sendable {
    /// Without the quality.
    var options = EncoderOptions()
    /// 0…100.
    var quality = 75.0
    /// In place of the quality.
    var target: EncodingTarget?
    var measuresError = false
    var keepsMetadata = true
    var maximumPixels = VZFile.Limits.default.pixels
    var maximumMemory = VZFile.Limits.default.memory
  }

  let model: Model
  private let settings = HandleState(Settings())

  init(_ model: Model) { self.model = model }

  /// Those of a call that begins now.
  var current: Settings { settings.withLock { $0 } }

  func encoder(_ settings: Settings) throws(CodecError) -> ImageEncoder {
    var options = settings.options
    options.qualityPosition = model.qualityPosition(settings.quality)
    return try ImageEncoder(model: model, options: options)
  }

  func change(_ body: (inout Settings) throws -> Void) throws {
    var changed = current
    try body(&changed)
    // Checks the ranges.
    _ = try encoder(changed)
    // Others may have changed other options meanwhile.
    try settings.withLock { settings in
      var changed = settings
      try body(&changed)
      settings = changed
    }
  }
}

extension EncoderHandle.Settings {
  fileprivate mutating func set(_ option: vaezip_encoder_option, _ value: Int) throws {
    switch option {
    case VAEZIP_ENCODER_QUALITY: try setQuality(Double(value))
    case VAEZIP_ENCODER_TARGET_SIZE: try setTarget(value == 0 ? nil : .bytes(value), option)
    case VAEZIP_ENCODER_TARGET_BPP, VAEZIP_ENCODER_TARGET_PSNR, VAEZIP_ENCODER_TARGET_SSIMULACRA2:
      try set(option, Double(value))
    case VAEZIP_ENCODER_EFFORT: options.effort = value
    case VAEZIP_ENCODER_THREADS: options.threads = try size(value, "threads")
    case VAEZIP_ENCODER_TILE_SIZE: options.tileSize = value == 0 ? nil : value
    case VAEZIP_ENCODER_LOSSLESS:
      options.isLossless = try flag(value, "lossless")
      try checkLossless()
    case VAEZIP_ENCODER_KEEP_INVISIBLE_COLOR:
      options.keepsInvisibleColor = try flag(value, "keep invisible color")
    case VAEZIP_ENCODER_EXACT_PIXELS: options.choosesExactPixels = try flag(value, "exact pixels")
    case VAEZIP_ENCODER_MEASURE_ERROR: measuresError = try flag(value, "measure error")
    case VAEZIP_ENCODER_METADATA: keepsMetadata = try flag(value, "metadata")
    case VAEZIP_ENCODER_MAX_PIXELS: maximumPixels = try size(value, "max pixels")
    case VAEZIP_ENCODER_MAX_MEMORY: maximumMemory = try size(value, "max memory")
    default:
      throw DoorError.argument("option: expected one of vaezip_encoder_option, found \(option.rawValue)")
    }
  }

  fileprivate mutating func set(_ option: vaezip_encoder_option, _ value: Double) throws {
    switch option {
    case VAEZIP_ENCODER_QUALITY: try setQuality(value)
    case VAEZIP_ENCODER_TARGET_BPP: try setTarget(value == 0 ? nil : .bitsPerPixel(value), option)
    case VAEZIP_ENCODER_TARGET_PSNR: try setTarget(value == 0 ? nil : .psnr(value), option)
    case VAEZIP_ENCODER_TARGET_SSIMULACRA2: try setTarget(value == 0 ? nil : .ssimulacra2(value), option)
    default:
      guard let whole = Int(exactly: value) else {
        throw DoorError.argument("option \(option.rawValue): expected a whole number, found \(value)")
      }
      try set(option, whole)
    }
  }

  private mutating func setQuality(_ value: Double) throws(CodecError) {
    guard 0...100 ~= value else {
      let found = Int(exactly: value).map { "\($0)" } ?? "\(value)"
      throw .invalidOption(name: "quality", expected: "0…100", found: found)
    }
    quality = value
  }

  /// Sets a target, or ends it where it is nil.
  private mutating func setTarget(
    _ target: EncodingTarget?, _ option: vaezip_encoder_option
  ) throws(DoorError) {
    guard let target else {
      if self.target?.option == option { self.target = nil }
      return
    }
    guard target.isValid else { throw .argument("\(TargetError.invalid(target))") }
    guard self.target.map({ $0.option == option }) ?? true else {
      throw .argument("target: expected one, found two")
    }
    self.target = target
    try checkLossless()
  }

  private func checkLossless() throws(DoorError) {
    guard target == nil || !options.isLossless else {
      throw .argument("target: expected none with lossless coding, which keeps all pixels")
    }
  }

  fileprivate func get(_ option: vaezip_encoder_option) -> Int {
    switch option {
    case VAEZIP_ENCODER_QUALITY: Int(quality.rounded())
    case VAEZIP_ENCODER_TARGET_SIZE, VAEZIP_ENCODER_TARGET_BPP, VAEZIP_ENCODER_TARGET_PSNR,
      VAEZIP_ENCODER_TARGET_SSIMULACRA2:
      Int(exactly: getDouble(option).rounded()) ?? .max
    case VAEZIP_ENCODER_EFFORT: options.effort
    case VAEZIP_ENCODER_THREADS: options.threads
    case VAEZIP_ENCODER_TILE_SIZE: options.tileSize ?? 0
    case VAEZIP_ENCODER_LOSSLESS: options.isLossless ? 1 : 0
    case VAEZIP_ENCODER_KEEP_INVISIBLE_COLOR: options.keepsInvisibleColor ? 1 : 0
    case VAEZIP_ENCODER_EXACT_PIXELS: options.choosesExactPixels ? 1 : 0
    case VAEZIP_ENCODER_MEASURE_ERROR: measuresError ? 1 : 0
    case VAEZIP_ENCODER_METADATA: keepsMetadata ? 1 : 0
    case VAEZIP_ENCODER_MAX_PIXELS: maximumPixels
    case VAEZIP_ENCODER_MAX_MEMORY: maximumMemory
    default: -1
    }
  }

  fileprivate func getDouble(_ option: vaezip_encoder_option) -> Double {
    switch option {
    case VAEZIP_ENCODER_QUALITY: quality
    case VAEZIP_ENCODER_TARGET_SIZE, VAEZIP_ENCODER_TARGET_BPP, VAEZIP_ENCODER_TARGET_PSNR,
      VAEZIP_ENCODER_TARGET_SSIMULACRA2:
      target.flatMap { $0.option == option ? $0.limit : nil } ?? 0
    default: get(option) == -1 ? .nan : Double(get(option))
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
    let search =
      target?.searchMemory(width: width, height: height, format: format, threads: options.threads) ?? 0
    let needed =
      try search
      + encoder.memoryEstimate(
        width: width, height: height, format: format, measuresError: measuresError || target != nil)
    guard needed <= maximumMemory - memory else {
      throw VZError.limitExceeded("bytes of memory", limit: maximumMemory, found: needed + memory)
    }
  }
}

extension EncodingTarget {
  /// The option that sets it.
  fileprivate var option: vaezip_encoder_option {
    switch self {
    case .bytes: VAEZIP_ENCODER_TARGET_SIZE
    case .bitsPerPixel: VAEZIP_ENCODER_TARGET_BPP
    case .psnr: VAEZIP_ENCODER_TARGET_PSNR
    case .ssimulacra2: VAEZIP_ENCODER_TARGET_SSIMULACRA2
    }
  }

  /// The figure to keep, in the option's unit.
  fileprivate var limit: Double {
    switch self {
    case .bytes(let count): Double(count)
    case .bitsPerPixel(let value), .psnr(let value), .ssimulacra2(let value): value
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
  guarded(error) {
    try EncoderHandle.required(encoder, "encoder").change { try $0.set(option, Int(value)) }
  }
}

@_cdecl("vaezip_encoder_set_double")
package func doorEncoderSetDouble(
  _ encoder: OpaquePointer?, _ option: vaezip_encoder_option, _ value: Double, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) { try EncoderHandle.required(encoder, "encoder").change { try $0.set(option, value) } }
}

@_cdecl("vaezip_encoder_get")
package func doorEncoderGet(_ encoder: OpaquePointer?, _ option: vaezip_encoder_option) -> Int64 {
  encoder.map { Int64(EncoderHandle.of($0).current.get(option)) } ?? -1
}

@_cdecl("vaezip_encoder_get_double")
package func doorEncoderGetDouble(_ encoder: OpaquePointer?, _ option: vaezip_encoder_option) -> Double {
  encoder.map { EncoderHandle.of($0).current.getDouble(option) } ?? .nan
}

@_cdecl("vaezip_encoder_free")
package func doorEncoderFree(_ encoder: OpaquePointer?) { EncoderHandle.free(encoder) }
