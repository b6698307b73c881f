import CVAEZip
import VAEZip
import VAEZipFeatures

/// An error as C sees it: a status and one line of text.
struct DoorError: Error {
  let status: vaezip_status
  let text: String

  static func argument(_ text: String) -> DoorError {
    DoorError(status: VAEZIP_ERROR_ARGUMENT, text: text)
  }

  static func null(_ name: String) -> DoorError { .argument("\(name): expected a pointer, found NULL") }

  /// Any error of the library.
  init(_ error: any Error) {
    switch error {
    case let error as DoorError: self = error
    case let error as StreamError<DoorError>:
      switch error {
      case .codec(let error): self.init(error)
      case .stream(let error): self = error
      }
    case let error as StreamError<ImageFileError>:
      switch error {
      case .codec(let error): self.init(error)
      case .stream(let error): self.init(error)
      }
    case let error as StreamError<PNGError>:
      switch error {
      case .codec(let error): self.init(error)
      case .stream(let error): self.init(error)
      }
    case let error as CodecError: self.init(status: Self.status(error), text: error.description)
    case let error as TargetError: self.init(error)
    case let error as FeatureError: self.init(status: Self.status(error), text: error.description)
    case let error as VZError: self.init(status: Self.status(error), text: error.description)
    case let error as ModelError: self.init(status: VAEZIP_ERROR_MODEL, text: error.description)
    case let error as ImageFileError: self.init(status: Self.status(error), text: error.description)
    case let error as PNGError: self.init(status: Self.status(error), text: error.description)
    default: self.init(status: VAEZIP_ERROR_OTHER, text: "\(error)")
    }
  }

  private init(_ error: TargetError) {
    switch error {
    case .codec(let error): self.init(error)
    case .outOfReach: self.init(status: VAEZIP_ERROR_TARGET, text: error.description)
    case .invalid: self.init(status: VAEZIP_ERROR_ARGUMENT, text: error.description)
    }
  }

  init(status: vaezip_status, text: String) {
    self.status = status
    self.text = text
  }

  private static func status(_ error: CodecError) -> vaezip_status {
    switch error {
    case .model: VAEZIP_ERROR_MODEL
    case .container(let error): status(error)
    case .invalidOption, .regionOutside: VAEZIP_ERROR_ARGUMENT
    case .qualityOutOfRange, .stream, .alpha, .exact: VAEZIP_ERROR_DAMAGED
    }
  }

  private static func status(_ error: FeatureError) -> vaezip_status {
    switch error {
    case .codec(let error): status(error)
    case .memory: VAEZIP_ERROR_LIMIT
    case .malformed: VAEZIP_ERROR_FORMAT
    case .noLatents, .mismatch, .outOfRange: VAEZIP_ERROR_ARGUMENT
    }
  }

  private static func status(_ error: VZError) -> vaezip_status {
    switch error {
    case .notVZ, .textTransfer: VAEZIP_ERROR_FORMAT
    case .unsupportedVersion, .unknownCriticalChunk: VAEZIP_ERROR_UNSUPPORTED
    case .limitExceeded: VAEZIP_ERROR_LIMIT
    default: VAEZIP_ERROR_DAMAGED
    }
  }

  private static func status(_ error: ImageFileError) -> vaezip_status {
    switch error {
    case .unknownKind: VAEZIP_ERROR_FORMAT
    case .png(let error): status(error)
    case .jpeg(.tooLarge), .netpbm(.tooLarge): VAEZIP_ERROR_LIMIT
    case .jpeg, .netpbm: VAEZIP_ERROR_DAMAGED
    case .notRead: VAEZIP_ERROR_OTHER
    }
  }

  private static func status(_ error: PNGError) -> vaezip_status {
    switch error {
    case .notPNG: VAEZIP_ERROR_FORMAT
    case .tooLarge, .tooMuchMetadata: VAEZIP_ERROR_LIMIT
    case .notRead, .notWritten: VAEZIP_ERROR_OTHER
    default: VAEZIP_ERROR_DAMAGED
    }
  }
}

package typealias ErrorPointer = UnsafeMutablePointer<vaezip_error>?

extension vaezip_error {
  /// Room for the message and the zero after it.
  private static var capacity: Int { MemoryLayout.size(ofValue: vaezip_error().message) }

  /// Sets status and message; the message is cut between characters.
  static func set(_ error: ErrorPointer, _ status: vaezip_status, _ text: String = "") {
    guard let error else { return }
    error.pointee.status = Int32(bitPattern: status.rawValue)
    withUnsafeMutableBytes(of: &error.pointee.message) { message in
      var count = 0
      for character in text.unicodeScalars {
        let bytes = String(character).utf8
        guard count + bytes.count < capacity else { break }
        // A line break would make two lines of it.
        for byte in bytes {
          message[count] = byte == 10 ? 32 : byte
          count += 1
        }
      }
      message[count] = 0
    }
  }
}

/// Runs `body`; tells C its status and its error.
func guarded(_ error: ErrorPointer, _ body: () throws -> Void) -> vaezip_status {
  do {
    try body()
    vaezip_error.set(error, VAEZIP_OK)
    return VAEZIP_OK
  } catch let failure {
    let failure = DoorError(failure)
    vaezip_error.set(error, failure.status, failure.text)
    return failure.status
  }
}

/// Runs `body`; gives C what it returns, or nil and an error.
func guarded<Value>(_ error: ErrorPointer, _ body: () throws -> Value) -> Value? {
  do {
    let value = try body()
    vaezip_error.set(error, VAEZIP_OK)
    return value
  } catch let failure {
    let failure = DoorError(failure)
    vaezip_error.set(error, failure.status, failure.text)
    return nil
  }
}
