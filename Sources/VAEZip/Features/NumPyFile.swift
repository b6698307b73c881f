import VAEZipSupport

/// An array in NumPy's format .npy, version 1.0 (numpy.org, NEP 1): float32, little-endian, rows first.
public enum NumPyFile {
  /// The bytes of a file.
  ///
  /// - Parameters:
  ///   - values: as many as the shape has elements, the last dimension innermost.
  ///   - shape: sizes of the dimensions.
  /// - Precondition: there are as many values.
  public static func bytes(_ values: [Float], shape: [Int]) -> [UInt8] {
    precondition(values.count == shape.reduce(1, *))
    var bytes = header(shape)
    bytes.reserveCapacity(bytes.count + 4 * values.count)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
    return bytes
  }

  /// The part of a file before its numbers.
  static func header(_ shape: [Int]) -> [UInt8] {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sizes)), }"
    // With magic, version and length, the header is a multiple of 64 bytes and ends with a line feed.
    let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
    text += String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(text.utf8)
  }
}
