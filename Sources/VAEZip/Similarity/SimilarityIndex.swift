import VAEZip
import VAEZipContainer
import VAEZipFeatures
import VAEZipSupport

/// Signatures of many pictures, in memory and in a file.
public struct SimilarityIndex: Sendable, Equatable {
  /// A picture of the index.
  public struct Entry: Sendable, Equatable {
    /// As it was given.
    public let path: String
    /// Size of the file in bytes and time of its last change in nanoseconds since 1970: whether it is still the same.
    public let fileSize, changed: Int64
    /// What the picture looks like.
    public let signature: PictureSignature

    /// An entry; see the properties of the same names.
    public init(path: String, fileSize: Int64, changed: Int64, signature: PictureSignature) {
      (self.path, self.fileSize, self.changed, self.signature) = (path, fileSize, changed, signature)
    }
  }

  /// The pictures, in any order.
  public var entries: [Entry]

  /// An index of some pictures.
  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// The first bytes of a file: they look like no text and no picture.
  private static let signature: [UInt8] = [0xD6, 0x56, 0x5A, 0x53, 0x49, 0x4D, 0x32, 0x0A]

  /// The bytes of a file: 8 bytes of signature, u32 count; of each entry u32 length of the path, the path in UTF-8, i64 size,
  /// i64 time, 192 i8; at the end u64 XXH64 of all before. Numbers are little-endian.
  public var bytes: [UInt8] {
    var bytes = Self.signature
    bytes.reserveCapacity(20 + entries.count * (PictureSignature.count + 80))
    func append(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
    append(UInt32(entries.count))
    for entry in entries {
      let path = Array(entry.path.utf8)
      append(UInt32(path.count))
      bytes += path
      append(entry.fileSize)
      append(entry.changed)
      bytes += entry.signature.values.map { UInt8(bitPattern: $0) }
    }
    append(Checksum.hash64(bytes))
    return bytes
  }

  /// Reads what `bytes` wrote.
  ///
  /// - Throws: `FeatureError.malformed`.
  public init(parsing bytes: [UInt8]) throws(FeatureError) {
    func malformed(_ reason: String) -> FeatureError { .malformed(what: "index", reason: reason) }
    guard bytes.starts(with: Self.signature) else { throw malformed("not an index of `vaezip similar`") }
    guard bytes.count >= 20 else { throw malformed("truncated: \(bytes.count) bytes") }
    var place = Self.signature.count
    let end = bytes.count - 8
    func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
      let size = MemoryLayout<Number>.size
      guard end - place >= size else { return nil }
      defer { place += size }
      return bytes.withUnsafeBytes {
        Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self))
      }
    }
    let checksum = bytes.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: end, as: UInt64.self))
    }
    guard Checksum.hash64(bytes[..<end]) == checksum else { throw malformed("damaged: wrong checksum") }
    let count = Int(number(UInt32.self) ?? 0)
    entries = []
    // An entry has at least 212 bytes, so a wrong count takes no memory.
    entries.reserveCapacity(min(count, bytes.count / 212))
    for _ in 0..<count {
      guard let length = number(UInt32.self), end - place >= Int(length) else { throw malformed("truncated") }
      let path = String(decoding: bytes[place..<place + Int(length)], as: UTF8.self)
      place += Int(length)
      guard let size = number(Int64.self), let changed = number(Int64.self),
        end - place >= PictureSignature.count,
        let signature = PictureSignature(
          values: bytes[place..<place + PictureSignature.count].map { Int8(bitPattern: $0) })
      else { throw malformed("truncated") }
      place += PictureSignature.count
      entries.append(Entry(path: path, fileSize: size, changed: changed, signature: signature))
    }
    guard place == end else { throw malformed("\(end - place) bytes too many") }
  }
}

extension SimilarityIndex {
  /// Pictures that look alike.
  public struct Match: Sendable, Equatable {
    /// Place in `entries`.
    public let entry: Int
    /// See `PictureSignature.distance`.
    public let distance: Double
  }

  /// The entries that are nearest to a picture, the nearest first.
  ///
  /// - Parameters:
  ///   - signature: of the picture.
  ///   - count: how many at most.
  public func nearest(_ signature: PictureSignature, count: Int) -> [Match] {
    let matches = entries.indices.map {
      Match(entry: $0, distance: signature.distance(entries[$0].signature))
    }
    return Array(matches.sorted { ($0.distance, $0.entry) < ($1.distance, $1.entry) }.prefix(count))
  }

  /// Groups of near-duplicates: pictures that are connected by pairs within a distance. Pictures without a duplicate are in
  /// no group.
  ///
  /// - Parameters:
  ///   - threshold: the largest distance of a pair.
  ///   - threads: 0 takes all cores; the result does not depend on it.
  /// - Returns: places in `entries`, ascending in each group; groups by their first place.
  public func groups(threshold: Double, threads: Int = 0) -> [[Int]] {
    let limit = Int32((threshold * 127 * threshold * 127).rounded(.down))
    // The distance of two signatures is at least that of their sums over any half of the numbers, divided by √96. So
    // only those need be compared whose sums are close.
    let reach = Int((threshold * 127 * Double(PictureSignature.count / 2).squareRoot()).rounded(.up))
    // Equal signatures are one, so that many copies of a picture cost no time.
    var firsts: [PictureSignature: Int] = [:]
    let sets = Guarded(DisjointSets(entries.count))
    for (index, entry) in entries.enumerated() {
      if let first = firsts[entry.signature] {
        sets.withLock { $0.join(first, index) }
      } else {
        firsts[entry.signature] = index
      }
    }
    let sums = entries.map { entry in
      entry.signature.values.prefix(PictureSignature.count / 2).reduce(0) { $0 + Int($1) }
    }
    let order = firsts.values.sorted { (sums[$0], $0) < (sums[$1], $1) }
    let count = PictureSignature.count
    let numbers = order.flatMap { entries[$0].signature.values }
    let block = 256
    Threads(threads).forEach((order.count + block - 1) / block) { index in
      numbers.withUnsafeBufferPointer { numbers in
        for first in index * block..<min(index * block + block, order.count) {
          var second = first + 1
          while second < order.count, sums[order[second]] - sums[order[first]] <= reach {
            if Self.isWithin(limit, numbers, first * count, second * count) {
              sets.withLock { $0.join(order[first], order[second]) }
            }
            second += 1
          }
        }
      }
    }
    return sets.withLock { $0.groups }
  }

  /// Whether the squared distance of two signatures is within a limit; 48 numbers at a time.
  private static func isWithin(
    _ limit: Int32, _ numbers: UnsafeBufferPointer<Int8>, _ first: Int, _ second: Int
  ) -> Bool {
    var sum: Int32 = 0
    for part in 0..<4 {
      for index in part * 48..<part * 48 + 48 {
        let difference = Int32(numbers[first + index]) &- Int32(numbers[second + index])
        sum &+= difference &* difference
      }
      if sum > limit { return false }
    }
    return true
  }
}

/// Sets of numbers that can be joined (Tarjan 1975).
private struct DisjointSets: Sendable {
  private var parents: [Int]

  init(_ count: Int) { parents = Array(0..<count) }

  private mutating func root(_ number: Int) -> Int {
    var number = number
    while parents[number] != number {
      parents[number] = parents[parents[number]]
      number = parents[number]
    }
    return number
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (root(a), root(b))
    parents[max(a, b)] = min(a, b)
  }

  /// Sets of at least two numbers.
  var groups: [[Int]] {
    var (sets, copy) = ([Int: [Int]](), self)
    for number in parents.indices { sets[copy.root(number), default: []].append(number) }
    return sets.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }
}
