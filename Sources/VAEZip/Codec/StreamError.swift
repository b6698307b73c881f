/// An error of the codec, or of the source or sink that it reads from or writes to.
public enum StreamError<Failure: Error>: Error, CustomStringConvertible {
  /// The codec failed.
  case codec(CodecError)
  /// Source or sink failed.
  case stream(Failure)

  /// One line for a person.
  public var description: String {
    switch self {
    case .codec(let error): error.description
    case .stream(let error): "\(error)"
    }
  }

  /// Runs `body`; wraps its `CodecError` as `StreamError.codec`.
  static func wrap<Value>(
    _ body: () throws(CodecError) -> Value
  ) throws(StreamError) -> Value {
    do {
      return try body()
    } catch {
      throw .codec(error)
    }
  }
}

extension CodecError {
  /// Runs `body`, whose source or sink cannot fail; throws its `CodecError`.
  static func unwrap<Value>(
    _ body: () throws(StreamError<Never>) -> Value
  ) throws(CodecError) -> Value {
    do {
      return try body()
    } catch {
      switch error {
      case .codec(let error): throw error
      }
    }
  }
}
