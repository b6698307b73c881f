import Foundation
import VAEZip
import VAEZipEvaluation

/// Codes pictures with vaezip and its peers, and measures what comes out.
///
/// Codecs run one after another, so that their times are undisturbed. Metrics of several pictures are then
/// computed at the same time.
final class EvaluationRun {
  /// How pictures are coded and measured.
  struct Options {
    var qualities: [Double]
    /// Whether pictures are coded without loss, too.
    var includesLossless: Bool
    var coding: CodingOptions
    var threads: Int
    /// Pictures whose metrics are computed at the same time; 0 takes one a core.
    var jobs: Int
    /// Pictures whose crops the report's page shows.
    var reportPictures: Int
    /// Whether this program is run as a process too.
    var measuresPrograms: Bool
    /// Whether alpha is left out, since some peers lack it and others change the color below it.
    var dropsAlpha: Bool
  }

  /// How reports name this codec, and its coding without loss, which has a point and no curve.
  static let (codec, losslessCodec) = ("vaezip", "vaezip-lossless")

  /// What has been found out.
  private(set) var report: EvaluationReport
  /// For the report's page.
  private(set) var pictures: [ReportPicture] = []

  private let options: Options
  private let version: String
  private let modelID: String
  /// With the qualities; nil without loss.
  private let encoders: [(quality: Double?, encoder: ImageEncoder)]
  private let decoder: ImageDecoder
  private let own: OwnProgram?
  private let textbook: TextbookEvaluation?
  private let peers: [PeerRun]
  private let saved: SavedPictures?
  private let table: EvaluationTable
  private var bar: ProgressBar
  private var done = 0
  /// Coded pictures that wait for their metrics.
  private var waiting: [(point: EvaluationPoint, decoded: Image)] = []

  /// A picture above this has its metrics computed alone, since they need 300 bytes a pixel.
  private static let largePicture = 1 << 22

  init(
    _ options: Options, model: Model, version: String, images: Int,
    textbook: TextbookEvaluation?, peers: [PeerRun],
    folder: ExchangeFolder?, saved: SavedPictures?, table: EvaluationTable
  ) throws {
    self.options = options
    self.version = version
    self.textbook = textbook
    self.peers = peers
    self.saved = saved
    self.table = table
    let coding = options.coding
    modelID = ModelFile.name(ofID: model.id)
    // So that the first image's time does not include it.
    try model.prepare()
    decoder = ImageDecoder(models: ModelLibrary([model]), threads: options.threads)
    var settings: [(Double?, EncoderOptions)] = options.qualities.map {
      (
        $0,
        EncoderOptions(
          qualityPosition: model.qualityPosition($0), threads: options.threads, tileSize: coding.tileSize,
          effort: coding.effort)
      )
    }
    if options.includesLossless {
      settings.append(
        (nil, EncoderOptions(threads: options.threads, effort: coding.effort, isLossless: true)))
    }
    encoders = try settings.map { ($0, try ImageEncoder(model: model, options: $1)) }
    own = folder.flatMap { folder in
      options.measuresPrograms
        ? OwnProgram(
          folder: folder.path, effort: coding.effort, tileSize: coding.tileSize,
          model: coding.model, threads: options.threads) : nil
    }
    report = EvaluationReport(
      codecs: [.init(name: Self.codec, title: "vaezip -e \(coding.effort)", version: version)]
        + (options.includesLossless
          ? [
            .init(
              name: Self.losslessCodec, title: "vaezip -e \(coding.effort) --lossless", version: version,
              isLossless: true)
          ] : [])
        + peers.map {
          .init(
            name: $0.peer.rawValue, title: $0.peer.title, version: $0.version,
            isLossless: $0.peer.isLossless)
        })
    let trials = encoders.count + peers.reduce(0) { $0 + $1.peer.qualities.count }
    bar = ProgressBar(total: images * trials)
  }

  /// Notes a codec that could not be measured.
  func note(_ failure: EvaluationReport.Failure) {
    let file = failure.file.map { ": \($0)" } ?? ""
    Messages.failure("--against \(failure.codec)\(file): \(failure.reason)")
    report.failures.append(failure)
  }

  /// Adds curves from papers.
  func add(published points: [EvaluationPoint]) { report.published += points }

