import CZstd

/// Formats/VZ-symbols.md, step by step, over libzstd: slow, plain, and without a line of the product.
struct PlainSymbolDecoder {
  struct Failure: Error { let reason: String }

  // Section 1.
  let raw: [Int]
  let freq: [[Int]]
  private var rank: [Int] = []
  private var chunk: [Int] = []
  private var zero: [Int] = []
  private var riceChunk: [Int] = []
  private var rice: [Int] = []
  /// How often each kind of segment was met.
  private(set) var kinds = [Int](repeating: 0, count: 5)

  private var stream: [UInt8] = []
  private var front = 0
  private var bitsRead = 0

  init(tensor: [Int]) {
    raw = (0..<64).map { tensor[33 * $0] }
    freq = (0..<64).map { Array(tensor[(33 * $0 + 1)...].prefix(32)) }
    let means = freq.map { row in row.enumerated().reduce(0) { $0 + $1.0 * $1.1 } }
    let order = (0..<64).sorted { means[$0] != means[$1] ? means[$0] > means[$1] : $0 < $1 }
    rank = (0..<64).map { order.firstIndex(of: $0) ?? 0 }
    for v in 0..<64 {
      func doubled(_ threshold: Int) -> (k: Int, z: Int) {
        var (z, k) = (freq[v][0] << 8, 0)
        while k < 16, Int((UInt64(z) * UInt64(z)) >> 32) >= threshold {
          z = Int((UInt64(z) * UInt64(z)) >> 32)
          k += 1
        }
        return (k, z)
      }
      let inFrames = doubled(2_808_872_312)
      chunk.append(inFrames.k)
      zero.append(inFrames.z >> 8)
      riceChunk.append(doubled(1_640_531_527).k)
      rice.append((1...4).last { (11 * means[v]) >> 4 >= 1 << (24 + $0) } ?? 0)
    }
  }

  // Section 2.
  private mutating func bits(_ count: Int) throws -> Int {
    var value = 0
    for k in 0..<count {
      let byte = stream.count - 1 - bitsRead / 8
      guard byte >= front else { throw Failure(reason: "no bits left") }
      value |= Int(stream[byte] >> (bitsRead % 8) & 1) << k
      bitsRead += 1
    }
    return value
  }

  private mutating func eg(_ k: Int, longest: Int = 16) throws -> Int {
    var s = 0
    while try bits(1) == 0 {
      s += 1
      guard s <= longest else { throw Failure(reason: "long code") }
    }
    let h = try bits(s)
    return (((1 << s) + h - 1) << k) + (try bits(k))
  }

  private mutating func near(_ expected: Int) throws -> Int {
    let code = try eg(max(Self.log2(expected) - 4, 0), longest: 28)
    let value = expected + (code % 2 == 0 ? code / 2 : -(code + 1) / 2)
    guard value >= 0 else { throw Failure(reason: "negative number") }
    return value
  }

  /// ⌊log₂⌋.
  private static func log2(_ value: Int) -> Int {
    var log = 0
    while value >> (log + 1) > 0 { log += 1 }
    return log
  }

  /// How many symbols are expected not to be zero.
  private func expected(_ v: [Int]) -> Int {
    max(v.reduce(0) { $0 + (1 << 24) - freq[$1][0] } >> 24, 1)
  }

