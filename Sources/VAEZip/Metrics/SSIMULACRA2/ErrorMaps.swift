/// Computes the maps of SSIMULACRA2 of some rows of a picture.
///
/// With a for the original and e = distorted − original, the Gaussian is taken of a, e, a² + b² and e².
/// So the part of the SSIM map that is small for similar pictures is computed from small numbers, and
/// floats suffice: 1 − (1 − μe²)(s − v) / s = (v + μe² (s − v)) / s, where v = G(e²) − μe² and
/// s = G(a² + b²) − μa² − μb² + C.
///
/// Beyond all borders there are zeros, as in the reference.
struct ErrorMaps {
  private typealias Vector = SIMD8<Float>

  private let pair: PicturePair
  /// Samples of a row with 8 more on both sides, a multiple of 8.
  private let stride: Int
  private let taps: [Float]
  /// For each of the last `window` rows, of three channels: a, b, e, a² + b², e². Then a row of zeros.
  private var ring: [Float]
  private var ringRows: [Int]
  /// Rows of a pair, before they are in the ring.
  private var colors: [Float]
  /// Of one channel, filtered down: a, e, a² + b², e². Zeros stand on both sides.
  private var filtered: [Float]

  private static let margin = 8
  private static let radius = SSIMULACRA2.window / 2
  private static let kinds = 5

  init(_ pair: PicturePair) {
    self.pair = pair
    stride = (pair.width + 2 * Self.margin + 7) / 8 * 8
    // Half of the symmetric window: the middle, then outwards.
    taps = Array(SSIMULACRA2.kernel[Self.radius...])
    ring = [Float](repeating: 0, count: (SSIMULACRA2.window + 1) * 3 * Self.kinds * stride)
    ringRows = Array(repeating: -1, count: SSIMULACRA2.window)
    colors = [Float](repeating: 0, count: 6 * stride)
    filtered = [Float](repeating: 0, count: 4 * stride)
  }

  /// The sums over some rows, by channel.
  mutating func sums(_ rows: Range<Int>) -> [ErrorSums] {
    var sums = Array(repeating: ErrorSums(), count: 3)
    for y in rows {
      let slots = (-Self.radius...Self.radius).map { slot(of: y + $0) }
      for channel in 0..<3 {
        filterDown(channel, slots)
        sums[channel].add(rowSums(channel, center: slots[Self.radius]))
      }
    }
    return sums
  }

  /// Where the ring has a row; reads it if need be. Beyond a border it is the row of zeros.
  private mutating func slot(of y: Int) -> Int {
    guard 0..<pair.height ~= y else { return SSIMULACRA2.window }
    let slot = y % SSIMULACRA2.window
    if ringRows[slot] != y {
      ringRows[slot] = y
      load(y, slot)
    }
    return slot
  }

  private func start(_ slot: Int, _ channel: Int) -> Int {
    (slot * 3 + channel) * Self.kinds * stride
  }

  private mutating func load(_ y: Int, _ slot: Int) {
    let (stride, width) = (stride, pair.width)
    let pair = pair
    colors.withUnsafeMutableBufferPointer { colors in
      guard let original = colors.baseAddress else { return }
      let distorted = original + 3 * stride
      pair.original.read(y, into: original, stride: stride)
      pair.distorted.read(y, into: distorted, stride: stride)
      OpsinColor.convert(original, width: width, stride: stride)
      OpsinColor.convert(distorted, width: width, stride: stride)
    }
    for channel in 0..<3 {
      let to = start(slot, channel)
      colors.withUnsafeBufferPointer { colors in
        ring.withUnsafeMutableBufferPointer { ring in
          for x in 0..<width {
            let (a, b) = (colors[channel * stride + x], colors[(channel + 3) * stride + x])
            let difference = b - a
            ring[to + x] = a
            ring[to + stride + x] = b
            ring[to + 2 * stride + x] = difference
            ring[to + 3 * stride + x] = a * a + b * b
            ring[to + 4 * stride + x] = difference * difference
          }
        }
      }
    }
  }

