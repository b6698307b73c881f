#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The network as data: every width and depth, and the quality levels that it was trained for.
///
/// The topology is fixed (`Formats/MODEL.md` draws it); all numbers are here, in the model file, and
/// none in code. Channel counts are multiples of 32, so that a kernel's panel is never cut.
package struct NetworkDescription: Sendable, Codable, Equatable {
  /// The model's name, as `vaezip info` prints it.
  package var name: String
  /// Channels of analysis and synthesis at 1/8 resolution (C).
  package var transformWidth: Int
  /// Channels of the latent at 1/16 resolution (M).
  package var latentWidth: Int
  /// Channels of the hyper-latent at 1/64 resolution (Z).
  package var hyperWidth: Int
  /// Channels inside hyper-analysis and prior at 1/16 resolution (K).
  package var priorWidth: Int
  /// Channels inside the context model at 1/16 resolution (D).
  package var contextWidth: Int
  /// Numbers of residual blocks.
  package var analysisBlocks: Int
  package var hyperAnalysisBlocks: Int
  package var priorBlocks: Int
  package var contextBlocks: Int
  package var synthesisBlocks: Int
  /// Which latents the context's two passes code; nil is `PassMask.checkerboard`, which model files of
  /// format 1 have.
  private var masks: PassMask?
  /// λ of each quality level, ascending: the loss is bits per pixel + λ · MSE on the 0…255 scale.
  /// Between levels everything is interpolated (λ and gains log-linearly).
  package var lambdas: [Double]

  package init(
    name: String, transformWidth: Int = 192, latentWidth: Int = 320, hyperWidth: Int = 128,
    priorWidth: Int = 192, contextWidth: Int = 256, analysisBlocks: Int = 4,
    hyperAnalysisBlocks: Int = 1, priorBlocks: Int = 1, contextBlocks: Int = 1,
    synthesisBlocks: Int = 5, passMask: PassMask = .checkerboard, lambdas: [Double]
  ) {
    self.name = name
    self.transformWidth = transformWidth
    self.latentWidth = latentWidth
    self.hyperWidth = hyperWidth
    self.priorWidth = priorWidth
    self.contextWidth = contextWidth
    self.analysisBlocks = analysisBlocks
    self.hyperAnalysisBlocks = hyperAnalysisBlocks
    self.priorBlocks = priorBlocks
    self.contextBlocks = contextBlocks
    self.synthesisBlocks = synthesisBlocks
    self.lambdas = lambdas
    self.passMask = passMask
  }

  /// Which latents each of the two passes codes.
  package var passMask: PassMask {
    get { masks ?? .checkerboard }
    set { masks = newValue == .checkerboard ? nil : newValue }
  }

  /// What a new network is like unless told otherwise: that of the model `photo`.
  package static let standard = NetworkDescription(
    name: "photo", lambdas: lambdas(levels: 9, from: 0.0004, to: 1.07))

  /// λ of so many levels, log-spaced.
  package static func lambdas(levels: Int, from lowest: Double, to highest: Double) -> [Double] {
    (0..<levels).map { lowest * pow(highest / lowest, Double($0) / Double(levels - 1)) }
  }

  /// Number of trained quality levels (L), at least 2.
  package var levels: Int { lambdas.count }
}

/// Which latents each of the two passes codes; the second pass knows those of the first.
package enum PassMask: String, Sendable, Codable, CaseIterable {
  /// All channels where x + y is even, then all where it is odd (He et al. 2021, arXiv 2103.15306).
  case checkerboard
  /// The first half of the channels where x + y is even and the second half where it is odd; then the
  /// others. So each pass codes half of the channels of every position (Li et al. 2022, “dual spatial
  /// prior”, arXiv 2207.05894).
  case dualCheckerboard
}

/// One tensor that a network of a given description consists of.
package struct ParameterSpec: Sendable, Equatable {
  /// For example `synthesis.block0.expand.weight`.
  package let name: String
  /// Convolution weights are `[outputs, inputs / groups, kernel height, kernel width]`.
  package let shape: [Int]
  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }

  package init(_ name: String, _ shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}

extension NetworkDescription {
  /// Every tensor of the network: those of its layers, then the tables of its quality levels.
  ///
  /// - Parameter posteriorHead: includes the second head of the analysis, the logarithm of the
  ///   posterior's standard deviation, which models trained with a Gaussian posterior have.
  package func parameters(posteriorHead: Bool = false) -> [ParameterSpec] {
    layers(posteriorHead: posteriorHead).flatMap(\.parameters) + [
      ParameterSpec("gain.forward", [levels, latentWidth]),
      ParameterSpec("gain.inverse", [levels, latentWidth]),
      ParameterSpec("hyper.mean", [levels, hyperWidth]),
      ParameterSpec("hyper.level", [levels, hyperWidth]),
    ]
  }

  /// The names of the activations whose fixed-point position the calibration decides, in the order in
  /// which an image meets them.
  package var calibratedActivations: [String] {
    var names: [String] = []
    var known: Set<String> = []
    for layer in layers() {
      for name in (layer.inputs + layer.outputs).compactMap(\.position.activation)
      where known.insert(name).inserted {
        names.append(name)
      }
    }
    return names
  }
}
