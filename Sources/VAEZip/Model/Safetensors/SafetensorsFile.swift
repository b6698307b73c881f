#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A safetensors file: named tensors and a map of strings. Models and checkpoints are such files.
package struct SafetensorsFile {
  package var metadata: [String: String]
  package var tensors: [String: WeightTensor]

  package init(metadata: [String: String], tensors: [String: WeightTensor]) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// - Throws: `ModelError` if the bytes are not such a file, or its tensors do not fill it exactly.
  package init(parsing bytes: [UInt8]) throws(ModelError) {
    try self.init(parsing: ModelBytes(bytes))
  }

  /// - Throws: as `init(parsing:)`.
  package init(parsing bytes: ModelBytes) throws(ModelError) {
    guard bytes.count >= 8 else { throw .truncated(expected: 8, found: bytes.count) }
    let announced = bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    guard announced <= UInt64(ModelFile.Limits.headerSize) else {
      throw .tooLarge(
        what: "the header", bytes: Int(clamping: announced), limit: ModelFile.Limits.headerSize)
    }
    let start = 8 + Int(announced)
    guard bytes.count >= start else { throw .truncated(expected: start, found: bytes.count) }
    let header: SafetensorsHeader
    do {
      let json = bytes.part(8..<start).withUnsafeBytes { Data($0) }
      header = try JSONDecoder().decode(SafetensorsHeader.self, from: json)
    } catch {
      throw .malformedHeader("not the JSON of a safetensors file")
    }
    metadata = header.metadata
    tensors = try header.tensors(in: bytes.part(start..<bytes.count))
  }

  /// The bytes of the file.
  ///
  /// - Parameter first: names of tensors that come first, in this order; the others follow sorted.
  package func serialized(first: [String] = []) -> [UInt8] {
    let leading = Set(first)
    let order =
      first.filter { tensors[$0] != nil } + tensors.keys.filter { !leading.contains($0) }.sorted()
    let header = SafetensorsHeader.serialized(
      metadata: metadata, tensors: order.compactMap { name in tensors[name].map { (name, $0) } })
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + header.count + tensors.values.reduce(0) { $0 + $1.bytes.count })
    for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: header.count >> (8 * index))) }
    bytes += header
    for name in order { tensors[name]?.bytes.withUnsafeBytes { bytes += $0 } }
    return bytes
  }
}
