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
  /// λ of each quality level, ascending: the loss is bits per pixel + λ · MSE on the 0…255 scale.
  /// Between levels everything is interpolated (λ and gains log-linearly).
  package var lambdas: [Double]

  package init(
    name: String, transformWidth: Int = 192, latentWidth: Int = 320, hyperWidth: Int = 128,
    priorWidth: Int = 192, contextWidth: Int = 256, analysisBlocks: Int = 4,
    hyperAnalysisBlocks: Int = 1, priorBlocks: Int = 1, contextBlocks: Int = 1,
    synthesisBlocks: Int = 5, lambdas: [Double]
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
  /// Every tensor of the network, in the order in which an image meets them. The model file, the
  /// integer engine and the trainer all take names and shapes from this list.
  ///
  /// - Parameter posteriorHead: includes the second head of the analysis, the logarithm of the
  ///   posterior's standard deviation, which models trained with a Gaussian posterior have.
  package func parameters(posteriorHead: Bool = false) -> [ParameterSpec] {
    var list: [ParameterSpec] = []
    func convolution(_ name: String, _ outputs: Int, _ inputs: Int, kernel: Int = 1) {
      list.append(ParameterSpec(name + ".weight", [outputs, inputs, kernel, kernel]))
      list.append(ParameterSpec(name + ".bias", [outputs]))
    }
    func blocks(_ part: String, _ count: Int, _ width: Int) {
      for index in 0..<count {
        let name = "\(part).block\(index)"
        convolution(name + ".mix", width, width)
        convolution(name + ".depthwise", width, 1, kernel: 3)
        convolution(name + ".merge", width, width)
        convolution(name + ".expand", 2 * width, width)
        convolution(name + ".shrink", width, 2 * width)
      }
    }
    let (c, m, z, k, d) = (transformWidth, latentWidth, hyperWidth, priorWidth, contextWidth)
    convolution("analysis.in", c, 192)
    blocks("analysis", analysisBlocks, c)
    convolution("analysis.down", m, c, kernel: 3)
    if posteriorHead { convolution("analysis.deviation", m, c, kernel: 3) }
    convolution("hyperanalysis.in", k, m)
    blocks("hyperanalysis", hyperAnalysisBlocks, k)
    convolution("hyperanalysis.down1", k, k, kernel: 3)
    convolution("hyperanalysis.down2", z, k, kernel: 3)
    convolution("prior.up1", 4 * z, z)
    convolution("prior.up2", 4 * k, z)
    blocks("prior", priorBlocks, k)
    convolution("prior.out", 2 * m, k)
    convolution("context.in", d, m + k)
    blocks("context", contextBlocks, d)
    convolution("context.out", 2 * m, d)
    convolution("synthesis.up", 4 * c, m)
    blocks("synthesis", synthesisBlocks, c)
    convolution("synthesis.out", 192, c)
    list.append(ParameterSpec("gain.forward", [levels, m]))
    list.append(ParameterSpec("gain.inverse", [levels, m]))
    list.append(ParameterSpec("hyper.mean", [levels, z]))
    list.append(ParameterSpec("hyper.level", [levels, z]))
    return list
  }

  /// The names of the activations whose fixed-point position the calibration decides.
  package var calibratedActivations: [String] {
    func blocks(_ part: String, _ count: Int) -> [String] {
      (0..<count).flatMap { index in
        ["mix", "depthwise", "expand"].map { "\(part).block\(index).\($0)" }
      }
    }
    return ["analysis.trunk"] + blocks("analysis", analysisBlocks) + ["analysis.latent"]
      + ["latent", "hyperanalysis.trunk"] + blocks("hyperanalysis", hyperAnalysisBlocks)
      + ["hyperanalysis.down1", "hyper", "prior.up1", "prior.trunk"] + blocks("prior", priorBlocks)
      + ["context.trunk"] + blocks("context", contextBlocks)
      + ["synthesis.latent", "synthesis.trunk"] + blocks("synthesis", synthesisBlocks)
  }
}
