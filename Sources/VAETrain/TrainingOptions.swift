import VAEZip

/// How a model is trained; a checkpoint keeps it.
public struct TrainingOptions: Sendable, Codable {
  /// When a run ends, and what its learning-rate schedule spans. Earlier runs of a resumed training
  /// count.
  public enum Length: Sendable, Codable {
    case minutes(Double)
    case steps(Int)
  }

  public var length: Length = .minutes(60)
  public var posterior: Posterior = .uniform
  public var distortion: Distortion = .mse
  /// Crops a step.
  public var batch = 8
  /// The crops' side in pixels, a multiple of 64.
  public var cropSize = 128
  /// Adam's learning rate after warm-up; a cosine takes it to a thousandth.
  public var rate = 1e-3
  public var warmUpSteps = 300
  /// Of the moving average of the weights, which is what is exported.
  public var averageDecay = 0.999
  /// Longer gradients are scaled down to this Euclidean norm.
  public var gradientNorm = 1.0
  public var seed: UInt64 = 1
  /// Computes convolutions in bfloat16; pays on processors and GPUs that have such instructions.
  public var bfloat16 = false

  public init() {}
}
