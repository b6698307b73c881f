import VAEZip

/// Training images on the device that trains, and the random crops that are cut from them there.
package final class CropSource {
  /// Images of one scale.
  private struct Scale {
    /// `[height, width, 3]` bytes each.
    private(set) var images: [Tensor] = []
    private(set) var sizes: [(height: Int, width: Int)] = []
    /// Running sums of pixel counts: an image is chosen in proportion to its area.
    private(set) var areas: [Int] = []

    /// In pixels.
    var totalArea: Int { areas.last ?? 0 }

    mutating func add(_ more: [Image], torch: Torch, device: Tensor.Device) {
      for image in more {
        images.append(
          .bytes(torch, image.pixels, [image.height, image.width, 3], device: device))
        sizes.append((image.height, image.width))
        areas.append(totalArea + image.height * image.width)
      }
    }
  }

  private let torch: Torch
  private let device: Tensor.Device
  private var whole = Scale()
  /// By `TrainingImages.downscalingFactors`; empty without downscaled copies.
  private var downscaled: [Scale]
  private let downscaledShare: Double
  private let flips: Bool

  /// - Parameters:
  ///   - downscaledShare: the share of the crops, 0…1, that are cut from the images' downscaled copies, if there are any.
  ///   - flips: whether crops are mirrored and transposed at random.
  package init(
    _ images: TrainingImages, downscaledShare: Double, flips: Bool, torch: Torch, device: Tensor.Device
  ) throws {
    (self.torch, self.device) = (torch, device)
    self.downscaledShare = downscaledShare
    self.flips = flips
    downscaled = images.downscaled.map { _ in Scale() }
    whole.add(images.images, torch: torch, device: device)
    for (index, copies) in images.downscaled.enumerated() {
      downscaled[index].add(copies, torch: torch, device: device)
    }
    try torch.check()
  }

  /// Adds images, from which crops may be drawn from then on, and their downscaled copies if there are
  /// such of the others.
  func add(_ images: [Image], cropSize: Int, threads: Threads) throws {
    whole.add(images, torch: torch, device: device)
    for (index, factor) in zip(downscaled.indices, TrainingImages.downscalingFactors) {
      downscaled[index].add(
        TrainingImages.downscaled(images, by: factor, cropSize: cropSize, threads: threads),
        torch: torch, device: device)
    }
    try torch.check()
  }

  /// The images, without downscaled copies, for crops that a kernel cuts.
  ///
  /// - Parameter spare: how many images may be added to the table later.
  func table(spare: Int) throws -> CropTable {
    let table = CropTable(torch, capacity: count + spare, device: device)
    for (pixels, size) in zip(whole.images, whole.sizes) {
      table.add(pixels, width: size.width, height: size.height)
    }
    try torch.check()
    return table
  }

  /// In pixels, without downscaled copies.
  var totalArea: Int { whole.totalArea }
  var count: Int { whole.images.count }

  /// One random square, mirrored and transposed.
  private struct Choice {
    let image: Tensor
    let x, y, side: Int
    let flips: [Int]
    let transposes: Bool
  }

  /// - Parameter size: the side in pixels; of a smaller image, the shorter side.
  private func choose(_ size: Int, using random: inout SplitMix64) -> Choice {
    let copies = downscaled.filter { $0.totalArea > 0 }
    let isDownscaled =
      downscaledShare > 0 && !copies.isEmpty && random.uniform(0, 1) < downscaledShare
    let scale = isDownscaled ? copies[Int.random(in: copies.indices, using: &random)] : whole
    let target = Int.random(in: 0..<scale.totalArea, using: &random)
    let image = scale.areas.partitioningIndex { $0 > target }
    let (width, height) = (scale.sizes[image].width, scale.sizes[image].height)
    let side = min(size, width, height)
    let x = Int.random(in: 0...width - side, using: &random)
    let y = Int.random(in: 0...height - side, using: &random)
    let bits = flips ? random.next() : 0
    return Choice(
      image: scale.images[image], x: x, y: y, side: side,
      flips: (bits & 2 == 2 ? [0] : []) + (bits & 1 == 1 ? [1] : []), transposes: bits & 4 == 4)
  }

  /// Draws random squares and cuts some of them.
  ///
  /// - Parameters:
  ///   - count: how many are drawn.
  ///   - part: those that are cut; nil cuts all. The random numbers drawn do not depend on it.
  ///   - size: their side in pixels; no image is smaller.
  /// - Returns: bytes `[count or part's, size, size, 3]`.
  package func crops(
    _ count: Int, part: Range<Int>? = nil, size: Int, using random: inout SplitMix64
  ) -> Tensor {
    let choices = (0..<count).map { _ in choose(size, using: &random) }
    return .concatenate(
      choices[part ?? 0..<count].map { cut($0).reshape([1, size, size, 3]) }, dimension: 0)
  }

  /// Draws a random square.
  ///
  /// - Parameter size: its side in pixels; of a smaller image, the shorter side.
  package func crop(upTo size: Int, using random: inout SplitMix64) throws -> Image {
    let choice = choose(size, using: &random)
    let pixels = try cut(choice).reshape([1, choice.side, choice.side, 3]).converted(to: .float32).floats()
    return Image(
      width: choice.side, height: choice.side, channels: .rgb, pixels: pixels.map { UInt8($0) })
  }

  private func cut(_ choice: Choice) -> Tensor {
    let window = choice.image.narrow(0, choice.y, choice.side).narrow(1, choice.x, choice.side)
      .flipped(choice.flips)
    return choice.transposes ? window.permute([1, 0, 2]) : window
  }
}

extension Array {
  /// The first index whose element satisfies `belongs`, where all after it do too. O(log n).
  fileprivate func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