  // Section 3.
  mutating func decode(_ bytes: [UInt8], levels: [Int]) throws -> [Int] {
    var result = [Int](repeating: 0, count: levels.count)
    guard !bytes.isEmpty else { return result }
    (stream, front, bitsRead) = (bytes, 0, 0)
    let places = levels.indices.sorted {
      (rank[levels[$0]], $0) < (rank[levels[$1]], $1)
    }
    var groups: [[Int]] = []
    for place in places {
      if let last = groups.last, levels[last[0]] == levels[place] {
        groups[groups.count - 1].append(place)
      } else {
        groups.append([place])
      }
    }
    while !groups.isEmpty {
      var zeros = 0
      while zeros < 4, try bits(1) == 0 { zeros += 1 }
      let kind = [2, 1, 0, 4, 3][zeros]
      var width = 0
      while (groups.count - 1) >> width > 0 { width += 1 }
      let count = try bits(width) + 1
      guard count <= groups.count else { throw Failure(reason: "bad segment") }
      kinds[kind] += 1
      let places = Array(groups.prefix(count).joined())
      groups.removeFirst(count)
      let segment = places.map { levels[$0] }
      let symbols: [Int]
      switch kind {
      case 1: symbols = try runs(segment)
      case 2: symbols = try magnitudes(segment)
      case 3: symbols = try runBits(segment)
      case 4: symbols = try magnitudeBits(segment)
      default: symbols = segment.map { _ in 0 }
      }
      for (place, symbol) in zip(places, symbols) { result[place] = symbol }
    }
    let left = 8 * (stream.count - front) - bitsRead
    guard left < 8, try bits(left) == 0 else { throw Failure(reason: "bits left") }
    return result
  }

  private mutating func signed(_ magnitude: Int) throws -> Int {
    guard magnitude <= 32767 else { throw Failure(reason: "magnitude") }
    return try bits(1) == 1 ? -magnitude : magnitude
  }

  private mutating func runs(_ v: [Int]) throws -> [Int] {
    var symbols = v.map { _ in 0 }
    let lanes = (literal: magnitudeLane(v, zeros: false, c0: 2), match: runLane(v))
    var cursor = 0
    var expected = expected(v)
    repeat {
      let count = try near(expected)
      expected = max(expected - count, 1)
      for (a, b) in try frame(sequences: count, lanes, literalBase: 0) {
        var m = a
        let c = b - 3
        for _ in 0..<c where cursor < v.count { cursor += 1 << chunk[v[cursor]] }
        if c == lanes.match.cap { continue }
        guard cursor < v.count else { throw Failure(reason: "run") }
        cursor += try bits(chunk[v[cursor]])
        if m == lanes.literal.cap { m += try eg(0) }
        guard cursor < v.count else { throw Failure(reason: "run") }
        symbols[cursor] = try signed(m)
        cursor += 1
      }
    } while try bits(1) == 1
    return symbols
  }

  private mutating func runBits(_ v: [Int]) throws -> [Int] {
    var symbols = v.map { _ in 0 }
    var cursor = 0
    for _ in 0..<(try near(expected(v))) {
      while try bits(1) == 1 {
        guard cursor < v.count else { throw Failure(reason: "run") }
        cursor += 1 << riceChunk[v[cursor]]
      }
      guard cursor < v.count else { throw Failure(reason: "run") }
      cursor += try bits(riceChunk[v[cursor]])
      let magnitude = try eg(0) + 1
      guard cursor < v.count else { throw Failure(reason: "run") }
      symbols[cursor] = try signed(magnitude)
      cursor += 1
    }
    return symbols
  }

  private mutating func magnitudes(_ v: [Int]) throws -> [Int] {
    let half = (v.count + 1) / 2
    let lanes = (
      literal: magnitudeLane(Array(v[..<half]), zeros: true, c0: 1),
      match: magnitudeLane(
        Array(v.count > 1 ? v[half...] : v[...]), zeros: true, c0: 1, inMatches: true)
    )
    var first: [Int] = []
    var second: [Int] = []
    while first.count < half {
      let isLast = try bits(1) == 1
      let count = isLast ? half - first.count : try eg(8) + 1
      for (a, b) in try frame(sequences: count, lanes, literalBase: 1) {
        first.append(a - 1)
        second.append(b - 3)
      }
    }
    return try zip(v, first + second).enumerated().map { place, pair in
      var m = pair.1
      if m == (place < half ? lanes.literal.cap : lanes.match.cap) { m += try eg(0) }
      m = (m << raw[pair.0]) + (try bits(raw[pair.0]))
      return m == 0 ? 0 : try signed(m)
    }
  }

