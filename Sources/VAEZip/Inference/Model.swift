import VAEZipEntropy
import VAEZipModel
import VAEZipSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A model that is ready to run: the network that a model file describes, with integer weights.
///
/// ```swift
/// let model = try Model(contentsOf: URL(filePath: "maps.model"))
/// let encoder = try ImageEncoder(model: model)
/// ```
///
/// Making a model reads and checks its file. The weights of a part become integers when an encoder or a
/// decoder first needs them, once for all threads; `prepare` does it at once.
public final class Model: Sendable {
  /// XXH64 of the model file: what a .vz file names its model by. It tells models apart that nobody forged:
  /// only files with the id of a model that was built in once are compared with its SHA-256.
  public let id: UInt64
  /// Widths, depths and quality levels of the network.
  package let network: NetworkDescription
  /// Fraction bits of the activations, by name.
  package let calibration: [String: Int]
  /// The position between the quality levels, in 1/256 level, of each quality 0…100.
  package let qualityPositions: [Int]

  /// Bytes of memory that the model's file takes and the weights that are made of it; 0 for the built-in
  /// model.
  package let memory: Int

  package let kernels: Kernels
  package let tables: ScaleTables
  package let quality: QualityTables
  package let analysis: Lazy<AnalysisNetwork>
  package let hyperAnalysis: Lazy<HyperAnalysisNetwork>
  package let hyperSynthesis: Lazy<HyperSynthesisNetwork>
  package let context: Lazy<ContextNetwork>
  package let synthesis: Lazy<SynthesisNetwork>
  /// For encoders that look back from the pixels; `prepare` does not make it.
  package let transposedSynthesis: Lazy<TransposedSynthesis>
  /// Nil for a model without a preview table; `prepare` does not make it.
  package let preview: Lazy<PreviewNetwork?>

  /// A model from the bytes of its file.
  ///
  /// - Throws: `ModelError`: the file is not valid or has no tables of probabilities, or the environment
  ///   variable `VAEZIP_ISA` asks for an instruction set that is not there.
  public convenience init(contentsOf bytes: [UInt8]) throws(ModelError) {
    try self.init(contentsOf: bytes, kernels: Self.selectedKernels())
  }

  /// - Parameter kernels: the instruction set to run on.
  package convenience init(contentsOf bytes: [UInt8], kernels: Kernels) throws(ModelError) {
    try self.init(ModelBytes(bytes), kernels: kernels)
  }

  /// - Parameters:
  ///   - isKnown: whether all numbers are known to be finite.
  ///   - preview: the file of the model's preview table, if it is not in the model file.
  convenience init(
    _ bytes: ModelBytes, isKnown: Bool = false, preview: ModelBytes? = nil, kernels: Kernels
  ) throws(ModelError) {
    let file = try ModelFile(parsing: bytes, isKnown: isKnown)
    let id = ModelFile.id(of: bytes)
    if !isKnown { try PublishedModels.check(bytes, id: id) }
    try self.init(
      file, id: id, memory: isKnown ? 0 : Self.memory(fileSize: bytes.count), preview: preview,
      kernels: kernels)
  }

  /// Bytes of memory for a model file of some size, as measured: the file, and its integers.
  package static func memory(fileSize: Int) -> Int { fileSize / 2 * 5 }

  private init(
    _ file: ModelFile, id: UInt64, memory: Int, preview: ModelBytes?, kernels: Kernels
  ) throws(ModelError) {
    self.id = id
    self.memory = memory
    network = file.network
    calibration = file.calibration
    qualityPositions = file.qualityPositions
    self.kernels = kernels
    guard let tensor = file.tensors[ScaleTables.tensorName], let values = tensor.int32s() else {
      throw .missingTensor(ScaleTables.tensorName)
    }
    do {
      tables = try ScaleTables(tensor: values, shape: tensor.shape)
    } catch {
      throw .invalidTensor(name: ScaleTables.tensorName, reason: error.description)
    }
    quality = try QualityTables(file)
    let builder = NetworkBuilder(file: file, kernels: kernels, threads: Threads())
    analysis = Lazy(builder.analysis)
    hyperAnalysis = Lazy(builder.hyperAnalysis)
    hyperSynthesis = Lazy(builder.hyperSynthesis)
    context = Lazy(builder.context)
    synthesis = Lazy(builder.synthesis)
    transposedSynthesis = Lazy(builder.transposedSynthesis)
    let latentWidth = file.network.latentWidth
    self.preview = Lazy { () throws(ModelError) in
      guard let preview else { return try builder.preview(nil) }
      return try builder.preview(
        PreviewTable(parsing: preview, model: id, latentWidth: latentWidth))
    }
  }

  static func selectedKernels() throws(ModelError) -> Kernels {
    do {
      return try Kernels.selected()
    } catch {
      throw .kernels(error)
    }
  }

  /// Makes all weights integers now, which otherwise happens when they are first needed.
  ///
  /// - Throws: `ModelError.notRepresentable`.
  public func prepare() throws(ModelError) {
    try prepare(Part.all)
  }

  /// A part of the network.
  package enum Part {
    case analysis, hyperAnalysis, hyperSynthesis, context, synthesis, transposedSynthesis

    /// What decoders need, the largest first.
    package static let ofDecoders: [Part] = [.synthesis, .context, .hyperSynthesis]
    /// What encoders need that do not look back from the pixels.
    package static let all: [Part] = [.analysis, .hyperAnalysis] + ofDecoders
  }

  /// Makes the weights of some parts integers now, all at once: one part's threads would often
  /// wait for its longest layer.
  package func prepare(_ parts: [Part]) throws(ModelError) {
    _ = try Threads().map(parts.count) { index throws(ModelError) in
      switch parts[index] {
      case .analysis: _ = try analysis.value()
      case .hyperAnalysis: _ = try hyperAnalysis.value()
      case .hyperSynthesis: _ = try hyperSynthesis.value()
      case .context: _ = try context.value()
      case .synthesis: _ = try synthesis.value()
      // A model whose transposed weights do not fit the integers can do without.
      case .transposedSynthesis: _ = try? transposedSynthesis.value()
      }
    }
  }

  /// The model's name, as `vaezip info` shows it.
  public var name: String { network.name }

  /// The largest position between the quality levels, in 1/256 level.
  public var lastQualityPosition: Int { 256 * (network.levels - 1) }

  /// The position between the quality levels, in 1/256 level, of a quality that may have a fraction.
  ///
  /// - Parameter quality: 0…100; others are taken as the nearest of them.
  public func qualityPosition(_ quality: Double) -> Int {
    let quality = min(max(quality, 0), 100)
    let index = min(Int(quality), qualityPositions.count - 2)
    let (low, high) = (qualityPositions[index], qualityPositions[index + 1])
    return low + Int((Double(high - low) * (quality - Double(index))).rounded())
  }

  /// λ at a position between the quality levels: the weight of the mean squared error (samples 0…255)
  /// against one bit per pixel. Log-linear between levels. For reports only.
  package func lambda(at position: Int) -> Double {
    let index = min(max(position, 0), lastQualityPosition) >> 8
    let fraction = Double(min(max(position, 0), lastQualityPosition) & 255) / 256
    let low = network.lambdas[index]
    let high = network.lambdas[min(index + 1, network.levels - 1)]
    return low * pow(high / low, fraction)
  }
}
