import ArgumentParser

/// Input files and the outputs that a command makes of them.
struct Conversions {
  /// From where to where.
  let pairs: [(input: String, output: String)]

  /// Extensions of pictures: a file of another kind must not get them by mistake.
  static let pictureExtensions: Set<String> = [
    "avif", "bmp", "exr", "gif", "heic", "heif", "j2k", "jp2", "jpeg", "jpg", "jxl", "pam", "pbm", "pgm",
    "png", "pnm", "ppm", "psd", "qoi", "svg", "tga", "tif", "tiff", "vz", "webp",
  ]

  /// - Parameters:
  ///   - output: of `-o`.
  ///   - from: the extension that goes, without a dot.
  ///   - to: the one that comes in its place.
  ///   - force: whether `-o` may have the extension of another kind of picture.
  /// - Throws: `ValidationError` if the options do not fit together.
  init(
    inputs: [String], output: String?, replacing from: String, by to: String, force: Bool
  ) throws {
    guard output == nil || inputs.count == 1 else {
      throw ValidationError("-o takes one input, not \(inputs.count).")
    }
    guard !inputs.contains("") && output != "" else {
      throw ValidationError("A file's name must not be empty.")
    }
    if let output, !force {
      let found = PathText.pathExtension(of: output)
      guard found == to || !Self.pictureExtensions.contains(found) else {
        throw ValidationError(
          "-o \(output): the output is a .\(to) file, not .\(found); -f writes it under that name.")
      }
    }
    pairs = inputs.map { input in
      (input, output ?? Self.output(of: input, replacing: from, by: to))
    }
    try Self.checkDistinct(pairs)
  }

  /// - Throws: `ValidationError` if two inputs would go to the same output.
  private static func checkDistinct(_ pairs: [(input: String, output: String)]) throws {
    var inputs: [[UInt8]: String] = [:]
    for (input, output) in pairs where output != "-" {
      let place = PathText.bytes(PathText.normalized(output))
      if let other = inputs.updateValue(input, forKey: place) {
        throw ValidationError("\(other) and \(input) would both be written to \(output).")
      }
    }
  }

  /// `picture.png` becomes `picture.vz`; what has another extension keeps it; `-` stays `-`.
  static func output(of input: String, replacing from: String, by to: String) -> String {
    guard input != "-" else { return "-" }
    guard PathText.pathExtension(of: input) == from else { return input + "." + to }
    let stem = input.utf8.dropLast(from.utf8.count + 1)
    return String(decoding: stem, as: UTF8.self) + "." + to
  }

  /// The result of a conversion.
  enum Outcome {
    case whole
    /// Written, but parts were replaced.
    case damaged
  }

  /// Converts all files; one that fails does not stop the others.
  /// - Throws: `ExitCode` 1 if one failed, its message has been printed; otherwise 3 if one is
  ///   damaged.
  ///
  /// - Parameter models: files that stay as they are, as the inputs do, whatever the outputs' names.
  func run(
    models: [String],
    _ convert: (_ input: String, _ output: String, KeptFiles) throws -> Outcome
  ) throws {
    let kept = KeptFiles()
    for (input, _) in pairs { kept.add(input, "is an input of this command") }
    for model in models { kept.add(model, "is the model") }
    var (failed, damaged) = (false, false)
    for (input, output) in pairs {
      do {
        if case .damaged = try convert(input, output, kept) { damaged = true }
      } catch let failure as CommandFailure {
        Messages.failure(failure.description)
        failed = true
      }
    }
    if failed { throw ExitCode(1) }
    if damaged { throw ExitCode(3) }
  }
}
