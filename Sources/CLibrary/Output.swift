import CVAEZip

/// Bytes that a call produced (`vaezip_output`), and what it has to say about them.
final class Output: Handle {
  let bytes: UnsafeMutableBufferPointer<UInt8>
  let notices: UnsafeMutableBufferPointer<CChar>
  let meanSquaredError: Double
  /// In the unit of the encoder's target.
  let reached: Double

  init(
    _ bytes: [UInt8], meanSquaredError: Double? = nil, reached: Double? = nil, notices: [String] = []
  ) {
    self.bytes = .allocate(capacity: max(bytes.count, 1))
    _ = self.bytes.update(fromContentsOf: bytes)
    size = bytes.count
    let text = notices.joined(separator: "\n").utf8CString
    self.notices = .allocate(capacity: text.count)
    _ = self.notices.initialize(fromContentsOf: text)
    self.meanSquaredError = meanSquaredError ?? .nan
    self.reached = reached ?? .nan
  }

  let size: Int

  deinit {
    bytes.deallocate()
    notices.deallocate()
  }

  /// Gives the output to C.
  func put(into place: UnsafeMutablePointer<OpaquePointer?>) { place.pointee = handedOut() }
}

package typealias OutputPlace = UnsafeMutablePointer<OpaquePointer?>?

/// Runs `body`, which makes an output; NULL stands in its place if it fails.
func producing(
  _ place: OutputPlace, _ error: ErrorPointer, _ body: () throws -> Output
) -> vaezip_status {
  place?.pointee = nil
  return guarded(error) {
    let place = try required(place, "output")
    try body().put(into: place)
  }
}

@_cdecl("vaezip_output_data")
package func doorOutputData(_ output: OpaquePointer?) -> UnsafePointer<UInt8>? {
  output.flatMap { Output.of($0).bytes.baseAddress.map { UnsafePointer($0) } }
}

@_cdecl("vaezip_output_size")
package func doorOutputSize(_ output: OpaquePointer?) -> Int { output.map { Output.of($0).size } ?? 0 }

@_cdecl("vaezip_output_mse")
package func doorOutputMSE(_ output: OpaquePointer?) -> Double {
  output.map { Output.of($0).meanSquaredError } ?? .nan
}

@_cdecl("vaezip_output_reached")
package func doorOutputReached(_ output: OpaquePointer?) -> Double {
  output.map { Output.of($0).reached } ?? .nan
}

@_cdecl("vaezip_output_notices")
package func doorOutputNotices(_ output: OpaquePointer?) -> UnsafePointer<CChar>? {
  output.flatMap { Output.of($0).notices.baseAddress.map { UnsafePointer($0) } }
}

@_cdecl("vaezip_output_free")
package func doorOutputFree(_ output: OpaquePointer?) { Output.free(output) }
