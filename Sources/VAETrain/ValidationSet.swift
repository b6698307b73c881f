import Foundation
import VAEZip

/// Held-out images, measured as the codec would see them: rounded latents, float32.
package struct ValidationSet {
  /// A centre crop of each image, at most 512×512 with sides that are multiples of 64.
  private let crops: [Image]

  /// - Precondition: sides are multiples of 16.
  init(crops: [Image]) { self.crops = crops }

  init(_ paths: [String]) throws {
    let jpeg = JPEGDecoder()
    crops = try paths.flatMap { try TrainingImages.imageFiles(under: $0) }
      .compactMap { TrainingImages.decode($0, jpeg: jpeg) }
      .filter { $0.width >= 64 && $0.height >= 64 }
      .map(Self.centre)
    guard !crops.isEmpty else {
      throw TrainError.noImages(path: paths.joined(separator: " "), cropSize: 64)
    }
  }

  private static func centre(_ image: Image) -> Image {
    let (width, height) = (min(image.width, 512) / 64 * 64, min(image.height, 512) / 64 * 64)
    let (x0, y0) = ((image.width - width) / 2, (image.height - height) / 2)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for y in y0..<y0 + height {
      let start = (y * image.width + x0) * 3
      pixels += image.pixels[start..<start + width * 3]
    }
    return Image(width: width, height: height, channels: .rgb, pixels: pixels)
  }

  /// Means over the images at one quality level.
  package struct Figures {
    package let bitsPerPixel: Double
    /// Of 8-bit pixels, as a decoder's.
    package let psnr: Double
  }

  /// By quality level.
  func measure(_ network: TorchNetwork) throws -> [Figures] {
    let computeType = network.computeType
    network.computeType = .float32
    defer { network.computeType = computeType }
    return try network.torch.withoutGradients {
      try (0..<network.description.levels).map { level in
        var (rate, psnr) = (0.0, 0.0)
        for crop in crops {
          let measures = network.measure(
            network.pixels(
              .bytes(
                network.torch, crop.pixels, [1, crop.height, crop.width, 3], device: network.device)),
            positions: [Double(level)], posterior: .uniform, distortion: .mse, sampling: false)
          rate += measures.bitsPerPixel.item
          psnr += 10 * log10(255 * 255 / measures.squaredError.item)
        }
        try network.torch.check()
        let count = Double(crops.count)
        return Figures(bitsPerPixel: rate / count, psnr: psnr / count)
      }
    }
  }
}