  private mutating func magnitudeBits(_ v: [Int]) throws -> [Int] {
    try v.map { v in
      var h = 0
      while h < 20, try bits(1) == 1 { h += 1 }
      if h == 20 { h += try eg(0) }
      var m = (h << rice[v]) + (try bits(rice[v]))
      m = (m << raw[v]) + (try bits(raw[v]))
      return m == 0 ? 0 : try signed(m)
    }
  }

  // Section 4.
  private mutating func frame(
    sequences: Int, _ lanes: (literal: Lane, match: Lane), literalBase: Int
  ) throws -> [(Int, Int)] {
    let usesDictionary = try bits(1) == 1
    let stateBits = (lanes.literal.states + lanes.match.states).filter { $0 > 0 }.reduce(0) {
      let f = Self.log2($1)
      return $0 + $1 * (9 - f) - 2 * $1 + 2 << f
    }
    let size = try near((sequences * stateBits) >> 12 + 3)
    guard size > 0, (1...27_306).contains(sequences) else { throw Failure(reason: "empty frame") }
    guard front + size <= stream.count - bitsRead / 8 else { throw Failure(reason: "frame size") }
    let body =
      [0x0D, 0x00, 0x0C, 0x01]
      + (sequences < 128
        ? [UInt8(sequences)] : [UInt8(128 + sequences >> 8), UInt8(sequences & 255)])
      + (usesDictionary ? [0xDC, 0x00] : []) + stream[front..<front + size]
    front += size
    let block = body.count << 3 + 5
    let input: [UInt8] =
      [0x00, 0x38, UInt8(block & 255), UInt8(block >> 8 & 255), UInt8(block >> 16)] + body
    let dictionary = dictionary(lanes)
    var output = [UInt8](repeating: 0, count: 131_072)
    let context = ZSTD_createDCtx()
    defer { ZSTD_freeDCtx(context) }
    ZSTD_DCtx_setParameter(
      context, ZSTD_d_experimentalParam1, Int32(ZSTD_f_zstd1_magicless.rawValue))
    let count = ZSTD_decompress_usingDict(
      context, &output, output.count, input, input.count, dictionary, dictionary.count)
    guard ZSTD_isError(count) == 0 else {
      throw Failure(reason: String(cString: ZSTD_getErrorName(count)))
    }
    var pairs: [(Int, Int)] = []
    var place = 0
    while true {
      let start = place
      while place < count, output[place] == 1 { place += 1 }
      if place == count { break }
      let middle = place
      while place < count, output[place] == 0 { place += 1 }
      pairs.append((middle - start, place - middle))
    }
    guard pairs.count == sequences else { throw Failure(reason: "pairs of runs") }
    for (a, b) in pairs {
      guard literalBase == 0 ? a >= 1 : true, a - literalBase <= lanes.literal.cap,
        (0...lanes.match.cap).contains(b - 3)
      else { throw Failure(reason: "length of a run") }
    }
    return pairs
  }

  // Section 5.
  struct Lane {
    let cap: Int
    /// States of the codes.
    let states: [Int]
  }

  private func dictionary(_ lanes: (literal: Lane, match: Lane)) -> [UInt8] {
    let offset: [UInt8] = [0, 0, 2, 0]
    return [0x37, 0xA4, 0x30, 0xEC, 1, 0, 0, 0, 0x06, 0x20, 0x7E, 0xFF, 0xFF, 0x1E, 0x02, 0xE0, 0x0F]
      + Self.table(lanes.match.states) + Self.table(lanes.literal.states)
      + offset + offset + offset + [UInt8](repeating: 0, count: 131_072)
  }

