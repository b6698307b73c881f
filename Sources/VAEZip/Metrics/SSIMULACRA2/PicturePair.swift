import VAEZipSupport

/// An original and a distorted picture of the same size, at one scale.
struct PicturePair: Sendable {
  let original, distorted: LinearPicture

  var width: Int { original.width }
  var height: Int { original.height }

  func halved() -> PicturePair {
    PicturePair(original: original.halved(), distorted: distorted.halved())
  }

  /// Rows that a thread takes at a time. A constant, so that sums don't depend on the threads.
  private static let bandHeight = 128

  /// The norms of the three maps, by channel.
  func norms(threads: Threads) -> [SSIMULACRA2.Norms] {
    let bands = (height + Self.bandHeight - 1) / Self.bandHeight
    let sums = threads.map(bands) { band -> [ErrorSums] in
      let start = band * Self.bandHeight
      var maps = ErrorMaps(self)
      return maps.sums(start..<min(start + Self.bandHeight, height))
    }
    let pixels = Double(width * height)
    return (0..<3).map { channel in
      sums.reduce(into: ErrorSums()) { $0.add($1[channel]) }.norms(pixels: pixels)
    }
  }
}

/// Sums of the three maps of a channel, and of their fourth powers.
struct ErrorSums: Sendable {
  private var ssim = SIMD2<Double>.zero
  private var addedEdges = SIMD2<Double>.zero
  private var lostEdges = SIMD2<Double>.zero

  mutating func add(_ other: ErrorSums) {
    ssim += other.ssim
    addedEdges += other.addedEdges
    lostEdges += other.lostEdges
  }

  /// Adds pixels of the SSIM map (0 and up) and edge differences (positive where edges were added).
  @inline(__always)
  mutating func add(_ sums: RowSums) {
    ssim += sums.ssim.total
    addedEdges += sums.addedEdges.total
    lostEdges += sums.lostEdges.total
  }

  func norms(pixels: Double) -> SSIMULACRA2.Norms {
    func pair(_ sums: SIMD2<Double>) -> SSIMULACRA2.Norms.Pair {
      (sums.x / pixels, (sums.y / pixels).squareRoot().squareRoot())
    }
    return SSIMULACRA2.Norms(
      ssim: pair(ssim), addedEdges: pair(addedEdges), lostEdges: pair(lostEdges))
  }
}

/// What a row adds to `ErrorSums`, by lanes.
struct RowSums {
  struct Powers {
    private var first = SIMD8<Float>.zero
    private var fourth = SIMD8<Float>.zero

    @inline(__always)
    mutating func add(_ values: SIMD8<Float>) {
      let squares = values * values
      first += values
      fourth += squares * squares
    }

    var total: SIMD2<Double> { SIMD2(Double(first.sum()), Double(fourth.sum())) }
  }
  var ssim = Powers()
  var addedEdges = Powers()
  var lostEdges = Powers()
}
