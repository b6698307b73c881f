import Foundation

/// What came of a job: lines for people, and a JSON object for programs, whose names are those of the
/// properties, in snake case.
struct JobReport: Encodable, Sendable {
  enum Status: String, Encodable, Sendable {
    case ok
    /// The output was there already.
    case skipped
    /// Written, but parts were replaced.
    case damaged
    case failed
  }

  let input: String
  let output: String?
  var status = Status.ok
  /// Why it failed.
  var error: String?
  /// What the output lacks, and the like.
  var notices: [String] = []
  var width: Int?
  var height: Int?
  var inputBytes: Int?
  var outputBytes: Int?
  /// Of the .vz file.
  var bitsPerPixel: Double?
  /// Of the color, in decibels; null for equal pictures.
  var psnr: Double?
  var ssimulacra2: Double?
  /// The position between the model's quality levels, in levels.
  var qualityLevel: Double?
  /// Of the search for a target.
  var encodings: Int?
  var seconds: Double?
  /// Whether the input was removed.
  var removed: Bool?

  /// For people; nil prints none.
  var summary: String?
  /// As errors name the input.
  private let name: String

  private enum CodingKeys: String, CodingKey {
    case input, output, status, error, notices, width, height, inputBytes, outputBytes, bitsPerPixel, psnr
    case ssimulacra2, qualityLevel, encodings, seconds, removed
  }

  init(_ job: BatchJob) {
    input = PathText.repaired(job.input)
    output = job.output.map(PathText.repaired)
    name = job.input == "-" ? "standard input" : job.input
  }

  /// Notices an error, which does not stop the other jobs.
  mutating func fail(_ failure: CommandFailure) {
    status = .failed
    error = PathText.repaired(failure.description)
    // The line has the bytes of names.
    failureLine = failure.description
  }
  private var failureLine: String?

  /// The lines on standard error, and whether each is a failure or a notice.
  var lines: [(text: String, isNotice: Bool)] {
    notices.map { ("\(name): \($0)", true) } + (failureLine.map { [($0, true)] } ?? [])
      + (summary.map { [($0, false)] } ?? [])
  }

  /// The object, on one line.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Report.visible(String(decoding: try encoder.encode(self), as: UTF8.self)) + "\n"
  }
}
