import Foundation
import Testing
import VAEZipEvaluation

private func row(
  _ file: String, _ quality: Int, psnr: Double = 30, scale: Double = 1
) -> Evaluation {
  Evaluation(
    file: file, quality: quality, bpp: 0.5 * scale, psnr: psnr, msssim: 0.95,
    modelBPP: 0.4 * scale,
    overheadPercent: 25, objective: 70 * scale, encodeSeconds: 0.25, decodeSeconds: 0.125, framesPercent: 15,
    rawPercent: 2.5, alphaPercent: 0.5, containerPercent: 7, rangeCoderPercent: 1.5)
}

@Suite struct EvaluationReportTests {
  @Test func meansAreByQuality() {
    let means = Evaluation.means(of: [
      row("a", 10), row("a", 50, psnr: 36), row("b", 10, psnr: 34, scale: 3),
      row("b", 50, psnr: 40),
    ])
    #expect(means == [row("mean", 10, psnr: 32, scale: 2), row("mean", 50, psnr: 38)])
    #expect(Evaluation.means(of: []) == [])
  }

  @Test func csvQuotesNamesAndLeavesOutTheInfinite() {
    let csv = Evaluation.csv([row("a.png", 10), row("x, \"y\".png", 90, psnr: .infinity)])
    #expect(
      csv == """
        file,quality,bpp,psnr,msssim,model_bpp,overhead_percent,objective,encode_seconds,decode_seconds,\
        frames_percent,raw_percent,alpha_percent,container_percent,range_coder_percent
        a.png,10,0.5,30.0,0.95,0.4,25.0,70.0,0.25,0.125,15.0,2.5,0.5,7.0,1.5
        "x, ""y"".png",90,0.5,,0.95,0.4,25.0,70.0,0.25,0.125,15.0,2.5,0.5,7.0,1.5

        """)
  }

  @Test func jsonHasResultsAndMeans() throws {
    let text = try Evaluation.json([row("a.png", 10), row("b.png", 10, psnr: .infinity)])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]])
    #expect(Set(object.keys) == ["results", "means"])
    let results = try #require(object["results"])
    #expect(results.map { $0["file"] as? String } == ["a.png", "b.png"])
    for result in results { #expect(Set(result.keys) == Set(Evaluation.columns)) }
    #expect(results[0]["psnr"] as? Double == 30)
    #expect(results[0]["model_bpp"] as? Double == 0.4)
    #expect(results[1]["psnr"] is NSNull)
    let mean = try #require(object["means"]?.first)
    #expect(mean["psnr"] is NSNull)
    #expect(mean["quality"] as? Int == 10)
    #expect(mean["bpp"] as? Double == 0.5)
  }
}
