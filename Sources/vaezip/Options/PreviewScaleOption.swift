import ArgumentParser
import VAEZip

/// `8` or `16`.
extension PreviewScale: ExpressibleByArgument {
  /// Reads a scale.
  public init?(argument: String) {
    guard let number = Int(argument) else { return nil }
    self.init(rawValue: number)
  }

  /// All scales, for help and completions.
  public static var allValueStrings: [String] { allCases.map { "\($0.rawValue)" } }
}
