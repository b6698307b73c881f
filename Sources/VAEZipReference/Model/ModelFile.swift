import Foundation

// Formats/MODEL.md, "The file".

/// A model file taken apart: a safetensors file whose metadata describe a network.
package struct ModelFile {
  /// XXH64 of the whole file.
  let id: UInt64
  /// "Description": widths and numbers of blocks, by name.
  private let description: [String: Int]
  /// "Masks".
  let isDualCheckerboard: Bool
  /// Fraction bits of the activations, by name.
  private let calibration: [String: Int]
  private let tensors: [String: Tensor]

  struct Tensor {
    let shape: [Int]
    /// The elements, exactly.
    let values: [Double]
  }

  package init(_ bytes: [UInt8]) throws {
    id = hash(bytes)
    var cursor = ByteCursor(bytes: bytes)
    let headerSize = try cursor.integer(8)
    guard headerSize <= 1 << 22 else { throw FormatError("the header is too long") }
    let header = try Self.object(try cursor.take(headerSize))
    let data = Array(bytes[cursor.position...])

    let metadata = header["__metadata__"] as? [String: String] ?? [:]
    let own = try Self.object(Array((metadata["vaezip"] ?? "").utf8))
    let description = own["description"] as? [String: Any] ?? [:]
    let masks = description["masks"] as? String ?? "checkerboard"
    switch (own["format"] as? Int ?? 0, masks) {
    case (1...3, "checkerboard"): isDualCheckerboard = false
    case (2...3, "dualCheckerboard"): isDualCheckerboard = true
    default: throw FormatError("format of the model")
    }
    self.description = description.compactMapValues { $0 as? Int }
    calibration = own["calibration"] as? [String: Int] ?? [:]

    var tensors: [String: Tensor] = [:]
    for (name, entry) in header where name != "__metadata__" {
      tensors[name] = try Self.tensor(entry as? [String: Any] ?? [:], data)
    }
    self.tensors = tensors
  }

  private static func object(_ json: [UInt8]) throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else {
      throw FormatError("JSON object")
    }
    return object
  }

  private static func tensor(_ entry: [String: Any], _ data: [UInt8]) throws -> Tensor {
    guard let type = entry["dtype"] as? String, let shape = entry["shape"] as? [Int],
      let offsets = entry["data_offsets"] as? [Int], offsets.count == 2,
      0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= data.count
    else { throw FormatError("entry of a tensor") }
    var cursor = ByteCursor(bytes: Array(data[offsets[0]..<offsets[1]]))
    let count = shape.reduce(1, *)
    guard cursor.bytes.count == count * (type == "F16" ? 2 : 4) else {
      throw FormatError("size of a tensor")
    }
    let values = try (0..<count).map { _ in
      switch type {
      case "F16": return half(try cursor.integer(2))
      case "F32": return Double(Float(bitPattern: UInt32(try cursor.integer(4))))
      case "I32": return Double(Int32(truncatingIfNeeded: try cursor.integer(4)))
      default: throw FormatError("type of a tensor")
      }
    }
    return Tensor(shape: shape, values: values)
  }

  /// IEEE 754 binary16; a model has no infinities.
  private static func half(_ bits: Int) -> Double {
    let sign: Double = bits & 0x8000 == 0 ? 1 : -1
    let (exponent, fraction) = (bits >> 10 & 31, Double(bits & 1023))
    return exponent == 0
      ? sign * fraction * powerOfTwo(-24) : sign * (1024 + fraction) * powerOfTwo(exponent - 25)
  }

  // MARK: Contents

  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else { throw FormatError("no tensor \(name)") }
    return tensor
  }

  /// The elements of an I32 tensor.
  package func integers(_ name: String) throws -> [Int] { try tensor(name).values.map { Int($0) } }

  /// Fraction bits of an activation.
  func bits(_ activation: String) throws -> Int {
    guard let bits = calibration[activation] else { throw FormatError("no bits of \(activation)") }
    return bits
  }

  /// `analysisBlocks` and so on.
  func blocks(_ part: String) -> Int { description[part + "Blocks"] ?? 0 }

  /// C.
  var transformWidth: Int { description["transformWidth"] ?? 0 }
  /// M.
  var latentWidth: Int { description["latentWidth"] ?? 0 }
  /// Z.
  var hyperWidth: Int { description["hyperWidth"] ?? 0 }
  /// K.
  var priorWidth: Int { description["priorWidth"] ?? 0 }
  /// D.
  var contextWidth: Int { description["contextWidth"] ?? 0 }
}
