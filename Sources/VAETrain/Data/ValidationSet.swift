import Foundation
import VAEZip

/// Held-out images, measured as the codec would see them: rounded latents, float32.
package struct ValidationSet {
  /// A centre crop of each image, at most 512×512 with sides that are multiples of 64.
  let crops: [Image]

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

  /// What an image, or the images in the mean, take at one quality level.
  package struct Figures {
    package let bitsPerPixel: Double
    /// Of 8-bit pixels, as a decoder's.
    package let psnr: Double
  }

  /// Means over the images by quality level.
  func measure(_ network: TorchNetwork) throws -> [Figures] {
    let images = try crops.map { try Self.measure($0, network) }
    return (0..<network.description.levels).map { level in
      func mean(_ figure: (Figures) -> Double) -> Double {
        images.reduce(0) { $0 + figure($1[level]) } / Double(images.count)
      }
      return Figures(bitsPerPixel: mean(\.bitsPerPixel), psnr: mean(\.psnr))
    }
  }

  /// An image's figures by quality level.
  ///
  /// - Precondition: the image is RGB; its sides are multiples of 16. The network computes in float32.
  static func measure(_ image: Image, _ network: TorchNetwork) throws -> [Figures] {
    try network.torch.withoutGradients {
      let pixels = Tensor.pixels(network.torch, image, device: network.device)
      return try (0..<network.description.levels).map { level in
        let measures = network.measure(
          pixels, positions: [Double(level)], posterior: .uniform, distortion: .mse,
          sampling: false)
        let figures = Figures(
          bitsPerPixel: measures.bitsPerPixel.item,
          psnr: 10 * log10(255 * 255 / measures.squaredError.item))
        try network.torch.check()
        return figures
      }
    }
  }
}
