import VAEZip

/// Why latents cannot be had, or not be used.
public enum FeatureError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file cannot be read, or its model is not at hand.
  case codec(CodecError)
  /// All pixels of the file are exact: it has no latents.
  case noLatents
  /// The latents and what is made of them need more memory than the limits allow, in bytes.
  case memory(limit: Int, found: Int)
  /// Pictures, or a picture and what was fitted before, do not fit together.
  case mismatch(what: String, expected: String, found: String)
  /// A number is out of range.
  case outOfRange(name: String, expected: String, found: String)
  /// A file that vaezip wrote for itself cannot be read: an index, or what was fitted.
  case malformed(what: String, reason: String)

  /// One line for a person.
  public var description: String {
    switch self {
    case .codec(let error): error.description
    case .noLatents: "has no latents: all of its pixels are exact"
    case .memory(let limit, let found): "latents need \(found) bytes of memory, the limit is \(limit)"
    case .mismatch(let what, let expected, let found): "\(what): expected \(expected), found \(found)"
    case .outOfRange(let name, let expected, let found): "\(name): expected \(expected), found \(found)"
    case .malformed(let what, let reason): "\(what): \(reason)"
    }
  }

  /// Runs `body`; wraps its `CodecError`.
  package static func wrap<Value>(_ body: () throws(CodecError) -> Value) throws(FeatureError) -> Value {
    do {
      return try body()
    } catch {
      throw .codec(error)
    }
  }
}
