import Foundation
import VAEZip
import VAEZipEvaluation

/// Runs this program itself as a whole process, so that its times compare with those of the peers.
struct OwnProgram {
  private let folder: String
  private let options: [String]
  private let threads: Int
  private let path: String

  /// - Parameters:
  ///   - folder: for its files.
  ///   - model: a model file's path; nil for the built-in model.
  init(folder: String, effort: Int, tileSize: Int?, model: String?, threads: Int) {
    self.folder = folder
    self.threads = threads
    path = Bundle.main.executablePath ?? CommandLine.arguments[0]
    options =
      ["-e", "\(effort)", "--keep-invisible"] + (tileSize.map { ["--tile-size", "\($0)"] } ?? [])
    self.model = model.map { ["--model", $0] } ?? []
  }

  private let model: [String]
  private var input: String { folder + "/in.png" }
  private var coded: String { folder + "/coded.vz" }
  private var output: String { folder + "/out.png" }

  /// Writes the file that is compressed.
  func prepare(_ image: Image) throws {
    try Data(try PNG.write(image)).write(to: URL(fileURLWithPath: input))
  }

  /// Compresses the prepared image and decompresses it again.
  ///
  /// - Parameter quality: options.
  /// - Returns: the file; times and memory.
  func run(
    _ quality: [String]
  ) throws(ProgramRun.Failure) -> (file: [UInt8], figures: [Figure: Double]) {
    let resources = ["--quiet", "-f", "-T", "\(threads)"] + model
    let encoding = try ProgramRun(
      [path, "compress"] + quality + options + resources + [input, "-o", coded],
      folder: folder)
    guard let file = FileManager.default.contents(atPath: coded) else {
      throw ProgramRun.Failure(description: "internal fault: compress left no file")
    }
    let decoding = try ProgramRun(
      [path, "decompress"] + resources + [coded, "-o", output], folder: folder)
    var figures: [Figure: Double] = [
      .encodeSeconds: encoding.seconds, .decodeSeconds: decoding.seconds,
    ]
    figures[.encodePeakBytes] = encoding.peakBytes.map(Double.init)
    figures[.decodePeakBytes] = decoding.peakBytes.map(Double.init)
    return ([UInt8](file), figures)
  }
}
