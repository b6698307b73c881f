import VAEZip

/// How a model is trained; a checkpoint keeps it. What older checkpoints do not have is optional: nil
/// is as zero, or false.
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
  /// How much of the distortion `mse` is MS-SSIM's instead, 0…1, see `StructuralSimilarity`.
  public var similarity: Double? = 0
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
  /// How far cheap crops count for more, 0…1: a crop whose cost is c times that of its quality level's
  /// usual crop counts c^-`evening` times. At 0 it is the sum of the files' sizes that is
  /// minimised, at 1 each crop's size relative to itself: what a mean of images' BD-rates sees.
  public var evening: Double? = 0
  /// The share of the crops, 0…1, that are cut from the images at two thirds and at half their size.
  public var smaller: Double? = 0
  /// Whether layers are rounded while learning as the codec's integers are, see
  /// `SimulatedIntegers`; not with `bfloat16`, which rounds more.
  public var integers: Bool? = false
  public var seed: UInt64 = 1
  /// Computes convolutions in bfloat16; pays on processors and GPUs that have such instructions.
  public var bfloat16 = false

  public init() {}
}
