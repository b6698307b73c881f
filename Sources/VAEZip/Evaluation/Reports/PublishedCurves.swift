import Foundation
import VAEZip

/// Rate–distortion curves from papers, to be drawn beside measured ones.
///
/// A CSV file with the columns `codec`, `bpp` and any of the metrics' names (`psnr`, `msssim`, `ssimulacra2` …;
/// see `QualityMetric`), and optionally `pictures`, the name of the set of pictures. A line is a point. MS-SSIM is
/// 0…1, as in other tables. Empty lines and lines that begin with # say nothing.
package enum PublishedCurves {
  /// Points of a file.
  package static let mostPoints = 10_000

  /// - Returns: means, whose `note` is the name of the set of pictures.
  /// - Throws: `EvaluationError.curves`, with the line.
  package static func points(_ text: String) throws(EvaluationError) -> [EvaluationPoint] {
    let table = CSVTable(text)
    func column(_ name: String) -> Int? { table.columns.firstIndex(of: name) }
    let metrics = QualityMetric.allCases.compactMap { metric in
      column(metric.rawValue).map { (metric.figure, $0) }
    }
    guard let codec = column("codec"), let rate = column("bpp"), !metrics.isEmpty else {
      throw .curves(
        "expected the columns codec, bpp and a metric's in line 1, found "
          + table.columns.joined(separator: ","))
    }
    guard table.rows.count <= mostPoints else {
      throw .curves("expected at most \(mostPoints) points, found \(table.rows.count)")
    }
    var points: [EvaluationPoint] = []
    for (line, fields) in table.rows {
      func number(_ column: Int) throws(EvaluationError) -> Double? {
        guard fields[column] != "" else { return nil }
        guard let value = Double(fields[column]), value.isFinite else {
          throw .curves("line \(line): expected a number, found \(fields[column])")
        }
        return value
      }
      guard fields.count == table.columns.count else {
        throw .curves("line \(line): expected \(table.columns.count) fields, found \(fields.count)")
      }
      guard let bpp = try number(rate), bpp > 0 else {
        throw .curves("line \(line): expected bits per pixel above 0, found \(fields[rate])")
      }
      var point = EvaluationPoint(
        file: "published", codec: fields[codec], setting: "published", figures: [.bpp: bpp],
        note: column("pictures").map { fields[$0] } ?? "")
      for (figure, place) in metrics { point.figures[figure] = try number(place) }
      points.append(point)
    }
    return points
  }
}
