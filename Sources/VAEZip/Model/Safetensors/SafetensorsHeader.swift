#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The JSON header of a safetensors file: where each tensor lies, and a map of strings.
struct SafetensorsHeader: Decodable {
  /// A tensor's type, shape and place, as the file says: nothing of it is checked yet.
  struct Entry: Decodable {
    package var dtype: String
    package var shape: [Int]
    /// Begin and end, in bytes from the end of the header.
    package var data_offsets: [Int]
  }

  var metadata: [String: String] = [:]
  var entries: [String: Entry] = [:]

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for key in container.allKeys {
      if key.stringValue == "__metadata__" {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
      }
    }
  }

  /// The tensors of the file, checked: types known, sizes as the shapes say, and together they
  /// fill `data` without a hole or an overlap.
  func tensors(in data: ModelBytes) throws(ModelError) -> [String: WeightTensor] {
    var tensors: [String: WeightTensor] = [:]
    var end = 0
    let inOrder = entries.sorted { first, second in
      // An empty tensor begins where its successor does: the end decides then.
      let (one, other) = (first.value.data_offsets, second.value.data_offsets)
      return one.lexicographicallyPrecedes(other)
    }
    for (name, entry) in inOrder {
      guard let dtype = WeightTensor.DType(rawValue: entry.dtype) else {
        throw .invalidTensor(name: name, reason: "unknown type \(entry.dtype.prefix(16))")
      }
      guard entry.data_offsets.count == 2 else {
        throw .invalidTensor(name: name, reason: "data_offsets are not two numbers")
      }
      let (from, to) = (entry.data_offsets[0], entry.data_offsets[1])
      guard from == end else {
        throw .invalidTensor(name: name, reason: "begins at byte \(from), expected \(end)")
      }
      guard to >= from, to <= data.count else {
        throw .invalidTensor(
          name: name, reason: "ends at byte \(to), the file has \(data.count) bytes of data")
      }
      let bytes = data.part(from..<to)
      guard entry.shape.count <= 8,
        let tensor = WeightTensor(dtype: dtype, shape: entry.shape, bytes: bytes)
      else {
        throw .invalidTensor(
          name: name, reason: "\(to - from) bytes do not fit its shape and type")
      }
      tensors[name] = tensor
      end = to
    }
    guard end == data.count else {
      throw .malformedHeader("\(data.count - end) bytes after the last tensor")
    }
    return tensors
  }

  /// Writes a header whose tensors follow each other in the given order, padded with spaces so that
  /// the data begin at a multiple of 64 bytes.
  static func serialized(
    metadata: [String: String], tensors: [(name: String, tensor: WeightTensor)]
  ) -> [UInt8] {
    let strings = metadata.sorted { $0.key < $1.key }
      .map { "\(quoted($0.key)):\(quoted($0.value))" }
    var text = "{\"__metadata__\":{\(strings.joined(separator: ","))}"
    var offset = 0
    for (name, tensor) in tensors {
      let end = offset + tensor.bytes.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      text += ",\(quoted(name)):{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":[\(shape)],"
      text += "\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    text += "}"
    var bytes = Array(text.utf8)
    while (8 + bytes.count) % 64 != 0 { bytes.append(UInt8(ascii: " ")) }
    return bytes
  }

  /// A JSON string (RFC 8259, section 7).
  private static func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
