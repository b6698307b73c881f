/// An object that C holds by an opaque pointer.
protocol Handle: AnyObject {}

extension Handle {
  /// The object as C gets it, kept until `free`.
  func handedOut() -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

  /// The object of a pointer that `handedOut` made.
  static func of(_ pointer: OpaquePointer) -> Self {
    Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
  }

  /// - Throws: `DoorError` where C passes NULL.
  static func required(_ pointer: OpaquePointer?, _ name: String) throws(DoorError) -> Self {
    guard let pointer else { throw .null(name) }
    return of(pointer)
  }

  static func free(_ pointer: OpaquePointer?) {
    guard let pointer else { return }
    Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer)).release()
  }
}

/// - Throws: `DoorError` where C passes NULL.
func required<Pointer>(_ pointer: Pointer?, _ name: String) throws(DoorError) -> Pointer {
  guard let pointer else { throw .null(name) }
  return pointer
}

/// Some of the caller's bytes, copied.
func copied(_ bytes: UnsafeRawPointer?, _ size: Int) throws(DoorError) -> [UInt8] {
  guard size >= 0 else { throw .argument("size: expected one of memory, found \(UInt(bitPattern: size))") }
  guard size > 0 else { return [] }
  return [UInt8](UnsafeRawBufferPointer(start: try required(bytes, "bytes"), count: size))
}
