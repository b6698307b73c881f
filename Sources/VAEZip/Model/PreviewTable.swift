#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The linear map from latents to a picture of 1/8 of the size (Formats/MODEL.md, section "Previews").
///
/// It is a 1×1 convolution with 12 outputs: 2 × 2 pixels of red, green and blue for each latent position. A model
/// file may have it as the tensors `preview.weight` and `preview.bias`. The built-in model was published without, so
/// its table is a file of its own.
package struct PreviewTable: Sendable, Equatable {
  package static let weightName = "preview.weight"
  package static let biasName = "preview.bias"
  /// Outputs: 2 × 2 pixels of three samples. Output 4c + 2·dy + dx is sample c of pixel (dx, dy).
  package static let outputs = 12
  /// The key of a table's own file in `__metadata__`.
  private static let metadataKey = "vaezip-preview"
  private static let formatVersion = 1

  /// `[12, M, 1, 1]`
  package let weight: WeightTensor
  /// `[12]`
  package let bias: WeightTensor

  /// - Precondition: as many values as the shapes ask for.
  package init(weights: [Float], bias: [Float]) {
    weight = WeightTensor(float16: weights, shape: [Self.outputs, weights.count / Self.outputs, 1, 1])
    self.bias = WeightTensor(float16: bias, shape: [Self.outputs])
  }

  /// The table of a model file; nil if it has none. The file's validation made sure of shapes and types.
  init?(_ file: ModelFile) {
    guard let weight = file.tensors[Self.weightName], let bias = file.tensors[Self.biasName] else {
      return nil
    }
    (self.weight, self.bias) = (weight, bias)
  }

  private struct Metadata: Codable {
    var format: Int
    var model: String
  }

  /// Reads a table from a file of its own.
  ///
  /// - Parameters:
  ///   - model: the id of the model that it must belong to.
  ///   - latentWidth: of that model.
  /// - Throws: `ModelError`: not such a file, or that of another model.
  package init(
    parsing bytes: ModelBytes, model: UInt64, latentWidth: Int
  ) throws(ModelError) {
    let file = try SafetensorsFile(parsing: bytes)
    guard let text = file.metadata[Self.metadataKey],
      let metadata = try? JSONDecoder().decode(Metadata.self, from: Data(text.utf8)),
      metadata.format == Self.formatVersion, metadata.model == ModelFile.name(ofID: model)
    else { throw .malformedHeader("not the preview table of this model") }
    try Self.validate(file.tensors, latentWidth: latentWidth)
    guard let weight = file.tensors[Self.weightName] else { throw .missingTensor(Self.weightName) }
    guard let bias = file.tensors[Self.biasName] else { throw .missingTensor(Self.biasName) }
    (self.weight, self.bias) = (weight, bias)
  }

  /// The bytes of a file of its own.
  ///
  /// - Parameter model: the id of the model that it belongs to.
  package func serialized(model: UInt64) -> [UInt8] {
    let text = "{\"format\":\(Self.formatVersion),\"model\":\"\(ModelFile.name(ofID: model))\"}"
    return SafetensorsFile(
      metadata: [Self.metadataKey: text], tensors: [Self.weightName: weight, Self.biasName: bias]
    ).serialized(first: [Self.weightName, Self.biasName])
  }

  /// Checks the tensors of a table, if there are any: both or none, shapes, types, finite numbers.
  static func validate(
    _ tensors: [String: WeightTensor], latentWidth: Int
  ) throws(ModelError) {
    let shapes = [(weightName, [outputs, latentWidth, 1, 1]), (biasName, [outputs])]
    guard shapes.contains(where: { tensors[$0.0] != nil }) else { return }
    for (name, shape) in shapes {
      guard let tensor = tensors[name] else { throw .missingTensor(name) }
      guard tensor.dtype != .i32 else {
        throw .invalidTensor(name: name, reason: "type I32, expected F16 or F32")
      }
      guard tensor.shape == shape else {
        throw .invalidTensor(name: name, reason: "shape \(tensor.shape.prefix(8)), expected \(shape)")
      }
      if let index = tensor.firstNonFinite() { throw .notFinite(tensor: name, index: index) }
    }
  }

  /// The convolution in integers.
  ///
  /// - Throws: `ModelError.notRepresentable` if a weight is too large for the fixed-point positions.
  package func layer(_ plan: LayerPlan) throws(ModelError) -> IntegerLayer {
    try IntegerLayer(
      try plan.layer(NetworkDescription.previewName),
      tensors: [Self.weightName: weight, Self.biasName: bias])
  }
}

extension ModelFile {
  /// The model's preview table, if it has one.
  package var preview: PreviewTable? {
    get { PreviewTable(self) }
    set {
      tensors[PreviewTable.weightName] = newValue?.weight
      tensors[PreviewTable.biasName] = newValue?.bias
    }
  }
}

extension NetworkDescription {
  static let previewName = "preview"

  /// The map from ŷ to the pixels of a preview. It is not learned with the network, but fitted to it.
  var previewLayer: Layer {
    Layer(
      Self.previewName, [Layer.Channels(latentWidth, "synthesis.latent")],
      [Layer.Channels(PreviewTable.outputs, .pixel)], biasOffset: 1)
  }
}
