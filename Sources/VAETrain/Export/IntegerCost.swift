import VAEZip

/// What the codec's integers cost against the same network in floating point.
///
/// Both sides are charged Gaussian rates, as the network learns them, and round their latents: what
/// differs is arithmetic alone.
struct IntegerCost {
  let file: ModelFile
  let network: TorchNetwork

  /// - Returns: the rate that integers add at equal PSNR, in percent (BD-rate, mean over the images).
  /// - Throws: if the model can't be run, or figures are too few for a BD-rate.
  func percent(on images: [Image]) throws -> Double {
    var file = file
    file.tensors[ScaleTables.tensorName] = WeightTensor(
      int32: ScaleTables.gaussian().tensor, shape: ScaleTables.tensorShape)
    let model = try Model(contentsOf: file.serialized())
    let costs = try images.map { image in
      let floats = try ValidationSet.measure(image, network).map {
        RDPoint(rate: $0.bitsPerPixel, quality: $0.psnr)
      }
      let integers = try floats.indices.map { level in
        let encoded = try ImageEncoder(
          model: model,
          options: EncoderOptions(
            qualityPosition: level * 256, effort: 1, choosesExactPixels: false)
        ).encodeTrial(image)
        return RDPoint(
          rate: encoded.statistics.modelBits / Double(image.width * image.height),
          quality: try Metrics.psnr(image, encoded.reconstruction))
      }
      return try Metrics.bdRate(reference: floats, test: integers)
    }
    return costs.reduce(0, +) / Double(costs.count)
  }
}
