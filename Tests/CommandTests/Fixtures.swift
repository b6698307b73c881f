import TestSupport
import VAEZip

/// What the tests feed the command with.
enum Fixtures {
  /// A picture with slopes, an edge and noise.
  static func image(_ width: Int, _ height: Int, _ channels: Image.Channels = .rgb) -> Image {
    var generator = SplitMix64(UInt64(width * 1009 + height))
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<Int(channels.rawValue) {
          let slope = (x * (channel + 2) + y * 3) / 2
          let edge = x > width / 2 ? 60 : 0
          pixels.append(UInt8(min(255, (slope % 160) + edge + Int(generator.next() % 16))))
        }
      }
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// The smallest network that the format allows, with random weights.
  static func model(seed: UInt64 = 1) throws -> [UInt8] {
    let description = NetworkDescription(
      name: "random", transformWidth: 32, latentWidth: 32, hyperWidth: 32, priorWidth: 32,
      contextWidth: 32, analysisBlocks: 1, hyperAnalysisBlocks: 0, priorBlocks: 0,
      contextBlocks: 0, synthesisBlocks: 1, lambdas: [0.001, 0.1])
    var generator = SplitMix64(seed)
    var tensors: [String: [Float]] = [:]
    for parameter in description.parameters() {
      let inputs = parameter.shape.dropFirst().reduce(1, *)
      let scale = parameter.shape.count == 4 ? 1 / Float(inputs).squareRoot() : 0.1
      tensors[parameter.name] = (0..<parameter.count).map { _ in generator.float(scale) }
    }
    let m = description.latentWidth
    // Steps of 1/2 … 1/16 of the pixels' range: few symbols at quality 0, many at 100.
    tensors["gain.forward"] = (0..<2 * m).map { $0 < m ? 1 : 4 }
    tensors["gain.inverse"] = (0..<2 * m).map { $0 < m ? 1 : 4 }
    let calibration = Dictionary(
      uniqueKeysWithValues: description.calibratedActivations.map { ($0, 7) })
    return try ModelFile(
      network: description, calibration: calibration, tensors: tensors
    ).serialized()
  }
}
