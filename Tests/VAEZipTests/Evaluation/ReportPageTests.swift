import Foundation
import TestSupport
import Testing
import VAEZip
import VAEZipEvaluation

@Suite struct ReportPageTests {
  private func report(file: String = "a.png") -> EvaluationReport {
    var report = EvaluationReport(codecs: [.init(name: "vaezip", title: "vaezip -e 3", version: "1")])
    report.results = [
      EvaluationPoint(
        file: file, kind: .photograph, codec: "vaezip", setting: "vaezip -q 50", quality: 50,
        width: 20, height: 10, figures: [.bytes: 100, .bpp: 4, .psnr: 30])
    ]
    return report
  }

  private func page(file: String = "a.png") throws -> String {
    let image = TestImage.make(500, 300)
    var picture = ReportPicture(of: image, file: file, kind: .photograph)
    picture.add(image, codec: "vaezip", setting: "vaezip -q 50")
    picture.add(image, codec: "vaezip", setting: "vaezip -q 60")
    picture.keep([.init(codec: "vaezip", setting: "vaezip -q 50")])
    let html = try ReportPage(
      report(file: file), pictures: [picture], facts: [("model", "<b>&</b>")]
    ).html()
    return String(decoding: html, as: UTF8.self)
  }

  /// The JSON of the elements `<script type="application/json" …>`.
  private func blocks(_ page: String) throws -> [[String: Any]] {
    try page.components(separatedBy: "<script type=\"application/json\"").dropFirst().map { part in
      let text = part.components(separatedBy: "</script>")[0]
      let json = try #require(text.firstIndex(of: "{"))
      let object = try JSONSerialization.jsonObject(with: Data(text[json...].utf8))
      return try #require(object as? [String: Any])
    }
  }

  @Test func thePageHasTheFiguresAndThePictures() throws {
    let blocks = try blocks(page())
    #expect(blocks.count == 2)
    let results = try #require((blocks[0]["report"] as? [String: Any])?["results"] as? [[String: Any]])
    #expect(results.first?["psnr"] as? Double == 30)
    let versions = try #require(blocks[1]["versions"] as? [[String: Any]])
    #expect(versions.map { $0["setting"] as? String } == ["vaezip -q 50"])
    let crop = try #require(blocks[1]["crop"] as? [Int])
    #expect(crop[2...] == [360, 240])
    let url = try #require(versions[0]["image"] as? String)
    let data = try #require(Data(base64Encoded: String(url.dropFirst("data:image/png;base64,".count))))
    let image = try PNG.read([UInt8](data)).image
    #expect(image.width == 360 && image.height == 240)
    let original = TestImage.make(500, 300)
    let start = (crop[1] * 500 + crop[0]) * 3
    #expect(Array(image.pixels.prefix(1080)) == Array(original.pixels[start..<start + 1080]))
  }

  @Test("Nothing comes from elsewhere, and names cannot end an element")
  func isolation() throws {
    let name = "</script><script>alert(1)</script>\"<!--/*script*/&.png"
    let page = try page(file: name)
    #expect(page.contains("default-src 'none'"))
    #expect(!page.contains("alert(1)</script>"))
    for mark in ["src=\"http", "href=\"http", "@import", "url(", "<link"] {
      #expect(!page.contains(mark), "\(mark)")
    }
    #expect(page.components(separatedBy: "<script").count == page.components(separatedBy: "</script>").count)
    let results = try #require(
      (try blocks(page)[0]["report"] as? [String: Any])?["results"] as? [[String: Any]])
    #expect(results.first?["file"] as? String == name)
    // The script and the style are there, once.
    #expect(page.components(separatedBy: "\"use strict\";").count == 2)
    #expect(!page.contains("/*style*/") && !page.contains("<!--pictures-->"))
  }

  @Test func peersAreShownAtTheNearestSize() {
    func point(_ codec: String, _ quality: Double, _ bytes: Double) -> EvaluationPoint {
      EvaluationPoint(
        file: "a", codec: codec, setting: "\(codec) \(Int(quality))", quality: quality,
        figures: [.bytes: bytes])
    }
    let points = [
      point("vaezip", 10, 100), point("vaezip", 50, 1000), point("vaezip", 90, 5000),
      point("jpeg", 1, 60), point("jpeg", 2, 180), point("jpeg", 3, 900), point("jpeg", 4, 9000),
    ]
    let shown = ReportSelection.shown(points, qualities: [10, 50])
    #expect(
      shown.map(\.setting).sorted() == ["jpeg 1", "jpeg 3", "vaezip 10", "vaezip 50"])
    #expect(ReportSelection.spread([0, 10, 20, 30, 40, 50, 60]) == [0, 30, 60])
    #expect(ReportSelection.spread([7, 3]) == [7, 3])
  }

  @Test func kinds() throws {
    let flat = Image(
      width: 100, height: 40, channels: .gray,
      pixels: (0..<4000).map { $0 / 10 % 2 == 0 ? 255 : 30 })
    #expect(PictureKind(of: flat) == .graphic)
    var state: UInt32 = 1
    let noisy = Image(
      width: 100, height: 40, channels: .gray,
      pixels: (0..<4000).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(100 + state >> 29)
      })
    #expect(PictureKind(of: noisy) == .photograph)
    #expect(PictureKind(of: Image(width: 1, height: 1, channels: .gray, pixels: [0])) == .photograph)
    for (name, kind) in [
      ("chart", PictureKind.graphic), ("screen", .graphic), ("text", .graphic), ("tiny", .graphic),
      ("rocket", .photograph),
      ("hubble", .photograph), ("camera-gray", .photograph), ("astronaut", .photograph),
    ] {
      let image = try Repository.sample(name + ".png")
      #expect(PictureKind(of: image) == kind, "\(name)")
    }
  }
}
