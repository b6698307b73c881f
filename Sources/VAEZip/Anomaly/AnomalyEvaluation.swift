import VAEZip
import VAEZipFeatures

/// Measures scores against labels and masks.
public struct AnomalyEvaluation: Sendable {
  /// The figures; each is nil if samples of one kind are missing.
  public struct Figures: Sendable, Equatable, Encodable {
    /// Area under the receiver operating characteristic of whole pictures.
    public let imageAUROC: Double?
    /// The same of pixels, which have the distance of their position.
    public let pixelAUROC: Double?
    /// Area under the per-region-overlap curve up to a false-positive rate of 0.3.
    public let aupro: Double?

    private enum CodingKeys: String, CodingKey {
      case imageAUROC = "image_auroc"
      case pixelAUROC = "pixel_auroc"
      case aupro
    }
  }

  private var images: [RankingCurves.Sample] = []
  private var pixels: [RankingCurves.Sample] = []
  private var regions: [[RankingCurves.Sample]] = []

  /// An evaluation without pictures.
  public init() {}

  /// Adds a picture of which only is known whether it is anomalous.
  public mutating func add(_ score: AnomalyScore, isAnomalous: Bool) {
    images.append(
      RankingCurves.Sample(
        score: score.score, normal: isAnomalous ? 0 : 1, anomalous: isAnomalous ? 1 : 0))
  }

  /// Adds a picture with a mask.
  ///
  /// - Parameters:
  ///   - score: of a picture of `width` × `height` pixels.
  ///   - mask: whether each pixel is anomalous, row by row; all false for a normal picture.
  ///   - width: in pixels.
  ///   - height: in pixels.
  /// - Throws: `FeatureError.mismatch` if the mask has another size.
  public mutating func add(
    _ score: AnomalyScore, mask: [Bool], width: Int, height: Int
  ) throws(FeatureError) {
    let expected = (score.local.width, score.local.height)
    guard mask.count == width * height, expected == ((width + 15) / 16, (height + 15) / 16) else {
      throw .mismatch(
        what: "mask", expected: "the size of its picture", found: "\(width) × \(height) pixels")
    }
    add(score, isAnomalous: mask.contains(true))
    let columns = score.local.width
    var anomalous = [Int](repeating: 0, count: score.local.count)
    var all = anomalous
    for y in 0..<height {
      for x in 0..<width {
        all[y / 16 * columns + x / 16] += 1
        if mask[y * width + x] { anomalous[y / 16 * columns + x / 16] += 1 }
      }
    }
    for position in all.indices {
      pixels.append(
        RankingCurves.Sample(
          score: Double(score.local.values[position]), normal: Double(all[position] - anomalous[position]),
          anomalous: Double(anomalous[position])))
    }
    for region in Self.regions(mask, width: width, height: height) {
      var counts: [Int: Double] = [:]
      for pixel in region { counts[pixel / width / 16 * columns + pixel % width / 16, default: 0] += 1 }
      regions.append(
        counts.map { position, count in
          RankingCurves.Sample(score: Double(score.local.values[position]), normal: 0, anomalous: count)
        })
    }
  }

  /// What was measured.
  public var figures: Figures {
    Figures(
      imageAUROC: RankingCurves.auroc(images), pixelAUROC: RankingCurves.auroc(pixels),
      aupro: RankingCurves.aupro(normal: pixels, regions: regions))
  }

  /// The connected parts of a mask, diagonal neighbors included.
  static func regions(_ mask: [Bool], width: Int, height: Int) -> [[Int]] {
    var left = mask
    var regions: [[Int]] = []
    for start in mask.indices where left[start] {
      left[start] = false
      var region = [start]
      var next = 0
      while next < region.count {
        let (x, y) = (region[next] % width, region[next] / width)
        next += 1
        for row in max(y - 1, 0)...min(y + 1, height - 1) {
          for column in max(x - 1, 0)...min(x + 1, width - 1) where left[row * width + column] {
            left[row * width + column] = false
            region.append(row * width + column)
          }
        }
      }
      regions.append(region)
    }
    return regions
  }
}
