import CTorch
import VAEZip

/// One crop; the shim's `CropRecord`, byte for byte.
package struct CropRecord {
  package var image: Int32
  /// The source position of the upper left corner.
  package var x, y: Float
  /// Source pixels per pixel of the crop, at least 1.
  package var step: Float
  /// 1: left-right, 2: up-down, 4: transposed after these.
  package var flips: Int32
  private var unused: (Int32, Int32, Int32) = (0, 0, 0)

  package init(image: Int32, x: Float, y: Float, step: Float, flips: Int32) {
    (self.image, self.x, self.y, self.step, self.flips) = (image, x, y, step, flips)
  }
}

/// Training images in the device's memory, from which one kernel cuts a batch's crops: mirrored,
/// transposed, and at any scale, by antialiased bicubic interpolation.
package final class CropTable {
  private let torch: Torch
  private let device: Tensor.Device
  private var images: [Tensor] = []
  private var sizes: [(width: Int, height: Int)] = []
  /// Running sums of pixel counts: an image is drawn in proportion to its area.
  private var areas: [Int] = []
  /// The shim's `CropImage`s, as bytes.
  private let table: Tensor
  private static let entrySize = 24

  /// How many images there may be.
  package let capacity: Int
  package var count: Int { images.count }
  /// In pixels.
  package var totalArea: Int { areas.last ?? 0 }

  package init(_ torch: Torch, capacity: Int, device: Tensor.Device) {
    self.torch = torch
    self.device = device
    self.capacity = capacity
    table = .zeros(torch, [capacity * Self.entrySize], .uint8, device: device)
  }

  /// Adds an image, from which crops may be drawn from then on; does nothing when full.
  ///
  /// - Precondition: the image is RGB.
  package func add(_ image: Image) {
    let pixels = Tensor.bytes(
      torch, image.pixels, [image.height, image.width, 3], device: device)
    add(pixels, width: image.width, height: image.height)
  }

  /// - Parameter pixels: `[height, width, 3]` bytes on the table's device.
  func add(_ pixels: Tensor, width: Int, height: Int) {
    guard count < capacity else { return }
    let entry = [pixels.address, UInt64(width), UInt64(height)]
    let bytes = entry.withUnsafeBytes { [UInt8]($0) }
    table.narrow(0, count * Self.entrySize, Self.entrySize)
      .copy(from: .bytes(torch, bytes, [Self.entrySize], device: device))
    images.append(pixels)
    sizes.append((width, height))
    areas.append(totalArea + width * height)
  }

  /// Draws random squares.
  ///
  /// - Parameters:
  ///   - size: their side in pixels; images that are smaller are passed over.
  ///   - scaledShare: of the squares, 0…1, are scaled down, by a factor from 0.4 to 1.
  ///   - flips: whether they are mirrored and transposed at random.
  /// - Precondition: there is an image of at least `size` pixels each way.
  package func draw(
    _ count: Int, size: Int, scaledShare: Double, flips: Bool = true, using random: inout SplitMix64
  ) -> [CropRecord] {
    (0..<count).map { _ in
      var image: Int
      repeat {
        let target = Int.random(in: 0..<totalArea, using: &random)
        image = areas.firstIndexAbove(target)
      } while min(sizes[image].width, sizes[image].height) < size
      let (width, height) = (Double(sizes[image].width), Double(sizes[image].height))
      var step = 1.0
      if random.uniform(0, 1) < scaledShare {
        let smallest = max(0.4, Double(size) / min(width, height))
        step = 1 / random.uniform(smallest, 1)
      }
      let isScaled = step > 1
      func place(_ room: Double) -> Float {
        let place = random.uniform(0, max(room, 0) + (isScaled ? 0 : 1))
        return Float(isScaled ? place : min(place.rounded(.down), max(room, 0)))
      }
      let x = place(width - step * Double(size)), y = place(height - step * Double(size))
      return CropRecord(
        image: Int32(image), x: x, y: y, step: Float(step),
        flips: flips ? Int32(random.next() & 7) : 0)
    }
  }

  /// `[count, 3, size, size]`, (value − 128) / 128.
  package func crops(_ records: Tensor, count: Int, size: Int) -> Tensor {
    Tensor(torch, torch.api.crops(table.handle, records.handle, Int64(count), Int64(size)))
  }

  /// The same for records that are the host's.
  package func crops(_ records: [CropRecord], size: Int) -> Tensor {
    let bytes = records.withUnsafeBytes { [UInt8]($0) }
    return crops(
      .bytes(torch, bytes, [bytes.count], device: device), count: records.count, size: size)
  }
}

extension [Int] {
  /// The first index whose element is larger, in ascending elements of which the last is. O(log n).
  fileprivate func firstIndexAbove(_ value: Int) -> Int {
    var (low, high) = (0, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] > value { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