  /// RFC 8878, section 4.1.1, accuracy log 9.
  private static func table(_ states: [Int]) -> [UInt8] {
    var bits: [Int] = []
    func put(_ value: Int, _ count: Int) { bits += (0..<count).map { value >> $0 & 1 } }
    put(9 - 5, 4)
    var (remaining, code) = (512, 0)
    while remaining > 0 {
      let count = states[code]
      // Values 0…remaining + 1: the lowest ones take a bit less.
      var n = 0
      while (remaining + 1) >> n > 0 { n += 1 }
      let spare = (1 << n) - 1 - (remaining + 1)
      let value = count + 1
      if value < spare {
        put(value, n - 1)
      } else {
        put(value >= 1 << (n - 1) ? value + spare : value, n)
      }
      remaining -= count
      code += 1
      guard count == 0 else { continue }
      var zeros = states[code...].prefix { $0 == 0 }.count
      code += zeros
      while zeros >= 3 {
        put(3, 2)
        zeros -= 3
      }
      put(zeros, 2)
    }
    return stride(from: 0, to: bits.count, by: 8).map { start in
      bits[start...].prefix(8).enumerated().reduce(0) { $0 | UInt8($1.1 << $1.0) }
    }
  }

  private func magnitudeLane(
    _ v: [Int], zeros: Bool, c0: Int, inMatches: Bool = false
  ) -> Lane {
    var w = [Int](repeating: 0, count: 32)
    for v in v { for m in (zeros ? 0 : 1)..<32 { w[m] += freq[v][m] } }
    let (cap, weights) = capped(w, c0: c0, r: 10)
    // A match length of m + 3 has the code m.
    if inMatches { return Lane(cap: cap, states: Self.states(weights)) }
    var codes = [Int](repeating: 0, count: 23)
    for (value, weight) in weights.enumerated() {
      let length = zeros ? value + 1 : value
      if length == 0 { continue }
      // RFC 8878, section 3.1.1.3.2.1.1.
      let code =
        length < 16 ? length : length < 24 ? 16 + (length - 16) / 2 : length < 32
        ? 20 + (length - 24) / 4 : 22
      codes[code] += weight
    }
    return Lane(cap: cap, states: Self.states(codes))
  }

  private func runLane(_ v: [Int]) -> Lane {
    var levels: [Int] = []
    var counts: [Int] = []
    for v in v {
      if levels.last == v { counts[counts.count - 1] += 1 } else {
        levels.append(v)
        counts.append(1)
      }
    }
    let e = zip(levels, counts).map { $1 * ((1 << 24) - freq[$0][0]) }
    var h = 0
    while e.reduce(0, +) >> h >= 1 << 26 { h += 1 }
    var w = [Int](repeating: 0, count: 32)
    for (v, e) in zip(levels, e) {
      let g = max(e >> h, 1)
      var p = 1 << 24
      for c in 0...30 {
        let next = (p * zero[v]) >> 24
        w[c] += g * (p - next)
        p = next
      }
      w[31] += g * p
    }
    let (cap, weights) = capped(w, c0: 1, r: 7)
    return Lane(cap: cap, states: Self.states(weights))
  }

  private func capped(_ w: [Int], c0: Int, r: Int) -> (Int, [Int]) {
    let s = w.reduce(0, +)
    func tail(_ c: Int) -> Int { w[c...].reduce(0, +) }
    let cap = (c0..<31).first { tail($0) << r < s } ?? 31
    return (cap, w[..<cap].map { max($0, 1) } + [max(tail(cap), 1)])
  }

  private static func states(_ w: [Int]) -> [Int] {
    let sum = w.reduce(0, +)
    var n = w.map { $0 == 0 ? 0 : max(1, 512 * $0 / sum) }
    while n.reduce(0, +) > 512 {
      var best = -1
      for c in n.indices where n[c] > 1 {
        if best < 0 || w[c] * (2 * n[best] - 1) < w[best] * (2 * n[c] - 1) { best = c }
      }
      n[best] -= 1
    }
    while n.reduce(0, +) < 512 {
      var best = 0
      for c in n.indices where w[c] * (2 * n[best] + 1) > w[best] * (2 * n[c] + 1) { best = c }
      n[best] += 1
    }
    return n
  }
}
