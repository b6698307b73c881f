/// Bytes of a model file, or of a part of it: an array's, or those that the program has built in,
/// which are not copied.
public struct ModelBytes: @unchecked Sendable, Equatable {
  // The program's bytes are constants.
  private enum Storage {
    case array(ArraySlice<UInt8>)
    case program(UnsafeRawBufferPointer)
  }

  private let storage: Storage

  public init(_ bytes: [UInt8]) { storage = .array(bytes[...]) }

  private init(_ storage: Storage) { self.storage = storage }

  /// - Parameter constant: is there as long as the program runs, and never changes.
  package init(constant: UnsafeRawBufferPointer) { self.init(.program(constant)) }

  public var count: Int {
    switch storage {
    case .array(let bytes): bytes.count
    case .program(let bytes): bytes.count
    }
  }

  /// A part of the bytes, which shares their memory.
  /// - Parameter range: counted from the first byte of these on.
  public func part(_ range: Range<Int>) -> ModelBytes {
    switch storage {
    case .array(let bytes):
      ModelBytes(
        .array(bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound]))
    case .program(let bytes):
      ModelBytes(.program(UnsafeRawBufferPointer(rebasing: bytes[range])))
    }
  }

  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch storage {
    case .array(let bytes):
      // The standard library's function rethrows any error.
      let outcome = bytes.withUnsafeBytes { bytes in
        Swift.Result { () throws(Failure) in try body(bytes) }
      }
      return try outcome.get()
    case .program(let bytes): return try body(bytes)
    }
  }

  public static func == (a: ModelBytes, b: ModelBytes) -> Bool {
    a.withUnsafeBytes { a in b.withUnsafeBytes { b in a.elementsEqual(b) } }
  }
}
