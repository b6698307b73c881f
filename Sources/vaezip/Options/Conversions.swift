import ArgumentParser

/// Input files and the outputs that a command makes of them.
struct Conversions {
  /// From where to where.
  let pairs: [(input: String, output: String)]

  /// - Parameters:
  ///   - output: of `-o`.
  ///   - from: the extension that goes, without a dot.
  ///   - to: the one that comes in its place.
  /// - Throws: `ValidationError` if the options do not fit together.
  init(
    inputs: [String], output: String?, replacing from: String, by to: String
  ) throws {
    guard output == nil || inputs.count == 1 else {
      throw ValidationError("-o takes one input, not \(inputs.count).")
    }
    guard !inputs.contains("") && output != "" else {
      throw ValidationError("A file's name must not be empty.")
    }
    pairs = inputs.map { input in
      (input, output ?? Self.output(of: input, replacing: from, by: to))
    }
  }

  /// `picture.png` becomes `picture.vz`; what has another extension keeps it; `-` stays `-`.
  static func output(of input: String, replacing from: String, by to: String) -> String {
    guard input != "-" else { return "-" }
    let suffix = "." + from
    let name = input.split(separator: "/").last ?? ""
    let stem =
      name.count > suffix.count && name.lowercased().hasSuffix(suffix)
      ? String(input.dropLast(suffix.count)) : input
    return stem + "." + to
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
  func run(_ convert: (_ input: String, _ output: String) throws -> Outcome) throws {
    var (failed, damaged) = (false, false)
    for (input, output) in pairs {
      do {
        if case .damaged = try convert(input, output) { damaged = true }
      } catch let failure as CommandFailure {
        Messages.failure(failure.description)
        failed = true
      }
    }
    if failed { throw ExitCode(1) }
    if damaged { throw ExitCode(3) }
  }
}
