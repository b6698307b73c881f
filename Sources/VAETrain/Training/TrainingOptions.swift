import VAEZip

/// How a model is trained; a checkpoint keeps it.
package struct TrainingOptions: Sendable, Codable {
  /// When a run ends, and what its learning-rate schedule spans. Earlier runs of a resumed training
  /// count.
  package enum Length: Sendable, Codable {
    /// Export and calibration included.
    case minutes(Double)
    case steps(Int)
  }

  package var length: Length = .minutes(60)
  package var posterior: Posterior = .uniform
  package var distortion: Distortion = .mse
  /// Crops a step.
  package var batch = 8
  /// The crops' side in pixels, a multiple of 64.
  package var cropSize = 128
  package var optimizer: OptimizerKind = .adam
  /// After warm-up, and until the decay.
  package var learningRate = 1e-3
  /// The last part of the run, 0…1, in which the learning rate falls to nothing; 0 keeps it constant.
  package var decay = 0.2
  package var warmUpSteps = 300
  /// Steps over which weights are averaged, exponentially: the average is what is exported.
  package var averageSteps = 1000
  /// Longer gradients are scaled down to this Euclidean norm.
  package var gradientNorm = 1.0
  /// How far flat crops count for more, 0…1: a crop whose cost is c times that of its quality level's
  /// usual crop counts c^-w times. At 0 the sum of the files' sizes is minimized; at 1 each crop's size
  /// relative to itself, as in a mean of images' BD-rates.
  package var flatCropWeight = 0.0
  /// The share of the crops, 0…1, that are cut from the images at two thirds and at half their size.
  package var downscaledShare = 0.0
  /// Whether crops are mirrored and transposed at random; not for images that have an upright, such as letters.
  package var flips = true
  /// How much more often the upper quality levels are drawn, see `LevelSampling`: 0…1.
  package var upperLevels = 0.3
  /// Whether layers are rounded while learning as the codec's integers are, see
  /// `SimulatedIntegers`; not with `bfloat16`, which rounds more.
  package var integers = false
  package var seed: UInt64 = 1
  /// Computes convolutions in bfloat16; pays on processors and GPUs that have such instructions.
  package var bfloat16 = false
  /// Computes residual blocks and 1 × 1 convolutions in float16, with a scale of the loss that the
  /// device adapts. For CUDA devices.
  package var float16 = false
  /// Whether the host doesn't wait for the device in a step; nil: where the device is a CUDA device. For
  /// tests; checkpoints do not keep it.
  package var takesDeviceSteps: Bool?

  /// Whether images that are put into the folders while training are learned from, too. Checkpoints do
  /// not keep it.
  package var watchesFolders = false

  package init() {}

  private enum CodingKeys: String, CodingKey {
    case length, posterior, distortion, batch, cropSize, optimizer, learningRate, decay
    case warmUpSteps, averageSteps, gradientNorm, flatCropWeight, downscaledShare, upperLevels
    case integers, seed, bfloat16, float16, flips
  }

  /// Reads what a checkpoint says; what an older one does not say is as in `init()`.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(.length, &length)
    try read(.posterior, &posterior)
    // Older checkpoints have a string.
    distortion = (try? values.decodeIfPresent(Distortion.self, forKey: .distortion)) ?? .mse
    try read(.batch, &batch)
    try read(.cropSize, &cropSize)
    try read(.optimizer, &optimizer)
    try read(.learningRate, &learningRate)
    try read(.decay, &decay)
    try read(.warmUpSteps, &warmUpSteps)
    try read(.averageSteps, &averageSteps)
    try read(.gradientNorm, &gradientNorm)
    try read(.flatCropWeight, &flatCropWeight)
    try read(.downscaledShare, &downscaledShare)
    try read(.upperLevels, &upperLevels)
    try read(.integers, &integers)
    try read(.seed, &seed)
    try read(.bfloat16, &bfloat16)
    try read(.float16, &float16)
    try read(.flips, &flips)
  }
}
