import VAEZip

/// A picture at one setting of a codec, or the mean over pictures: a row of all tables.
package struct EvaluationPoint: Sendable, Equatable {
  /// The picture's file, or "mean".
  package var file: String
  /// Of the picture, or of all pictures of a mean; nil for a mean over both kinds.
  package var kind: PictureKind?
  /// For example "vaezip" or "jpeg".
  package var codec: String
  /// Of the codec's program.
  package var version: String
  /// The encoder's options.
  package var setting: String
  /// On the codec's own scale; nil for one without.
  package var quality: Double?
  /// vaezip's; nil for others.
  package var effort: Int?
  /// vaezip's model id; nil for others.
  package var model: String?
  /// In pixels; nil for a mean.
  package var width: Int?
  /// In pixels; nil for a mean.
  package var height: Int?
  /// A figure that is not here has a reason in `note`, or does not exist for this codec.
  package var figures: [Figure: Double]
  /// Why figures are missing; empty if nothing is to be said.
  package var note: String

  package init(
    file: String, kind: PictureKind? = nil, codec: String, version: String = "", setting: String,
    quality: Double? = nil, effort: Int? = nil, model: String? = nil, width: Int? = nil,
    height: Int? = nil, figures: [Figure: Double] = [:], note: String = ""
  ) {
    self.file = file
    self.kind = kind
    self.codec = codec
    self.version = version
    self.setting = setting
    self.quality = quality
    self.effort = effort
    self.model = model
    self.width = width
    self.height = height
    self.figures = figures
    self.note = note
  }

  /// The point on a rate–distortion curve; nil where the metric is missing or infinite.
  package func rate(by metric: QualityMetric) -> RDPoint? {
    guard let rate = figures[.bpp], let value = figures[metric.figure], value.isFinite else {
      return nil
    }
    let quality =
      switch metric {
      case .msssim: Metrics.decibels(msssim: value)
      case .butteraugliNorm, .butteraugliMaximum: -value
      default: value
      }
    return quality.isFinite ? RDPoint(rate: rate, quality: quality) : nil
  }

  /// What two points of a mean have in common.
  private struct Group: Hashable {
    let codec, version, setting: String
  }

  /// For each codec and setting, in the order of their first appearance, the arithmetic means.
  ///
  /// A figure that some picture lacks has no mean, since means over different pictures do not compare.
  /// - Parameter kind: of the pictures that count; nil for all.
  package static func means(
    of points: [EvaluationPoint], kind: PictureKind? = nil
  ) -> [EvaluationPoint] {
    var groups: [[EvaluationPoint]] = []
    var places: [Group: Int] = [:]
    for point in points where kind == nil || point.kind == kind {
      let group = Group(codec: point.codec, version: point.version, setting: point.setting)
      if let place = places[group] {
        groups[place].append(point)
      } else {
        places[group] = groups.count
        groups.append([point])
      }
    }
    let pictures = groups.map(\.count).max() ?? 0
    return groups.map { mean(of: $0, kind: kind, pictures: pictures) }
  }

  private static func mean(
    of group: [EvaluationPoint], kind: PictureKind?, pictures: Int
  ) -> EvaluationPoint {
    var mean = group[0]
    (mean.file, mean.kind, mean.width, mean.height) = ("mean", kind, nil, nil)
    (mean.figures, mean.note) = ([:], "")
    for figure in Figure.allCases {
      let values = group.compactMap { $0.figures[figure] }
      if values.count == pictures {
        mean.figures[figure] = values.reduce(0, +) / Double(values.count)
      }
    }
    let whole = group.count { !$0.figures.isEmpty }
    if whole < pictures { mean.note = "coded \(whole) of \(pictures) pictures" }
    return mean
  }
}

extension EvaluationPoint: Encodable {
  private enum Key: String, CodingKey {
    case file, kind, codec, version, setting, quality, effort, model, width, height, note
  }

  /// The names of all columns: also the keys of the JSON object.
  package static let columns =
    ["file", "kind", "codec", "version", "setting", "quality", "effort", "model", "width", "height"]
    + Figure.allCases.map(\.rawValue) + ["note"]

  /// All figures are keys; one that is missing or not finite is null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(file, forKey: .file)
    try container.encode(kind, forKey: .kind)
    try container.encode(codec, forKey: .codec)
    try container.encode(version, forKey: .version)
    try container.encode(setting, forKey: .setting)
    try container.encode(quality, forKey: .quality)
    try container.encode(effort, forKey: .effort)
    try container.encode(model, forKey: .model)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(note, forKey: .note)
    var figures = encoder.container(keyedBy: Figure.self)
    for figure in Figure.allCases {
      let value = self.figures[figure] ?? .nan
      try figures.encode(value.isFinite ? value : nil, forKey: figure)
    }
  }
}
