import CModel
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

/// A model ready to run: what a file says, and the integer weights of the parts in use.
///
/// Making one reads and checks the file; weights become integers part by part, when an encoder or a
/// decoder first needs them.
public final class Model: Sendable {
  /// XXH64 of the model file: what a .vz file names its model by.
  public let id: UInt64
  public let network: NetworkDescription
  /// Fraction bits of the activations, by name.
  public let calibration: [String: Int]
  /// Level position, in 1/256 levels, of each quality 0…100.
  public let qualityPositions: [Int]

  package let kernels: Kernels
  package let tables: ScaleTables
  package let quality: QualityTables
  package let analysis: Lazy<AnalysisNetwork>
  package let hyperAnalysis: Lazy<HyperAnalysisNetwork>
  package let prior: Lazy<HyperSynthesisNetwork>
  package let context: Lazy<ContextNetwork>
  package let synthesis: Lazy<SynthesisNetwork>
  /// For encoders that look back from the pixels; `prepare` does not make it.
  package let transposedSynthesis: Lazy<TransposedSynthesis>

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

  /// - Parameter isKnown: whether all numbers are known to be finite.
  private convenience init(
    _ bytes: ModelBytes, isKnown: Bool = false, kernels: Kernels
  ) throws(ModelError) {
    let file = try ModelFile(parsing: bytes, isKnown: isKnown)
    try self.init(file, id: ModelFile.id(of: bytes), kernels: kernels)
  }

  private init(_ file: ModelFile, id: UInt64, kernels: Kernels) throws(ModelError) {
    self.id = id
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
    prior = Lazy(builder.prior)
    context = Lazy(builder.context)
    synthesis = Lazy(builder.synthesis)
    transposedSynthesis = Lazy(builder.transposedSynthesis)
  }

  /// The model that this program was built with.
  ///
  /// - Throws: `ModelError.noBuiltInModel` if there is none.
  public static func builtIn() throws(ModelError) -> Model { try builtInResult.get() }

  /// The file of the built-in model.
  ///
  /// - Throws: as `builtIn()`.
  public static func builtInBytes() throws(ModelError) -> [UInt8] {
    try builtInPlace().withUnsafeBytes { [UInt8]($0) }
  }

  private static func selectedKernels() throws(ModelError) -> Kernels {
    do {
      return try Kernels.selected()
    } catch {
      throw .kernels(error)
    }
  }

  private static func builtInPlace() throws(ModelError) -> ModelBytes {
    let bytes = ModelBytes(
      constant: UnsafeRawBufferPointer(
        start: vz_model_photo_bytes(), count: vz_model_photo_size))
    // A header of no length: the place is empty.
    guard bytes.withUnsafeBytes({ $0.prefix(8).contains { $0 != 0 } }) else {
      throw .noBuiltInModel
    }
    return bytes
  }

  private static let builtInResult: Result<Model, ModelError> = {
    do throws(ModelError) {
      let kernels = try selectedKernels()
      // A test looks at its numbers, so that not every process has to.
      return .success(try Model(builtInPlace(), isKnown: true, kernels: kernels))
    } catch {
      return .failure(error)
    }
  }()

  /// Makes all weights integers now, which otherwise happens when they are first needed.
  ///
  /// - Throws: `ModelError.notRepresentable`.
  public func prepare() throws(ModelError) {
    try prepare(Part.all)
  }

  /// A part of the network.
  package enum Part {
    case analysis, hyperAnalysis, prior, context, synthesis, transposedSynthesis

    /// What decoders need, the largest first.
    package static let ofDecoders: [Part] = [.synthesis, .context, .prior]
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
      case .prior: _ = try prior.value()
      case .context: _ = try context.value()
      case .synthesis: _ = try synthesis.value()
      // A model whose transposed weights do not fit the integers can do without.
      case .transposedSynthesis: _ = try? transposedSynthesis.value()
      }
    }
  }

  /// The largest level position.
  public var lastQualityPosition: Int { 256 * (network.levels - 1) }

  /// λ of a level position, between levels log-linear: the weight of the mean squared error (on the
  /// 0…255 scale) against a bit a pixel. For reports only.
  public func lambda(at position: Int) -> Double {
    let index = min(max(position, 0), lastQualityPosition) >> 8
    let fraction = Double(min(max(position, 0), lastQualityPosition) & 255) / 256
    let low = network.lambdas[index]
    let high = network.lambdas[min(index + 1, network.levels - 1)]
    return low * pow(high / low, fraction)
  }
}
