import Foundation
import VAEZip

/// Held-out images, measured as the codec would decode them: rounded latents, float32.
package struct ValidationSet {
  /// A center crop of each image, at most 512×512 with sides that are multiples of 64.
  let crops: [Image]
  /// Files that could not be decoded, or whose images are smaller than 64×64.
  let skipped: Int

  init(_ paths: [String]) throws {
    let files = try paths.flatMap { try ImageFiles.list(under: $0) }
    let decoder = ImageFiles()
    crops = files.compactMap { decoder.decode($0) }
      .filter { $0.width >= 64 && $0.height >= 64 }
      .map(Self.center)
    skipped = files.count - crops.count
    guard !crops.isEmpty else {
      throw TrainError.noImages(path: paths.joined(separator: " "), cropSize: 64)
    }
  }

  private static func center(_ image: Image) -> Image {
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

  /// Rate and quality of an image, or of the images in the mean, at one quality level.
  package struct Figures: Sendable, Equatable {
    package let bitsPerPixel: Double
    /// Of 8-bit pixels, as a decoder's.
    package let psnr: Double
    /// See `Metrics.ssimulacra2`.
    package let ssimulacra2: Double
  }

  /// The figures of each image, by quality level.
  func measure(_ network: TorchNetwork) throws -> [[Figures]] {
    try crops.map { try Self.measure($0, network) }
  }

  /// Means over the images by quality level.
  static func means(_ images: [[Figures]]) -> [Figures] {
    (images.first ?? []).indices.map { level in
      func mean(_ figure: (Figures) -> Double) -> Double {
        images.reduce(0) { $0 + figure($1[level]) } / Double(images.count)
      }
      return Figures(
        bitsPerPixel: mean(\.bitsPerPixel), psnr: mean(\.psnr), ssimulacra2: mean(\.ssimulacra2))
    }
  }

  /// An image's figures by quality level.
  ///
  /// - Precondition: the image is RGB; its sides are multiples of 16. The network computes in float32.
  static func measure(_ image: Image, _ network: TorchNetwork) throws -> [Figures] {
    try network.torch.withoutGradients {
      let pixels = Tensor.pixels(network.torch, image, device: network.device)
      return try (0..<network.description.levels).map { level in
        let pass = network.forward(
          pixels, positions: [Double(level)], posterior: .uniform, sampling: false)
        let figures = Figures(
          bitsPerPixel: pass.bitsPerPixel.item,
          psnr: 10 * log10(255 * 255 / pass.squaredError.item),
          ssimulacra2: try Metrics.ssimulacra2(image, pass.decoded.image(), threads: 0))
        try network.torch.check()
        return figures
      }
    }
  }
}

extension Tensor {
  /// The image of one sample: `[1, 3, H, W]`, (value − 128) / 128.
  fileprivate func image() throws -> Image {
    let values = try permute([0, 2, 3, 1]).affine(128, 128).floats()
    return Image(
      width: shape[3], height: shape[2], channels: .rgb,
      pixels: values.map { UInt8(min(max($0.rounded(), 0), 255)) })
  }
}

extension ValidationSet {
  /// The change of rate at equal quality, in percent: BD-rate, the mean over the images that
  /// have one.
  ///
  /// - Returns: nil if no image has curves that can be compared.
  static func change(
    from old: [[Figures]], to new: [[Figures]], by quality: (Figures) -> Double
  ) -> Double? {
    func points(_ levels: [Figures]) -> [RDPoint] {
      levels.map { RDPoint(rate: $0.bitsPerPixel, quality: quality($0)) }
    }
    let changes = zip(old, new).compactMap {
      try? Metrics.bdRate(reference: points($0), test: points($1))
    }
    guard !changes.isEmpty else { return nil }
    return changes.reduce(0, +) / Double(changes.count)
  }
}
