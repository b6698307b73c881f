import Foundation
import Testing
import VAEZipEvaluation

/// BD-rates, computed again from the CSV file alone, by sums over many small steps.
@Suite struct BDRateFromCSVTests {
  private struct Row {
    let file, codec: String
    let figures: [String: Double]
  }

  private func report() -> EvaluationReport {
    var report = EvaluationReport(codecs: [
      .init(name: "vaezip", title: "vaezip", version: "1"),
      .init(name: "jpeg", title: "cjpeg", version: "2"),
    ])
    for (number, file) in ["a.png", "b.png"].enumerated() {
      for (codec, cost) in [("vaezip", 1.0), ("jpeg", 1.7 + 0.4 * Double(number))] {
        for step in 0..<6 {
          let x = Double(step) + (codec == "jpeg" ? 0.3 : 0)
          let bpp = cost * (0.05 + 0.08 * x + 0.05 * x * x)
          report.results.append(
            EvaluationPoint(
              file: file, kind: .photograph, codec: codec, setting: "\(codec) -q \(step)",
              quality: Double(step), width: 10, height: 10,
              figures: [
                .bpp: bpp, .psnr: 26 + 2.4 * x - 0.1 * x * x, .msssim: 1 - 0.1 * exp(-0.7 * x),
                .ssimulacra2: 20 + 30 * log(1 + x), .butteraugliNorm: 6 / (1 + x),
              ]))
        }
      }
    }
    return report
  }

  private func rows(_ csv: String) throws -> [Row] {
    let lines = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let columns = try #require(lines.first)
    return try lines.dropFirst().map { fields in
      let table = Dictionary(uniqueKeysWithValues: zip(columns, fields))
      return Row(
        file: try #require(table["file"]), codec: try #require(table["codec"]),
        figures: table.compactMapValues(Double.init))
    }
  }

  /// Fritsch and Butland's slopes, and the cubic between two points.
  private func interpolate(_ x: [Double], _ y: [Double], at place: Double) -> Double {
    let n = x.count
    func secant(_ i: Int) -> Double { (y[i + 1] - y[i]) / (x[i + 1] - x[i]) }
    func slope(_ i: Int) -> Double {
      if i > 0, i < n - 1 {
        let (a, b) = (secant(i - 1), secant(i))
        if a * b <= 0 { return 0 }
        let (h, k) = (x[i] - x[i - 1], x[i + 1] - x[i])
        return 3 * (h + k) / ((2 * k + h) / a + (k + 2 * h) / b)
      }
      let (near, far) = i == 0 ? (0, 1) : (n - 2, n - 3)
      let (h, k) = (x[near + 1] - x[near], x[far + 1] - x[far])
      let value = ((2 * h + k) * secant(near) - h * secant(far)) / (h + k)
      if value * secant(near) <= 0 { return 0 }
      if secant(near) * secant(far) < 0, abs(value) > 3 * abs(secant(near)) { return 3 * secant(near) }
      return value
    }
    let i = min(max(x.lastIndex { $0 <= place } ?? 0, 0), n - 2)
    let h = x[i + 1] - x[i]
    let t = (place - x[i]) / h
    return (1 + 2 * t) * (1 - t) * (1 - t) * y[i] + t * (1 - t) * (1 - t) * h * slope(i)
      + t * t * (3 - 2 * t) * y[i + 1] + t * t * (t - 1) * h * slope(i + 1)
  }

  private func rate(_ rows: [Row], _ metric: String) throws -> Double {
    func curve(_ codec: String) throws -> (x: [Double], y: [Double]) {
      let points = try rows.filter { $0.codec == codec }.map { row in
        let value = try #require(row.figures[metric])
        let quality =
          metric == "msssim" ? -10 * log10(1 - value) : metric == "butteraugli_3norm" ? -value : value
        return (quality, log(try #require(row.figures["bpp"])))
      }.sorted { $0.0 < $1.0 }
      return (points.map(\.0), points.map(\.1))
    }
    let (own, peer) = (try curve("vaezip"), try curve("jpeg"))
    let low = max(own.x[0], peer.x[0]), high = min(own.x[5], peer.x[5])
    let steps = 20_000
    let mean =
      (0..<steps).reduce(0.0) { sum, step in
        let place = low + (high - low) * (Double(step) + 0.5) / Double(steps)
        return sum + interpolate(own.x, own.y, at: place) - interpolate(peer.x, peer.y, at: place)
      } / Double(steps)
    return (exp(mean) - 1) * 100
  }

  @Test(arguments: [QualityMetric.psnr, .msssim, .ssimulacra2, .butteraugliNorm])
  func agrees(metric: QualityMetric) throws {
    let report = report()
    let rows = try rows(report.csv)
    let rates = try ["a.png", "b.png"].map { file in
      try rate(rows.filter { $0.file == file }, metric.rawValue)
    }
    let expected = rates.reduce(0, +) / 2
    let found = try #require(report.bdRates.first { $0.metric == metric }?.percent)
    #expect(abs(found - expected) < 0.1 && found < -30, "\(found), \(expected)")
  }
}
