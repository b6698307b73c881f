import CVAEZip
import VAEZipAnomaly
import VAEZipFeatures

/// Normal pictures (`vaezip_normal`).
final class NormalHandle: Handle {
  private struct State: Sendable {
    /// Nil if they come from a file.
    var fit: NormalPictureFit?
    /// What was fitted, once it is asked for.
    var pictures: NormalPictures?
    /// How many pictures were added.
    var additions = 0
  }

  private let state: HandleState<State>

  init() { state = HandleState(State(fit: NormalPictureFit())) }

  init(json: [UInt8]) throws(FeatureError) {
    state = HandleState(State(pictures: try NormalPictures(json: json)))
  }

  func add(_ latents: PictureLatents) throws {
    try state.withLock { state in
      guard var fit = state.fit else {
        throw DoorError.argument("normal: expected pictures that are being collected, found those of a file")
      }
      // Not in place: that would copy what was collected.
      state.fit = nil
      defer { state.fit = fit }
      try fit.add(latents)
      state.pictures = nil
      state.additions += 1
    }
  }

  func pictures() throws -> NormalPictures {
    let found = state.withLock { $0 }
    if let known = found.pictures { return known }
    let fitted = try (found.fit ?? NormalPictureFit()).finished()
    state.withLock { state in
      if state.additions == found.additions { state.pictures = fitted }
    }
    return fitted
  }
}

@_cdecl("vaezip_normal_create")
package func doorNormalCreate() -> OpaquePointer? { NormalHandle().handedOut() }

@_cdecl("vaezip_normal_load")
package func doorNormalLoad(
  _ json: UnsafeRawPointer?, _ size: Int, _ error: ErrorPointer
) -> OpaquePointer? {
  guarded(error) { try NormalHandle(json: copied(json, size)).handedOut() }
}

@_cdecl("vaezip_normal_add")
package func doorNormalAdd(
  _ normal: OpaquePointer?, _ features: OpaquePointer?, _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let latents = try FeaturesHandle.required(features, "features").latents
    try NormalHandle.required(normal, "normal").add(latents)
  }
}

@_cdecl("vaezip_normal_save")
package func doorNormalSave(
  _ normal: OpaquePointer?, _ output: OutputPlace, _ error: ErrorPointer
) -> vaezip_status {
  producing(output, error) {
    Output(try NormalHandle.required(normal, "normal").pictures().json())
  }
}

@_cdecl("vaezip_normal_score")
package func doorNormalScore(
  _ normal: OpaquePointer?, _ features: OpaquePointer?, _ falsePositiveRate: Double,
  _ score: UnsafeMutablePointer<vaezip_score>?, _ map: UnsafeMutablePointer<Float>?,
  _ error: ErrorPointer
) -> vaezip_status {
  guarded(error) {
    let latents = try FeaturesHandle.required(features, "features").latents
    let found = try NormalHandle.required(normal, "normal").pictures()
      .score(latents, falsePositiveRate: falsePositiveRate)
    score?.pointee = vaezip_score(
      score: found.score, peak: found.peak, global: found.global ?? .nan, threshold: found.localThreshold,
      peak_x: UInt32(found.peakPosition.x), peak_y: UInt32(found.peakPosition.y))
    guard let map else { return }
    for (place, value) in found.local.values.enumerated() { map[place] = value }
  }
}

@_cdecl("vaezip_normal_free")
package func doorNormalFree(_ normal: OpaquePointer?) { NormalHandle.free(normal) }
