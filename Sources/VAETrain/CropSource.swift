import VAEZip

/// Training images on the device that trains, and the random crops that are cut from them there.
final class CropSource {
  /// `[height, width, 3]` bytes each.
  private let images: [Tensor]
  private let sizes: [(height: Int, width: Int)]
  /// Running sums of pixel counts: an image is chosen in proportion to its area.
  private let areas: [Int]

  init(_ images: TrainingImages, torch: Torch, device: Tensor.Device) throws {
    self.images = images.images.map {
      .bytes(torch, $0.pixels, [$0.height, $0.width, 3], device: device)
    }
    sizes = images.images.map { ($0.height, $0.width) }
    var total = 0
    areas = sizes.map { size in
      total += size.height * size.width
      return total
    }
    try torch.check()
  }

  /// In pixels.
  var totalArea: Int { areas.last ?? 0 }
  var count: Int { images.count }

  /// One random square, flipped and transposed at random.
  private struct Choice {
    let image, x, y: Int
    let flips: [Int]
    let transposes: Bool
  }

  private func choose(_ size: Int, using random: inout SplitMix64) -> Choice {
    let target = Int.random(in: 0..<totalArea, using: &random)
    let image = areas.partitioningIndex { $0 > target }
    let x = Int.random(in: 0...sizes[image].width - size, using: &random)
    let y = Int.random(in: 0...sizes[image].height - size, using: &random)
    let bits = random.next()
    return Choice(
      image: image, x: x, y: y, flips: (bits & 2 == 2 ? [0] : []) + (bits & 1 == 1 ? [1] : []),
      transposes: bits & 4 == 4)
  }

  /// Draws random squares and cuts some of them.
  ///
  /// - Parameters:
  ///   - count: how many are drawn.
  ///   - part: those that are cut; nil cuts all. The random numbers drawn do not depend on it.
  ///   - size: their side in pixels.
  /// - Returns: bytes `[count or part's, size, size, 3]`.
  func crops(
    _ count: Int, part: Range<Int>? = nil, size: Int, using random: inout SplitMix64
  ) -> Tensor {
    let choices = (0..<count).map { _ in choose(size, using: &random) }
    return .concatenate(
      choices[part ?? 0..<count].map { choice in
        let window = images[choice.image].narrow(0, choice.y, size).narrow(1, choice.x, size)
          .flipped(choice.flips)
        return (choice.transposes ? window.permute([1, 0, 2]) : window)
          .reshape([1, size, size, 3])
      }, dimension: 0)
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
