import VAEZipImage
import VAEZipInference
import VAEZipMetrics

/// What an encoder aims at in place of a quality.
public enum EncodingTarget: Sendable, Equatable, CustomStringConvertible {
  /// At most so many bytes, the whole file.
  case bytes(Int)
  /// At most so many bits per pixel, of the whole file.
  case bitsPerPixel(Double)
  /// At least this PSNR of the color, in decibels.
  case psnr(Double)
  /// At least this score of SSIMULACRA2, at most 100.
  case ssimulacra2(Double)

  /// Whether files are to be small, or pictures good.
  var limitsSize: Bool {
    switch self {
    case .bytes, .bitsPerPixel: true
    case .psnr, .ssimulacra2: false
    }
  }

  /// "200000 bytes", "40 dB".
  public var description: String {
    switch self {
    case .bytes(let count): Self.text(Double(count), of: self)
    case .bitsPerPixel(let value), .psnr(let value), .ssimulacra2(let value): Self.text(value, of: self)
    }
  }

  /// A value as errors and reports show it.
  package func text(_ value: Double) -> String { Self.text(value, of: self) }

  private static func text(_ value: Double, of target: EncodingTarget) -> String {
    func rounded(_ factor: Double) -> String { "\((value * factor).rounded() / factor)" }
    return switch target {
    case .bytes: value.isFinite ? "\(Int(value)) bytes" : "\(value) bytes"
    case .bitsPerPixel: rounded(10000) + " bits per pixel"
    case .psnr: rounded(100) + " dB"
    case .ssimulacra2: "a SSIMULACRA2 of " + rounded(100)
    }
  }
}

/// An image that was encoded for a target.
public struct TargetedImage: Sendable {
  /// The file.
  public let encoded: EncodedImage
  /// The position between the model's quality levels that was found, in 1/256 level.
  public let qualityPosition: Int
  /// What was reached, in the target's unit.
  public let value: Double
  /// How many times the image was encoded.
  public let encodings: Int
}

/// Why an image cannot be encoded for a target.
public enum TargetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// As for any encoding.
  case codec(CodecError)
  /// Not even the lowest quality makes so small a file, or not even the highest so good a picture. Has what
  /// comes nearest, in the target's unit.
  case outOfReach(EncodingTarget, nearest: Double)
  /// The target is not a positive number, or a score above 100.
  case invalid(EncodingTarget)

  /// One line for a person.
  public var description: String {
    switch self {
    case .codec(let error): error.description
    case .outOfReach(let target, let nearest):
      target.limitsSize
        ? "cannot be made as small as \(target): the lowest quality needs \(target.text(nearest))"
        : "cannot reach \(target): the highest quality reaches \(target.text(nearest)); "
          + "lossless coding keeps every pixel"
    case .invalid(let target): "invalid target: \(target)"
    }
  }
}

extension ImageEncoder {
  /// Encodes an image as well as a target allows: with the highest quality whose file is small enough, or the
  /// lowest whose picture is good enough, to 1/256 of a quality level. `options.quality` has no meaning.
  ///
  /// ```swift
  /// let result = try ImageEncoder().encode(image, target: .bytes(200_000))
  /// try result.encoded.write(to: url)
  /// ```
  ///
  /// Size, PSNR and score grow with the quality, so the search is a secant method within brackets, on the logarithm of
  /// the size or on the metric. It begins at effort 1, where an encoding is fast, and ends at the effort that
  /// the options ask for: 4 to 8 encodings in all. If the best quality of all makes a file that is small
  /// enough, or the lowest one a picture that is good enough, that is the result.
  ///
  /// - Parameters:
  ///   - image: with color of 8 bits.
  ///   - target: what to reach.
  /// - Throws: `TargetError`.
  public func encode(
    _ image: Image, target: EncodingTarget
  ) throws(TargetError) -> TargetedImage {
    var search = try TargetSearch(self, image, target)
    return try search.run()
  }
}
