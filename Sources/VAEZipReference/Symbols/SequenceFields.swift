// Formats/VZ-symbols.md, section 5: dictionaries.

/// The literal lengths and the match lengths of a segment's sequences: how likely each is, and the zstd
/// dictionary that says so.
struct SequenceFields {
  let literals: Field
  let matches: Field

  /// "Sequence fields".
  struct Field {
    /// The largest value; more follows in the bit string.
    let cap: Int
    /// The states of each code in zstd's table of 512.
    let states: [Int]

    /// - Parameters:
    ///   - w: the weight of each value, 0…31.
    ///   - c0: the lowest cap.
    ///   - r: one value in 2^r may be the cap.
    ///   - code: zstd's code of a value's length; nil if the value does not occur.
    init(_ w: [Int], c0: Int, r: Int, code: (_ value: Int) -> Int?) {
      let s = w.reduce(0, +)
      let tails = (0..<32).map { c in w[c...].reduce(0, +) }
      let cap = (c0..<32).first { tails[$0] << r < s } ?? 31
      let weights = w[..<cap].map { max($0, 1) } + [max(tails[cap], 1)]
      var weightsOfCodes: [Int] = []
      for (value, weight) in weights.enumerated() {
        guard let code = code(value) else { continue }
        while weightsOfCodes.count <= code { weightsOfCodes.append(0) }
        weightsOfCodes[code] += weight
      }
      self.cap = cap
      states = Self.states(weightsOfCodes)
    }

    /// "States".
    private static func states(_ w: [Int]) -> [Int] {
      let sum = w.reduce(0, +)
      var n = w.map { $0 == 0 ? 0 : max(1, 512 * $0 / sum) }
      while n.reduce(0, +) > 512 {
        // The least W / (2n − 1) gives a state back.
        var least = -1
        for code in n.indices where n[code] > 1 {
          if least < 0 || w[code] * (2 * n[least] - 1) < w[least] * (2 * n[code] - 1) { least = code }
        }
        n[least] -= 1
      }
      while n.reduce(0, +) < 512 {
        // The greatest W / (2n + 1) gets a state more.
        var greatest = 0
        for code in n.indices where w[code] * (2 * n[greatest] + 1) > w[greatest] * (2 * n[code] + 1) {
          greatest = code
        }
        n[greatest] += 1
      }
      return n
    }
  }

  /// Of a segment of kind 2.
  /// - Parameter v: the scale index of each symbol.
  init(magnitudes v: [Int], _ tables: SymbolTables) {
    let half = (v.count + 1) / 2
    let second = v.count > 1 ? v[half...] : v[...]
    literals = Field(
      Self.magnitudeWeights(v[..<half], tables), c0: 1, r: 10,
      code: { m in Self.literalLengthCode(m + 1) })
    // A match length of m + 3 has the code m.
    matches = Field(Self.magnitudeWeights(second, tables), c0: 1, r: 10, code: { m in m })
  }

  /// Of a segment of kind 1.
  /// - Parameter v: the scale index of each symbol.
  init(runs v: [Int], _ tables: SymbolTables) {
    var weights = Self.magnitudeWeights(v[...], tables)
    weights[0] = 0
    literals = Field(
      weights, c0: 2, r: 10, code: { m in m == 0 ? nil : Self.literalLengthCode(m) })
    matches = Field(Self.runWeights(v, tables), c0: 1, r: 7, code: { c in c })
  }

  private static func magnitudeWeights(_ v: ArraySlice<Int>, _ tables: SymbolTables) -> [Int] {
    (0..<32).map { m in v.reduce(0) { $0 + tables.freq[$1][m] } }
  }

  /// The match lengths of kind 1: a run of C chunks of zeros.
  private static func runWeights(_ v: [Int], _ tables: SymbolTables) -> [Int] {
    var groups: [(v: Int, e: Int)] = []
    for v in v {
      if groups.last?.v != v { groups.append((v, 0)) }
      groups[groups.count - 1].e += (1 << 24) - tables.freq[v][0]
    }
    let sum = groups.reduce(0) { $0 + $1.e }
    var h = 0
    while sum >> h >= 1 << 26 { h += 1 }
    var w = [Int](repeating: 0, count: 32)
    for group in groups {
      let g = max(group.e >> h, 1)
      var p = 1 << 24
      for c in 0...30 {
        let next = (p * tables.zero[group.v]) >> 24
        w[c] += g * (p - next)
        p = next
      }
      w[31] += g * p
    }
    return w
  }

  /// RFC 8878, section 3.1.1.3.2.1.1, lengths up to 32.
  private static func literalLengthCode(_ length: Int) -> Int {
    switch length {
    case ..<16: length
    case ..<24: 16 + (length - 16) / 2
    case ..<32: 20 + (length - 24) / 4
    default: 22
    }
  }

  /// b of section 4: 512 times the bits that a sequence takes on average.
  var stateBits: Int {
    (literals.states + matches.states).filter { $0 > 0 }.reduce(0) { sum, n in
      let f = log2Floor(n)
      return sum + n * (9 - f) - 2 * n + 2 << f
    }
  }

  // MARK: The dictionary

  /// A whole zstd dictionary.
  var dictionary: [UInt8] {
    let magic: [UInt8] = [0x37, 0xA4, 0x30, 0xEC]
    let id: [UInt8] = [1, 0, 0, 0]
    let huffmanTable: [UInt8] = [0x06, 0x20, 0x7E, 0xFF, 0xFF, 0x1E, 0x02]
    let offsetCodes: [UInt8] = [0xE0, 0x0F]
    let offset: [UInt8] = [0, 0, 2, 0]
    let content = [UInt8](repeating: 0, count: 131_072)
    return magic + id + huffmanTable + offsetCodes + Self.table(matches.states)
      + Self.table(literals.states) + offset + offset + offset + content
  }

  /// A table of states as RFC 8878, section 4.1.1, describes it.
  private static func table(_ states: [Int]) -> [UInt8] {
    var bits: [Int] = []
    func put(_ value: Int, _ count: Int) { bits += (0..<count).map { value >> $0 & 1 } }
    put(9 - 5, 4)
    var (remaining, code) = (512, 0)
    while remaining > 0 {
      let count = states[code]
      // Values 0 … remaining + 1; the lowest ones take one bit less than the others.
      let width = log2Floor(remaining + 1) + 1
      let shortValues = (1 << width) - 1 - (remaining + 1)
      let value = count + 1
      if value < shortValues {
        put(value, width - 1)
      } else {
        put(value >= 1 << (width - 1) ? value + shortValues : value, width)
      }
      remaining -= count
      code += 1
      guard count == 0 else { continue }
      // After a zero: how many more zeros follow, two bits at a time; 3 says that there are more.
      var zeros = states[code...].prefix { $0 == 0 }.count
      code += zeros
      while zeros >= 3 {
        put(3, 2)
        zeros -= 3
      }
      put(zeros, 2)
    }
    return stride(from: 0, to: bits.count, by: 8).map { start in
      bits[start...].prefix(8).enumerated().reduce(0) { $0 | UInt8($1.element << $1.offset) }
    }
  }
}