  /// Measures a picture with all codecs.
  func measure(_ path: String) throws {
    let whole = try ImageList.read(path).image
    let image = options.dropsAlpha ? whole.color : whole
    let kind = PictureKind(of: image)
    let file = PathText.repaired(path)
    var picture =
      pictures.count < options.reportPictures
      ? ReportPicture(of: image, file: file, kind: kind) : nil
    let base = EvaluationPoint(
      file: file, kind: kind, codec: "", setting: "", width: image.width, height: image.height)
    let jobs = image.width * image.height > Self.largePicture ? 1 : Threads(options.jobs).count
    let comparison = PictureComparison(
      image.color, threads: max(1, Threads(options.threads).count / jobs))
    let before = report.results.count

    func finish(_ point: EvaluationPoint, _ decoded: Image) throws {
      try saved?.write(decoded, of: path, codec: point.codec, quality: point.quality)
      picture?.add(decoded, codec: point.codec, setting: point.setting)
      waiting.append((point, decoded.color))
      if waiting.count >= jobs { try compare(comparison) }
    }
    try codeWithVAEZip(image, path, base, finish)
    try compare(comparison)
    if let textbook {
      for quality in options.qualities {
        report.results.append(
          try failing(path) { try textbook.point(of: image.color, base, quality: quality) })
      }
    }
    for peer in peers { try code(image, path, base, with: peer, finish) }
    try compare(comparison)
    if var shown = picture {
      let points = Array(report.results[before...])
      shown.keep(
        ReportSelection.shown(points, qualities: ReportSelection.spread(options.qualities)))
      pictures.append(shown)
    }
    bar.clear()
  }

  private func codeWithVAEZip(
    _ image: Image, _ path: String, _ base: EvaluationPoint,
    _ finish: (EvaluationPoint, Image) throws -> Void
  ) throws {
    try own?.prepare(image)
    for (quality, encoder) in encoders {
      let isLossless = quality == nil
      let option = quality.map { ["-q", QualityList.text($0)] } ?? ["--lossless"]
      let setting = option.joined(separator: " ")
      show(path, "vaezip \(setting)")
      let (trial, times) = try failing(path) { () throws -> (CodecTrial, [Figure: Double]) in
        guard let own else {
          return (try CodecTrial(of: image, encoder: encoder, decoder: decoder), [:])
        }
        // What the whole program made need not be made again.
        let made = try own.run(option)
        return (
          try CodecTrial(of: image, file: made.file, encoder: encoder, decoder: decoder),
          made.figures
        )
      }
      var point = base
      (point.codec, point.version) = (isLossless ? Self.losslessCodec : Self.codec, version)
      point.setting = "vaezip -e \(options.coding.effort) \(setting)"
      (point.quality, point.effort) = (quality, options.coding.effort)
      point.model = isLossless ? nil : modelID
      point.figures = trial.figures.merging(times) { $1 }
      try failing(path) { try finish(point, trial.decoded) }
    }
  }

  private func code(
    _ image: Image, _ path: String, _ base: EvaluationPoint, with run: PeerRun,
    _ finish: (EvaluationPoint, Image) throws -> Void
  ) throws {
    let peer = run.peer
    var reason: ProgramRun.Failure?
    for (index, quality) in peer.qualities.enumerated() {
      show(path, peer.setting(quality: quality))
      var point = base
      (point.codec, point.version) = (peer.rawValue, run.version)
      point.setting = peer.setting(quality: quality)
      point.quality = peer.isLossless ? nil : Double(quality)
      let trial: PeerRun.Trial
      do throws(ProgramRun.Failure) {
        if index == 0 { try run.prepare(image) }
        trial = try run.trial(of: image, quality: quality)
      } catch {
        // One that fails once fails again: its other settings are left out, for this picture.
        point.note = error.description
        report.results.append(point)
        done += peer.qualities.count - index - 1
        reason = error
        break
      }
      point.figures = trial.figures
      try finish(point, trial.decoded)
    }
    if let reason {
      bar.clear()
      note(.init(codec: peer.rawValue, file: base.file, reason: reason.description))
    }
  }

  /// Computes the metrics of all waiting pictures, and prints vaezip's rows.
  private func compare(_ comparison: PictureComparison) throws {
    let pairs = waiting
    waiting = []
    let figures = try Threads(pairs.count).map(pairs.count) { index throws(MetricsError) in
      try comparison.figures(of: pairs[index].decoded)
    }
    for (index, pair) in pairs.enumerated() {
      var point = pair.point
      point.figures.merge(figures[index]) { $1 }
      report.results.append(point)
      guard point.effort != nil else { continue }
      bar.clear()
      try table.print(point)
    }
  }

  private func show(_ path: String, _ setting: String) {
    bar.show(done, "\(PathText.name(of: path)), \(setting)")
    done += 1
  }

  /// Names the file in errors, and clears the bar before they are printed.
  private func failing<T>(_ path: String, _ body: () throws -> T) throws -> T {
    do {
      return try CommandFailure.naming(path, body)
    } catch {
      bar.clear()
      throw error
    }
  }
}
