import VAEZipImage
import VAEZipSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension Metrics {
  /// SSIMULACRA 2.1, a metric that was fitted to what people say of compressed pictures (Sneyers,
  /// Cloudinary 2022/23; libjxl's tool `ssimulacra2`).
  ///
  /// Both pictures are taken as sRGB and compared in XYB, a color space of cone responses, at six
  /// scales. At each scale and for each of X, Y and B − Y there are three maps: an SSIM map, and how
  /// far the distorted picture has edges where the original has none, and the other way round. The
  /// score is a function of the weighted sum of the maps' 1-norms and 4-norms.
  ///
  /// The values are those of libjxl's tool: its filter, its zeros beyond the borders, and its order of weights
  /// are followed. Where a side is below 113 pixels there are fewer than six scales, and the weights of later ones
  /// move up. The tool filters recursively in floats, whose rounding counts as an error: it lowers scores
  /// above 90 by up to 1, others by less than 0.1, and differs by instruction set. The values here are those
  /// of float64, to 0.001. A side below 8 pixels, which the tool does not measure, is extended to 8 by repeating
  /// its last row or column.
  ///
  /// ```swift
  /// let score = try Metrics.ssimulacra2(original, decoded)  // 90: hard to tell apart; 30: poor
  /// ```
  ///
  /// - Parameters:
  ///   - original: RGB or gray, 8 bits a sample; alpha is ignored.
  ///   - distorted: of the same size and channels. The two must not be exchanged: the score differs.
  ///   - threads: to use; 0 takes all cores. The value does not depend on it.
  /// - Returns: 100 for identical pictures, less for others; below 0 for very poor ones.
  /// - Throws: `MetricsError.differentShapes`.
  /// - Complexity: O(pixels). Memory: 8 bytes a pixel, and 200 kB a thread for each 1,000 of width.
  public static func ssimulacra2(
    _ original: Image, _ distorted: Image, threads: Int = 1
  ) throws(MetricsError) -> Double {
    try requireSameShape(original, distorted)
    var pair = PicturePair(
      original: LinearPicture(original.extended(toSides: SSIMULACRA2.smallestSide)),
      distorted: LinearPicture(distorted.extended(toSides: SSIMULACRA2.smallestSide)))
    var norms: [[SSIMULACRA2.Norms]] = []
    for scale in 0..<SSIMULACRA2.scales {
      // The last scale may be smaller: as in the tool, what counts is the one before it.
      guard min(pair.width, pair.height) >= SSIMULACRA2.smallestSide else { break }
      if scale > 0 { pair = pair.halved() }
      norms.append(pair.norms(threads: Threads(threads)))
    }
    return SSIMULACRA2.score(distance: SSIMULACRA2.distance(norms))
  }
}

/// What the metric consists of beside the maps themselves; the trainer's differentiable twin shares it.
package enum SSIMULACRA2 {
  package static let scales = 6
  /// Pixels that a side must have for another scale.
  package static let smallestSide = 8
  /// Taps of `kernel`.
  package static let window = 9
  /// A Gaussian of σ = 1.5 as the sum of three cosines, cut off where they end (Charalampidis, “Recursive
  /// implementation of the Gaussian filter using truncated cosine functions”, 2016).
  package static let kernel: [Float] = [
    0.009_414_367_8, 0.036_011_114_7, 0.109_335_372_8, 0.212_928_592_0, 0.264_621_105_5,
    0.212_928_592_0, 0.109_335_372_8, 0.036_011_114_7, 0.009_414_367_8,
  ]
  /// Stabilizes the SSIM map.
  package static let stabilizer = 0.0009

  /// The two norms of the three maps of one channel at one scale.
  package struct Norms: Sendable, Equatable {
    /// Mean, and fourth root of the mean fourth power.
    package typealias Pair = (mean: Double, fourth: Double)
    /// In the order of `weights`: mean of SSIM, added edges, lost edges; then their 4-norms.
    package var values: [Double]

    package init(ssim: Pair, addedEdges: Pair, lostEdges: Pair) {
      values = [
        ssim.mean, addedEdges.mean, lostEdges.mean, ssim.fourth, addedEdges.fourth, lostEdges.fourth,
      ]
    }
  }

  /// The weighted sum of all norms: 0 for identical pictures.
  ///
  /// - Parameter norms: by scale, then by channel (X, Y, B − Y).
  static func distance(_ norms: [[Norms]]) -> Double {
    var sum = 0.0
    var next = weights.startIndex
    for channel in 0..<3 {
      for scale in norms {
        for value in scale[channel].values {
          sum += weights[next] * value
          next += 1
        }
      }
    }
    return sum
  }

  /// The score that a weighted sum stands for, 100 at most.
  package static func score(distance: Double) -> Double {
    let x = distance * 0.9562382616834844
    let y = 2.326765642916932 * x - 0.020884521182843837 * x * x + 6.248496625763138e-05 * x * x * x
    return y > 0 ? 100 - 10 * pow(y, 0.6276336467831387) : 100
  }

  /// By channel, scale and value of `Norms`, the last innermost: 3 × 6 × 6.
  package static let weights: [Double] = [
    // X: two lines for each scale, the finest first.
    0, 0.0007376606707406586, 0,
    0, 0.0007793481682867309, 0,
    0, 0.0004371155730107379, 0,
    1.1041726426657346, 0.00066284834129271, 0.00015231632783718752,
    0, 0.0016406437456599754, 0,
    1.8422455520539298, 11.441172603757666, 0,
    0.0007989109436015163, 0.000176816438078653, 0,
    1.8787594979546387, 10.94906990605142, 0,
    0.0007289346991508072, 0.9677937080626833, 0,
    0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053,
    0.0004550992113792063, 0, 0,
    0.0013648766163243398, 0, 0,
    // Y: two lines for each scale, the finest first.
    0, 0, 0,
    7.466890328078848, 0, 17.445833984131262,
    0.0006235601634041466, 0, 0,
    6.683678146179332, 0.00037724407979611296, 1.027889937768264,
    225.20515300849274, 0, 0,
    19.213238186143016, 0.0011401524586618361, 0.001237755635509985,
    176.39317598450694, 0, 0,
    24.43300999870476, 0.28520802612117757, 0.0004485436923833408,
    0, 0, 0,
    34.77906344483772, 44.835625328877896, 0,
    0, 0, 0,
    0, 0, 0,
    // B − Y: two lines for each scale, the finest first.
    0, 0.0008680556573291698, 0,
    0, 0, 0,
    0, 0.0005313191874358747, 0,
    0.00016533814161379112, 0, 0,
    0, 0, 0,
    0.0004179171803251336, 0.0017290828234722833, 0,
    0.0020827005846636437, 0, 0,
    8.826982764996862, 23.19243343998926, 0,
    95.1080498811086, 0.9863978034400682, 0.9834382792465353,
    0.0012286405048278493, 171.2667255897307, 0.9807858872435379,
    0, 0, 0,
    0.0005130064588990679, 0, 0.00010854057858411537,
  ]
}

extension Image {
  /// The image with its last column and row repeated until both sides have so many pixels.
  fileprivate func extended(toSides side: Int) -> Image {
    guard width < side || height < side else { return self }
    let (newWidth, newHeight) = (max(width, side), max(height, side))
    let samples = Int(channels.rawValue)
    var extended: [UInt8] = []
    extended.reserveCapacity(newWidth * newHeight * samples)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let pixel = (min(y, height - 1) * width + min(x, width - 1)) * samples
        extended += pixels[pixel..<pixel + samples]
      }
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: extended)
  }
}
