import VAEZipImage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A picture in linear light, 0…1, as rows of three planes.
///
/// The full-size picture stays in bytes and is converted row by row; its smaller copies are floats.
struct LinearPicture: Sendable {
  let width, height: Int
  private enum Samples: Sendable {
    /// sRGB, interleaved.
    case bytes([UInt8], channels: Int)
    /// Rows of red, green and blue: `[height][3][width]`.
    case floats([Float])
  }
  private let samples: Samples

  /// - Parameter image: sRGB; gray counts for all three channels.
  init(_ image: Image) {
    width = image.width
    height = image.height
    samples = .bytes(image.pixels, channels: Int(image.channels.rawValue))
  }

  private init(width: Int, height: Int, rows: [Float]) {
    self.width = width
    self.height = height
    samples = .floats(rows)
  }

  /// Linear light of an sRGB byte (IEC 61966-2-1).
  private static let linear: [Float] = (0..<256).map { byte in
    let value = Double(byte) / 255
    return Float(value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4))
  }

  /// Writes row `y` to `row`: `width` samples of red, then of green, then of blue, `stride` apart.
  func read(_ y: Int, into row: UnsafeMutablePointer<Float>, stride: Int) {
    switch samples {
    case .bytes(let bytes, let channels):
      Self.linear.withUnsafeBufferPointer { linear in
        bytes.withUnsafeBufferPointer { bytes in
          let start = y * width * channels
          for channel in 0..<3 {
            let (from, to) = (start + min(channel, channels - 1), channel * stride)
            for x in 0..<width { row[to + x] = linear[Int(bytes[from + x * channels])] }
          }
        }
      }
    case .floats(let rows):
      rows.withUnsafeBufferPointer { rows in
        for channel in 0..<3 {
          let (from, to) = ((y * 3 + channel) * width, channel * stride)
          for x in 0..<width { row[to + x] = rows[from + x] }
        }
      }
    }
  }

  /// Means of 2 × 2 pixels; an odd last row or column counts twice.
  func halved() -> LinearPicture {
    let half = (width: (width + 1) / 2, height: (height + 1) / 2)
    var result = [Float](repeating: 0, count: half.height * 3 * half.width)
    var upper = [Float](repeating: 0, count: 3 * width)
    var lower = upper
    for y in 0..<half.height {
      upper.withUnsafeMutableBufferPointer { row in
        if let base = row.baseAddress { read(2 * y, into: base, stride: width) }
      }
      lower.withUnsafeMutableBufferPointer { row in
        if let base = row.baseAddress { read(min(2 * y + 1, height - 1), into: base, stride: width) }
      }
      for channel in 0..<3 {
        let (from, to) = (channel * width, (y * 3 + channel) * half.width)
        for x in 0..<half.width {
          let (left, right) = (from + 2 * x, from + min(2 * x + 1, width - 1))
          result[to + x] = (upper[left] + upper[right] + lower[left] + lower[right]) / 4
        }
      }
    }
    return LinearPicture(width: half.width, height: half.height, rows: result)
  }
}
