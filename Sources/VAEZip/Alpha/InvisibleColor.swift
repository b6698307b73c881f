import VAEZipImage

/// Replaces the color of fully transparent pixels by one that needs few bytes: a smooth continuation
/// of the visible color beside and above them.
///
/// The color that editors leave there (black, white, a photograph) costs bytes, and a sharp edge at
/// the border of what is visible costs quality on both sides of it. Measured on photographs that were cut out and
/// had black around them: 14 % smaller files at quality 75 (6 % at 30), and 7 % less squared error of visible
/// pixels (14 %).
package final class InvisibleColor {
  private let width, channels, alphaBytes: Int
  /// The row above, as it is coded.
  private var above: [UInt8]
  private var isFirst = true

  /// - Parameter width: in pixels.
  package init(width: Int, format: Image.Format) {
    self.width = width
    (channels, alphaBytes) = (format.colorBytes, format.alphaBytes)
    above = [UInt8](repeating: 128, count: width * channels)
  }

  /// Goes through the next rows, as `Image.pixels` and `Image.alpha` have them.
  package func replace(
    in rows: UnsafeMutableBufferPointer<UInt8>, alpha: UnsafeMutableBufferPointer<UInt8>
  ) {
    guard alphaBytes > 0, let rowsBase = rows.baseAddress, let alphaBase = alpha.baseAddress else {
      return
    }
    for y in 0..<alpha.count / (width * alphaBytes) {
      let row = rowsBase + y * width * channels
      let opacity = alphaBase + y * width * alphaBytes
      func isVisible(_ x: Int) -> Bool {
        opacity[x * alphaBytes] != 0 || opacity[(x + 1) * alphaBytes - 1] != 0
      }
      var x = 0
      while x < width {
        guard !isVisible(x) else {
          x += 1
          continue
        }
        let start = x
        while x < width, !isVisible(x) { x += 1 }
        fill(row, start..<x)
      }
      above.withUnsafeMutableBufferPointer { above in
        above.baseAddress?.update(from: row, count: width * channels)
      }
      isFirst = false
    }
  }

  /// Between the visible neighbors linearly, 1/8 of that and 7/8 of the row above.
  private func fill(_ row: UnsafeMutablePointer<UInt8>, _ run: Range<Int>) {
    let (left, right) = (run.lowerBound - 1, run.upperBound)
    for c in 0..<channels {
      let first = left >= 0 ? Int(row[left * channels + c]) : nil
      let last = right < width ? Int(row[right * channels + c]) : nil
      for x in run {
        let place = x * channels + c
        let upper = Int(above[place])
        let target =
          switch (first, last) {
          case (let first?, let last?):
            (first * (right - x) + last * (x - left) + (right - left) / 2) / (right - left)
          default: first ?? last ?? upper
          }
        row[place] = UInt8(truncatingIfNeeded: isFirst ? target : (7 * upper + target + 4) >> 3)
      }
    }
  }
}
