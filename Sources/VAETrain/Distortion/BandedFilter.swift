import VAEZip

/// A filter along rows or columns as a banded matrix: on a CPU, libtorch's convolutions of single
/// channels take five times as long.
struct BandedFilter {
  /// What stands beyond the ends of a line.
  enum Border {
    /// Nothing: there are only outputs whose taps are all inside.
    case none
    case zero
  }

  /// `[size, outputs]`
  private let matrix: Tensor

  /// - Parameters:
  ///   - taps: an odd number, unless `border` is `none`.
  ///   - stride: between outputs; with a border, the first is centered on sample 0.
  init(
    _ torch: Torch, _ taps: [Float], size: Int, stride: Int = 1, border: Border,
    device: Tensor.Device
  ) {
    let outputs = border == .none ? (size - taps.count) / stride + 1 : size / stride
    let start = border == .none ? 0 : -(taps.count / 2)
    var matrix = [Float](repeating: 0, count: size * outputs)
    for output in 0..<outputs {
      for (tap, weight) in taps.enumerated() {
        let sample = output * stride + tap + start
        if 0..<size ~= sample { matrix[sample * outputs + output] += weight }
      }
    }
    self.matrix = .floats(torch, matrix, [size, outputs], device: device)
  }

  /// - Parameter planes: `[…, size]`.
  func alongRows(_ planes: Tensor) -> Tensor { planes.matmul(matrix) }

  /// - Parameter planes: `[…, size, columns]`.
  func alongColumns(_ planes: Tensor) -> Tensor { matrix.permute([1, 0]).matmul(planes) }

  /// Along rows and columns of squares, `[…, size, size]`.
  func squared(_ planes: Tensor) -> Tensor { alongColumns(alongRows(planes)) }
}
