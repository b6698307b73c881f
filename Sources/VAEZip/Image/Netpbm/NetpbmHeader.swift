/// The header of a PGM, PPM or PAM file (netpbm's manual pages pgm(5), ppm(5), pam(5)).
struct NetpbmHeader {
  var width = 0
  var height = 0
  /// Samples of a pixel: gray, gray + alpha, RGB, RGB + alpha.
  var samples = 0
  /// The largest value of a sample, 1 … 65535.
  var maximum = 0
  /// Whether samples are decimal numbers.
  var isPlain = false

  /// Bytes of a sample of a file that is not plain.
  var sampleBytes: Int { maximum > 255 ? 2 : 1 }

  init(_ bytes: NetpbmBytes) throws(NetpbmError) {
    var found: [UInt8] = []
    for _ in 0..<2 { if let byte = try bytes.next() { found.append(byte) } }
    guard found.count == 2, found[0] == UInt8(ascii: "P") else { throw .notNetpbm(found: found) }
    switch found[1] {
    case UInt8(ascii: "2"): (samples, isPlain) = (1, true)
    case UInt8(ascii: "3"): (samples, isPlain) = (3, true)
    case UInt8(ascii: "5"): samples = 1
    case UInt8(ascii: "6"): samples = 3
    case UInt8(ascii: "7"):
      try readFields(bytes)
      return
    case UInt8(ascii: "1"), UInt8(ascii: "4"):
      throw .unsupported("a PBM, which is not read; convert it to PNG")
    case UInt8(ascii: "F"), UInt8(ascii: "f"):
      throw .unsupported("a PFM, which is not read; convert it to PNG")
    default: throw .notNetpbm(found: found)
    }
    width = try Self.number(bytes, "width")
    height = try Self.number(bytes, "height")
    maximum = try Self.number(bytes, "maxval")
    try check(bytes)
  }

  /// The next decimal number, after white space and comments, and the byte after it.
  static func number(_ bytes: NetpbmBytes, _ what: String) throws(NetpbmError) -> Int {
    var value: Int?
    while true {
      guard let byte = try bytes.next() else {
        guard let value else { throw .truncated(offset: bytes.taken) }
        return value
      }
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = Int(byte - UInt8(ascii: "0"))
        value = (value ?? 0) * 10 + digit
        guard let value, value <= 1 << 31 else {
          throw .damaged("\(what) is too large", offset: bytes.taken)
        }
      case UInt8(ascii: "#"):
        // A comment, also right after a number.
        while let byte = try bytes.next(), byte != UInt8(ascii: "\n") {}
        if let value { return value }
      case _ where isSpace(byte):
        if let value { return value }
      default: throw .damaged("\(what) is no number", offset: bytes.taken)
      }
    }
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

  /// The lines of a PAM's header.
  private mutating func readFields(_ bytes: NetpbmBytes) throws(NetpbmError) {
    var fields: [String: Int] = [:]
    var type: [String] = []
    var lines = 0
    while true {
      let line = try Self.line(bytes)
      lines += 1
      guard lines <= 1000 else { throw .damaged("a header without ENDHDR", offset: bytes.taken) }
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).map(String.init)
      guard let name = words.first, !name.hasPrefix("#") else { continue }
      if name == "ENDHDR" { break }
      if name == "TUPLTYPE" {
        type += words.dropFirst()
        continue
      }
      guard ["WIDTH", "HEIGHT", "DEPTH", "MAXVAL"].contains(name), fields[name] == nil, words.count == 2,
        let value = Int(words[1]), 0...1 << 31 ~= value
      else { throw .damaged("the line \(String(line.prefix(40)).debugDescription)", offset: bytes.taken) }
      fields[name] = value
    }
    for name in ["WIDTH", "HEIGHT", "DEPTH", "MAXVAL"] where fields[name] == nil {
      throw .damaged("a header without \(name)", offset: bytes.taken)
    }
    (width, height) = (fields["WIDTH"] ?? 0, fields["HEIGHT"] ?? 0)
    (samples, maximum) = (fields["DEPTH"] ?? 0, fields["MAXVAL"] ?? 0)
    let expected: [String: Int] = [
      "BLACKANDWHITE": 1, "GRAYSCALE": 1, "RGB": 3, "BLACKANDWHITE_ALPHA": 2, "GRAYSCALE_ALPHA": 2,
      "RGB_ALPHA": 4,
    ]
    let name = type.joined(separator: " ")
    guard 1...4 ~= samples, name.isEmpty || expected[name] == samples else {
      throw .unsupported(
        "a PAM of \(samples) samples" + (name.isEmpty ? "" : " of type \(name.prefix(40))")
          + ", which is not read; gray, RGB and both with alpha are")
    }
    try check(bytes)
  }

  private static func line(_ bytes: NetpbmBytes) throws(NetpbmError) -> String {
    var line: [UInt8] = []
    while true {
      guard let byte = try bytes.next() else { throw .truncated(offset: bytes.taken) }
      if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
      guard line.count <= 1000 else { throw .damaged("a header without ENDHDR", offset: bytes.taken) }
    }
  }

  private func check(_ bytes: NetpbmBytes) throws(NetpbmError) {
    guard width > 0, height > 0 else {
      throw .damaged("a size of \(width) × \(height)", offset: bytes.taken)
    }
    guard 1...65535 ~= maximum else { throw .damaged("maxval \(maximum), not 1…65535", offset: bytes.taken) }
  }
}