  /// Filters a channel's columns around the rows in `slots`.
  private mutating func filterDown(_ channel: Int, _ slots: [Int]) {
    let starts = slots.map { start($0, channel) }
    let (stride, width) = (stride, pair.width)
    let half = (taps[0], taps[1], taps[2], taps[3], taps[4])
    ring.withUnsafeMutableBufferPointer { ring in
      filtered.withUnsafeMutableBufferPointer { filtered in
        guard let ring = ring.baseAddress, let filtered = filtered.baseAddress else { return }
        for (index, kind) in [0, 2, 3, 4].enumerated() {
          let rows = starts.map { ring + $0 + kind * stride }
          let middle = rows[4]
          let (above, below) = (
            (rows[3], rows[2], rows[1], rows[0]), (rows[5], rows[6], rows[7], rows[8])
          )
          let result = filtered + index * stride + Self.margin
          for x in Swift.stride(from: 0, to: width, by: 8) {
            var sum = middle.vector(x) * half.0
            sum += (above.0.vector(x) + below.0.vector(x)) * half.1
            sum += (above.1.vector(x) + below.1.vector(x)) * half.2
            sum += (above.2.vector(x) + below.2.vector(x)) * half.3
            sum += (above.3.vector(x) + below.3.vector(x)) * half.4
            result.store(sum, at: x)
          }
          // What lies right of the picture is zero.
          for x in width..<(width + 7) / 8 * 8 { result[x] = 0 }
        }
      }
    }
  }

  /// Filters along the row, and adds up its SSIM map and edge differences.
  private func rowSums(_ channel: Int, center slot: Int) -> RowSums {
    let (stride, center, width) = (stride, start(slot, channel), pair.width)
    let half = (taps[0], taps[1], taps[2], taps[3], taps[4])
    let constant = Float(SSIMULACRA2.stabilizer)
    var sums = RowSums()
    filtered.withUnsafeBytes { filtered in
      ring.withUnsafeBytes { ring in
        @inline(__always)
        func blurred(_ index: Int, _ x: Int) -> Vector {
          @inline(__always)
          func column(_ offset: Int) -> Vector {
            filtered.loadUnaligned(
              fromByteOffset: (index * stride + Self.margin + x + offset) * 4, as: Vector.self)
          }
          var sum = column(0) * half.0 + (column(-1) + column(1)) * half.1
          sum += (column(-2) + column(2)) * half.2
          sum += (column(-3) + column(3)) * half.3
          return sum + (column(-4) + column(4)) * half.4
        }
        @inline(__always)
        func sample(_ kind: Int, _ x: Int) -> Vector {
          ring.loadUnaligned(fromByteOffset: (center + kind * stride + x) * 4, as: Vector.self)
        }
        for x in Swift.stride(from: 0, to: width, by: 8) {
          let (meanA, meanE) = (blurred(0, x), blurred(1, x))
          let meanB = meanA + meanE
          let squaredMean = meanE * meanE
          let variance = blurred(3, x) - squaredMean
          let both = blurred(2, x) - meanA * meanA - meanB * meanB + constant
          var ssim = (variance + squaredMean * (both - variance)) / both
          let edgeA = (sample(0, x) - meanA).magnitude
          let edgeB = (sample(1, x) - meanB).magnitude
          var edges = (edgeB - edgeA) / (edgeA + 1)
          if width - x < 8 {
            let outside = Self.lanes .>= Int32(width - x)
            ssim.replace(with: 0, where: outside)
            edges.replace(with: 0, where: outside)
          }
          sums.ssim.add(ssim.positive)
          sums.addedEdges.add(edges.positive)
          sums.lostEdges.add((-edges).positive)
        }
      }
    }
    return sums
  }

  private static let lanes = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7)
}
