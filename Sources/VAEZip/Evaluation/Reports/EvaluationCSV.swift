import Foundation
import VAEZip

/// Points as CSV (RFC 4180, with plain line feeds), the names of the columns first.
package enum EvaluationCSV {
  /// A figure that is missing or not finite is an empty field.
  package static func text(_ points: [EvaluationPoint]) -> String {
    ([EvaluationPoint.columns] + points.map(fields)).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  private static func fields(_ point: EvaluationPoint) -> [String] {
    func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "" }
    func number(_ value: Double?) -> String {
      guard let value, value.isFinite else { return "" }
      let isWhole = value == value.rounded() && abs(value) < 1e15
      return isWhole ? "\(Int(value))" : "\(value)"
    }
    let figures = Figure.allCases.map { number(point.figures[$0]) }
    return [
      quoted(point.file), point.kind?.rawValue ?? "", quoted(point.codec), quoted(point.version),
      quoted(point.setting), number(point.quality), number(point.effort), point.model ?? "",
      number(point.width), number(point.height),
    ] + figures + [quoted(point.note)]
  }

  private static func quoted(_ field: String) -> String {
    let text = notFormula(field)
    guard text.utf8.contains(where: { $0 < 32 || $0 == 0x22 || $0 == 0x2c }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  /// The path, written so that no spreadsheet takes it for a formula: `./=x.png` is the same file as
  /// `=x.png`.
  private static func notFormula(_ path: String) -> String {
    guard let first = path.unicodeScalars.first, "=+-@\t\r＝＋－＠".unicodeScalars.contains(first)
    else { return path }
    return "./" + path
  }
}
