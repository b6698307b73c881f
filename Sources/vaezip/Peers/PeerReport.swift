import Foundation
import VAEZip
import VAEZipEvaluation

/// BD-rates of vaezip against a peer: the mean over the images of each image's own.
struct PeerReport: Encodable {
  let peer: String
  let title: String
  /// By PSNR and by MS-SSIM in percent, negative where vaezip's files are smaller; nil where no
  /// image's curves share an interval of quality.
  let bdRatePSNR: Double?
  let bdRateMSSSIM: Double?
  let images: Int

  enum CodingKeys: String, CodingKey {
    case peer, title, images
    case bdRatePSNR = "bd_rate_psnr"
    case bdRateMSSSIM = "bd_rate_msssim"
  }

  /// - Parameter results: vaezip's rows; `measure` gives the peer's points of an image's file.
  init(
    _ peer: PeerCodec, results: [Evaluation], measure: (String) throws -> [PeerRun.Point]
  ) throws {
    var files: [String] = []
    for result in results where files.last != result.file { files.append(result.file) }
    var byPSNR: [Double] = []
    var byMSSSIM: [Double] = []
    for file in files {
      let own = results.filter { $0.file == file }
      let points = try measure(file)
      func rate(_ own: [RDPoint], _ other: [RDPoint]) -> Double? {
        // An identical picture has no finite quality.
        func finite(_ curve: [RDPoint]) -> [RDPoint] { curve.filter { $0.quality.isFinite } }
        return try? Metrics.bdRate(reference: finite(other), test: finite(own))
      }
      if let value = rate(
        own.map { RDPoint(rate: $0.bpp, quality: $0.psnr) },
        points.map { RDPoint(rate: $0.bpp, quality: $0.psnr) })
      {
        byPSNR.append(value)
      }
      if let value = rate(
        own.map { RDPoint(rate: $0.bpp, quality: Metrics.decibels(msssim: $0.msssim)) },
        points.map { RDPoint(rate: $0.bpp, quality: Metrics.decibels(msssim: $0.msssim)) })
      {
        byMSSSIM.append(value)
      }
    }
    self.peer = peer.rawValue
    title = peer.title
    images = files.count
    bdRatePSNR = Self.mean(byPSNR)
    bdRateMSSSIM = Self.mean(byMSSSIM)
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// A line for people.
  var line: String {
    func percent(_ value: Double?) -> String { value.map { String(format: "%+.1f %%", $0) } ?? "-" }
    return "against \(title): BD-rate \(percent(bdRatePSNR)) by PSNR, "
      + "\(percent(bdRateMSSSIM)) by MS-SSIM (\(images) images)"
  }
}
