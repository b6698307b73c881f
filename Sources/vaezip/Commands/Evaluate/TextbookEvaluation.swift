import ArgumentParser
import VAETrain
import VAEZip
import VAEZipEvaluation

/// The rows of `evaluate --posterior gaussian`: a model as the textbook's variational auto-encoder.
struct TextbookEvaluation {
  private let vae: TextbookVAE
  private let model: Model
  private let modelID: String

  /// The name in the column "codec".
  static let name = "vae"

  /// - Parameter path: of the model's file; the built-in model has no Gaussian posterior.
  init(path: String?, model: Model) throws {
    guard let path else {
      throw ValidationError("--posterior gaussian needs a --model that was trained with it.")
    }
    self.model = model
    modelID = ModelFile.name(ofID: model.id)
    let file = try InputFile(path: path, limit: ModelFile.Limits.fileSize)
    let torch = try Torch.load()
    vae = try CommandFailure.naming(path) { try TextbookVAE(torch, ModelFile(parsing: file.bytes)) }
  }

  /// The row of a picture at a quality. KL is the analytic divergence, D that of sampled latents.
  ///
  /// - Parameter base: the picture.
  func point(of image: Image, _ base: EvaluationPoint, quality: Double) throws -> EvaluationPoint {
    let position = model.qualityPosition(quality)
    var point = base
    (point.codec, point.quality, point.model) = (Self.name, quality, modelID)
    point.setting = "gaussian posterior, quality \(QualityList.text(quality))"
    guard
      let figures = try vae.measure(image, position: Double(position) / 256)
    else {
      point.note = "smaller than a cell of 16×16"
      return point
    }
    let objective = Objective(
      hyperBits: 0, latentBits: figures.divergenceBits, distortion: figures.meanSquaredError,
      beta: 1 / model.lambda(at: position), pixels: Double(figures.pixels),
      channels: Double(image.channels.rawValue))
    point.figures = objective.figures
    // One figure: the divergence of both kinds of latents.
    point.figures[.hyperBits] = nil
    point.figures[.latentBits] = nil
    point.figures[.psnr] = Metrics.psnr(meanSquaredError: figures.meanSquaredError)
    point.note = "sampled latents, not coded"
    return point
  }
}
