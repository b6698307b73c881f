import CVAEZip
import VAEZip
import VAEZipFeatures

/// Latents and rates of a picture (`vaezip_features`).
final class FeaturesHandle: Handle {
  /// Values as C sees them: memory that does not move.
  struct Values: @unchecked Sendable {
    let memory: UnsafeMutableBufferPointer<Float>
    let shape: [Int]
  }

  let latents: PictureLatents
  private let values = HandleState<[UInt32: Values]>([:])

  init(_ latents: PictureLatents) { self.latents = latents }

  deinit { values.withLock { $0.values.forEach { $0.memory.deallocate() } } }

  /// Values of a kind, made at their first use.
  func get(_ kind: vaezip_feature) throws(DoorError) -> Values {
    let (feature, scale) = try Self.feature(kind)
    if let known = values.withLock({ $0[kind.rawValue] }) { return known }
    guard let (numbers, shape) = latents.array(feature, scale: scale) else {
      throw .argument("kind: expected one that files have, or an image at effort 1, found \(feature)")
    }
    let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, numbers.count))
    _ = memory.update(fromContentsOf: numbers)
    let made = Values(memory: memory, shape: shape)
    // Another thread may have been faster.
    let kept = values.withLock { values in
      let kept = values[kind.rawValue] ?? made
      values[kind.rawValue] = kept
      return kept
    }
    if kept.memory.baseAddress != memory.baseAddress { memory.deallocate() }
    return kept
  }

  private static func feature(
    _ kind: vaezip_feature
  ) throws(DoorError) -> (FeatureKind, PictureLatents.Scale) {
    switch kind {
    case VAEZIP_LATENTS: (.latents, .network)
    case VAEZIP_LATENTS_IN_STEPS: (.latents, .steps)
    case VAEZIP_MEANS: (.means, .network)
    case VAEZIP_MEANS_IN_STEPS: (.means, .steps)
    case VAEZIP_HYPER: (.hyper, .network)
    case VAEZIP_BITS: (.bits, .network)
    case VAEZIP_EXPECTED_BITS: (.expected, .network)
    case VAEZIP_HYPER_BITS: (.hyperBits, .network)
    case VAEZIP_CODED: (.coded, .network)
    case VAEZIP_POOLED: (.pooled, .network)
    default: throw .argument("kind: expected one of vaezip_feature, found \(kind.rawValue)")
    }
  }
}

@_cdecl("vaezip_features_of_file")
package func doorFeaturesOfFile(
  _ decoder: OpaquePointer?, _ file: OpaquePointer?, _ error: ErrorPointer
) -> OpaquePointer? {
  guarded(error) {
    let settings = try DecoderHandle.required(decoder, "decoder").current
    let file = try FileHandle.required(file, "file")
    let reader = LatentReader(
      models: settings.library, threads: settings.threads, limits: settings.limits)
    return FeaturesHandle(try reader.latents(of: file.bytes)).handedOut()
  }
}

@_cdecl("vaezip_features_of_image")
package func doorFeaturesOfImage(
  _ encoder: OpaquePointer?, _ image: UnsafePointer<vaezip_image>?, _ error: ErrorPointer
) -> OpaquePointer? {
  guarded(error) {
    let handle = try EncoderHandle.required(encoder, "encoder")
    let settings = handle.current
    let source = try RowSource(
      required(image, "image").pointee, reader: nil, metadata: ImageMetadata(), keepsColorDepth: false)
    try settings.check(
      handle.encoder(settings), width: source.width, height: source.height, format: source.format,
      memory: 0)
    var limits = VZFile.Limits.default
    limits.memory = settings.maximumMemory
    let reader = LatentReader(threads: settings.options.threads, limits: limits)
    return FeaturesHandle(
      try reader.latents(
        of: Image(reading: source), model: handle.model,
        qualityPosition: handle.model.qualityPosition(settings.quality), effort: settings.options.effort)
    ).handedOut()
  }
}

@_cdecl("vaezip_features_get")
package func doorFeaturesGet(
  _ features: OpaquePointer?, _ kind: vaezip_feature,
  _ values: UnsafeMutablePointer<UnsafePointer<Float>?>?, _ shape: UnsafeMutablePointer<Int>?,
  _ dimensions: UnsafeMutablePointer<Int32>?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let found = try FeaturesHandle.required(features, "features").get(kind)
    values?.pointee = found.memory.baseAddress.map { UnsafePointer($0) }
    dimensions?.pointee = Int32(found.shape.count)
    guard let shape else { return }
    for place in 0..<3 { shape[place] = place < found.shape.count ? found.shape[place] : 1 }
  }
}

@_cdecl("vaezip_features_model_id")
package func doorFeaturesModelID(_ features: OpaquePointer?) -> UInt64 {
  features.map { FeaturesHandle.of($0).latents.modelID } ?? 0
}

@_cdecl("vaezip_features_free")
package func doorFeaturesFree(_ features: OpaquePointer?) { FeaturesHandle.free(features) }
