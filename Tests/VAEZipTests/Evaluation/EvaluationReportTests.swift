import Foundation
import Testing
import VAEZip
import VAEZipEvaluation

private func point(
  _ file: String, _ quality: Int, codec: String = "vaezip", kind: PictureKind = .photograph,
  bpp: Double = 0.5, psnr: Double? = 30
) -> EvaluationPoint {
  var point = EvaluationPoint(
    file: file, kind: kind, codec: codec, version: "1.2", setting: "\(codec) -q \(quality)",
    quality: Double(quality), width: 20, height: 10, figures: [.bpp: bpp, .bytes: bpp * 25])
  point.figures[.psnr] = psnr
  return point
}

@Suite struct EvaluationReportTests {
  @Test func meansAreByCodecAndSetting() throws {
    let means = EvaluationPoint.means(of: [
      point("a", 10), point("a", 10, codec: "jpeg", bpp: 1), point("b", 10, bpp: 0.25, psnr: 34),
      point("b", 10, codec: "jpeg", bpp: 2, psnr: .infinity),
    ])
    #expect(means.map(\.file) == ["mean", "mean"])
    #expect(means.map(\.codec) == ["vaezip", "jpeg"])
    #expect(means[0].figures == [.bpp: 0.375, .bytes: 9.375, .psnr: 32])
    #expect(means[1].figures[.psnr] == .infinity)
    #expect(EvaluationPoint.means(of: []) == [])
  }

  @Test("A figure that a picture lacks has no mean")
  func missingFigures() {
    var failed = point("b", 10, codec: "jpeg")
    (failed.figures, failed.note) = ([:], "cjpeg ended with status 1")
    let means = EvaluationPoint.means(of: [
      point("a", 10), point("b", 10, psnr: nil), point("a", 10, codec: "jpeg"), failed,
      point("a", 20, codec: "jpeg"),
    ])
    #expect(means[0].figures == [.bpp: 0.5, .bytes: 12.5])
    #expect(means[0].note.isEmpty)
    #expect(means[1].figures.isEmpty && means[1].note == "coded 1 of 2 pictures")
    #expect(means[2].figures.isEmpty && means[2].note == "coded 1 of 2 pictures")
  }

  @Test func meansOfKinds() {
    var report = EvaluationReport(codecs: [.init(name: "vaezip", title: "vaezip", version: "1")])
    report.results = [point("a", 10), point("b", 10, bpp: 1.5)]
    #expect(report.means.count == 1)
    report.results.append(point("c", 10, kind: .graphic, bpp: 4))
    #expect(report.means.map(\.kind) == [nil, .photograph, .graphic])
    #expect(report.means.map { $0.figures[.bpp] } == [2, 1, 4])
  }

  @Test func csvQuotesNamesAndLeavesOutTheInfinite() throws {
    var report = EvaluationReport(codecs: [.init(name: "vaezip", title: "vaezip", version: "1")])
    report.results = [point("x, \"y\".png", 10, psnr: .infinity), point("=z.png", 10)]
    let lines = report.csv.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0] == EvaluationPoint.columns.joined(separator: ",")[...])
    #expect(
      lines[1].hasPrefix(
        "\"x, \"\"y\"\".png\",photograph,vaezip,1.2,vaezip -q 10,10,,,20,10,12.5,0.5,,"))
    #expect(lines[2].hasPrefix("./=z.png,photograph,vaezip,1.2,vaezip -q 10,10,,,20,10,12.5,0.5,30,"))
    #expect(lines[3].hasPrefix("mean,,vaezip,1.2,vaezip -q 10,10,,,,,12.5,0.5,,"))
  }

  @Test func jsonHasAllParts() throws {
    var report = EvaluationReport(codecs: [
      .init(name: "vaezip", title: "vaezip -e 3", version: "1"),
      .init(name: "jpeg", title: "cjpeg", version: "2"),
    ])
    report.results = [10, 20].flatMap { quality in
      [
        point("a", quality, psnr: Double(20 + quality)),
        point("a", quality, codec: "jpeg", bpp: 1, psnr: Double(20 + quality)),
      ]
    }
    report.failures = [.init(codec: "webp", reason: "cwebp is not installed")]
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: [[String: Any]]])
    #expect(
      Set(object.keys) == ["codecs", "results", "means", "bd_rates", "failures", "published"])
    let results = try #require(object["results"])
    for result in results { #expect(Set(result.keys) == Set(EvaluationPoint.columns)) }
    #expect(results[0]["effort"] is NSNull && results[0]["ssimulacra2"] is NSNull)
    let rate = try #require(object["bd_rates"]?.first)
    #expect(rate["peer"] as? String == "jpeg" && rate["metric"] as? String == "psnr")
    #expect(abs(try #require(rate["percent"] as? Double) + 50) < 1e-9)
    #expect(rate["pictures"] as? Int == 1 && rate["all_pictures"] as? Int == 1)
    #expect(object["bd_rates"]?[1]["percent"] is NSNull)
    #expect(object["failures"]?[0]["codec"] as? String == "webp")
  }

  @Test("BD-rates leave out codecs without loss and points without a value")
  func bdRates() {
    var report = EvaluationReport(codecs: [
      .init(name: "vaezip", title: "vaezip", version: "1"), .init(name: "jpeg", title: "cjpeg", version: "2"),
      .init(name: "png", title: "optipng", version: "3", isLossless: true),
    ])
    report.results = [10, 20, 30].flatMap { quality -> [EvaluationPoint] in
      let psnr = Double(20 + quality)
      return [
        point("a", quality, bpp: 0.01 * psnr, psnr: psnr),
        point("a", quality, codec: "jpeg", bpp: 0.02 * psnr, psnr: quality == 30 ? .infinity : psnr),
      ]
    }
    let rates = report.bdRates
    #expect(Set(rates.map(\.peer)) == ["jpeg"])
    #expect(rates.filter { $0.percent != nil }.map(\.metric) == [.psnr])
    #expect(rates.first?.percent.map { abs($0 + 50) < 1 } == true)
  }
}
