import CTorch

/// The network's larger pieces as single operations; see `Sources/CTorch/vztorch.h`.
extension Tensor {
  /// `count` residual blocks, computed in this tensor's type.
  ///
  /// - Parameters:
  ///   - parameters: 10 tensors of each block: weight and bias of mix, depthwise, merge, expand, shrink.
  ///   - rounded: the same in this tensor's type; nil where that is float32.
  package func residualBlocks(
    _ count: Int, _ parameters: [Tensor], rounded: [Tensor]?, slope: Double
  ) -> Tensor {
    precondition(parameters.count == 10 * count && (rounded ?? parameters).count == 10 * count)
    let (exact, low) = (parameters.map(\.handle), rounded?.map(\.handle))
    return withExtendedLifetime((parameters, rounded)) {
      Tensor(torch, torch.api.blocks(handle, exact, low, Int32(count), slope))
    }
  }

  /// A 1 × 1 convolution, computed in this tensor's type.
  package func pointwise(
    _ weight: Tensor, _ bias: Tensor, rounded: (weight: Tensor, bias: Tensor)?, result: ElementType
  ) -> Tensor {
    Tensor(
      torch,
      torch.api.pointwise(
        handle, weight.handle, bias.handle, rounded?.weight.handle, rounded?.bias.handle,
        result.rawValue))
  }

  /// The latent's first pass: its rounded residuals and means at the places that this pass codes, 0
  /// elsewhere.
  ///
  /// - Parameters:
  ///   - prior: `[B, 2M, h, w]`: means and raw scale indexes.
  ///   - isDual: whether the passes have a dual checkerboard.
  package func firstPass(prior: Tensor, isDual: Bool = false) -> Tensor {
    Tensor(torch, torch.api.first_pass(handle, prior.handle, isDual ? 1 : 0))
  }

  /// Which noise a latent gets: a function of all of these and of each element's place.
  package struct NoiseSource {
    let seed: UInt64
    /// int64, on the device.
    let step: Tensor
    /// Of this process in the whole batch.
    var firstSample: Int

    package init(seed: UInt64, step: Tensor, firstSample: Int = 0) {
      (self.seed, self.step, self.firstSample) = (seed, step, firstSample)
    }
  }

  /// The latent as decoded, with a straight-through gradient, and the rate of its noisy residual in
  /// bits by sample, `[B]`.
  ///
  /// - Parameters:
  ///   - change: what the second pass adds to `prior`.
  ///   - stream: each latent of a step has another.
  package func codedLatent(
    prior: Tensor, change: Tensor?, noise: NoiseSource, stream: Int, isDual: Bool = false
  ) -> (latent: Tensor, bits: Tensor) {
    var bits: OpaquePointer?
    let decoded = torch.api.latent(
      handle, prior.handle, change?.handle, noise.step.handle, noise.seed, Int32(stream),
      Int64(noise.firstSample), isDual ? 1 : 0, &bits)
    return (Tensor(torch, decoded), Tensor(torch, bits))
  }

  /// Where its first element is, in its device's memory.
  package var address: UInt64 { torch.api.address(handle) }
}
