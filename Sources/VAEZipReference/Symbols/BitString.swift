// Formats/VZ-symbols.md, section 2: frame bytes and bit string.

/// A stream that is read from both ends: frames from the front, bits from the back.
struct BitString {
  let stream: [UInt8]
  /// Bytes taken by frames.
  private var front = 0
  private var bitsRead = 0

  init(_ stream: [UInt8]) { self.stream = stream }

  /// A number of so many bits, least significant bit first.
  mutating func bits(_ count: Int) throws -> Int {
    var value = 0
    for k in 0..<count {
      let byte = stream.count - 1 - bitsRead / 8
      guard byte >= front else { throw FormatError("no bits left") }
      value |= Int(stream[byte] >> (bitsRead % 8) & 1) << k
      bitsRead += 1
    }
    return value
  }

  /// EG(k), an Exp-Golomb code.
  mutating func expGolomb(_ k: Int, longest: Int = 16) throws -> Int {
    var s = 0
    while try bits(1) == 0 {
      s += 1
      guard s <= longest else { throw FormatError("a code is too long") }
    }
    let h = try bits(s)
    let l = try bits(k)
    return ((1 << s) + h - 1) << k + l
  }

  /// NEAR(P), a residual code.
  mutating func near(_ prediction: Int) throws -> Int {
    let c = try expGolomb(max(0, log2Floor(prediction) - 4), longest: 28)
    let value = c % 2 == 0 ? prediction + c / 2 : prediction - (c + 1) / 2
    guard value >= 0 else { throw FormatError("a negative number") }
    return value
  }

  /// The next bytes of frames.
  mutating func frame(_ size: Int) throws -> [UInt8] {
    guard front + size <= stream.count - (bitsRead + 7) / 8 else { throw FormatError("a frame is too long") }
    front += size
    return Array(stream[front - size..<front])
  }

  /// After the last segment: fewer than 8 bits are left, all zero.
  mutating func finish() throws {
    let left = 8 * (stream.count - front) - bitsRead
    guard left < 8, try bits(left) == 0 else { throw FormatError("bits are left") }
  }
}
