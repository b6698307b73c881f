import Foundation
import VAEZip

/// The report as a page of HTML: one file that needs no other and no network.
package struct ReportPage {
  private let report: EvaluationReport
  private let pictures: [ReportPicture]
  private let facts: [(name: String, value: String)]

  /// - Parameters:
  ///   - pictures: to be looked at.
  ///   - facts: said at the top: model, effort, machine.
  package init(
    _ report: EvaluationReport, pictures: [ReportPicture], facts: [(name: String, value: String)]
  ) {
    self.report = report
    self.pictures = pictures
    self.facts = facts
  }

  private struct Fact: Encodable {
    let name, value: String
  }

  private struct Metric: Encodable {
    let name, title, unit: String
    let isDistance: Bool
  }

  /// What the page's script reads.
  private struct Contents: Encodable {
    let report: EvaluationReport
    let metrics: [Metric]
    let facts: [Fact]
  }

  /// The page.
  package func html() throws -> [UInt8] {
    let contents = Contents(
      report: report,
      metrics: QualityMetric.allCases.map {
        Metric(name: $0.rawValue, title: $0.title, unit: $0.unit, isDistance: $0.isDistance)
      },
      facts: facts.map { Fact(name: $0.name, value: $0.value) })
    // A picture's data are a block of their own, which is read when the picture is looked at.
    let blocks = try Threads(0).map(pictures.count) { index in
      let picture = pictures[index]
      return
        "<script type=\"application/json\" class=\"picture\" data-file=\"\(Self.attribute(picture.file))\">"
        + (try Self.json(picture.contents())) + "</script>\n"
    }
    let parts: [(mark: String, text: String)] = [
      ("/*style*/", Self.text(PackageResources.page_css)),
      ("/*data*/", try Self.json(contents)),
      ("<!--pictures-->", blocks.joined()),
      ("/*script*/", Self.text(PackageResources.page_js)),
    ]
    // Each mark is looked for after the one before it, so that what has been put in is never searched.
    var page = ""
    var rest = Substring(Self.text(PackageResources.page_html))
    for part in parts {
      guard let place = rest.range(of: part.mark) else { continue }
      page += rest[..<place.lowerBound] + part.text
      rest = rest[place.upperBound...]
    }
    page += rest
    return Array(page.utf8)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Text between double quotes of an attribute.
  private static func attribute(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "\"", with: "&quot;")
      .replacingOccurrences(of: "<", with: "&lt;")
  }

  /// JSON that can stand in a script element: no `<` can end it.
  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
      .replacingOccurrences(of: "<", with: "\\u003c")
  }
}
