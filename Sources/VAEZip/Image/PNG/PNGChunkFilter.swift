import CPNGShim
import VAEZipSupport

/// The chunks of a PNG on their way to libpng, which gets those alone that concern the pixels: IHDR,
/// PLTE, tRNS, IDAT, IEND.
///
/// Metadata are kept as they are, never parsed or inflated. Faults that do not reach the pixels are
/// mended as other readers do, and noted: bad checksums of ancillary chunks, tRNS and PLTE that are
/// misplaced or surplus, bytes after the end. Work is linear in the file's size.
final class PNGChunkFilter {
  private let bytes: PNGBytes
  /// Nil skips metadata.
  private let metadataLimit: Int?
  /// Bytes that libpng gets next, from `handed` on; then `passing` bytes of the file as they are.
  private var ready: [UInt8] = PNG.signature
  private var handed = 0
  private var passing = 0

  private var colorType: UInt8?
  private var bitDepth = 0
  private var paletteEntries: Int?
  private var hasTransparency = false
  /// A tRNS that came before PLTE.
  private var early: [UInt8]?
  private var metadataBytes = 0
  private var state = State.start
  /// Whether all rows have been read: more IDAT is surplus then.
  var rowsAreComplete = false
  private var surplusBytes = 0
  private static let mostSurplus = 1 << 20

  private enum State { case start, header, pixels, afterPixels, end }

  private(set) var kept: [ImageMetadata.Chunk] = []
  private(set) var dropped = PNGTypeList()
  /// What was mended.
  private(set) var faults = PNGFaults()
  /// Why no more comes.
  private(set) var failure: PNGError?

  /// - Parameters:
  ///   - bytes: from the signature on, which is known to be there.
  ///   - metadataLimit: most bytes of metadata, with 12 bytes for each chunk; nil skips metadata.
  init(_ bytes: PNGBytes, metadataLimit: Int?) {
    self.bytes = bytes
    self.metadataLimit = metadataLimit
  }

  /// Whether there is animation, of which the first picture alone is read.
  var isAnimated: Bool { dropped.contains("acTL") }

  /// Bytes of memory that metadata take on their way from file to file, some copies of them.
  var memory: Int { 4 * metadataBytes + 256 * kept.count }

  /// Writes the next bytes for libpng to memory; false if there are fewer, or `failure` came.
  func take(_ out: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
    var done = 0
    while done < count {
      if handed < ready.count {
        let step = min(ready.count - handed, count - done)
        ready.withUnsafeBufferPointer { ready in
          guard let base = ready.baseAddress else { return }
          (out + done).update(from: base + handed, count: step)
        }
        handed += step
        done += step
      } else if passing > 0 {
        let step = min(passing, count - done)
        guard allows(surplus: step), bytes.take(out + done, step) else { return false }
        passing -= step
        done += step
      } else if !advance() {
        return false
      }
    }
    return true
  }

  /// Whether the bytes after the last row are still so few that inflating them costs no time.
  private func allows(surplus step: Int) -> Bool {
    guard rowsAreComplete else { return true }
    surplusBytes += step
    if surplusBytes > Self.mostSurplus {
      failure = damage("more than \(Self.mostSurplus) bytes after the last row")
    }
    return failure == nil
  }

  /// Reads chunks up to one that libpng gets.
  private func advance() -> Bool {
    (ready, handed) = ([], 0)
    if state == .start {
      // What `ready` held at first.
      guard bytes.skip(PNG.signature.count) else { return false }
    }
    do throws(PNGError) {
      while ready.isEmpty {
        guard try nextChunk() else { return false }
      }
      return true
    } catch {
      failure = error
      return false
    }
  }

  /// - Returns: false at the end of the bytes.
  private func nextChunk() throws(PNGError) -> Bool {
    guard let head = bytes.take(8) else { return false }
    let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
    let type = head[4...]
    guard length <= ImageMetadata.maximumLength,
      type.allSatisfy({ 0x41...0x5A ~= $0 & 0xDF && $0 < 0x80 })
    else {
      let name = type.map { hexadecimal(UInt64($0), digits: 2) }.joined(separator: " ")
      throw damage("no chunk begins here: type \(name), length \(length)")
    }
    let name = String(decoding: type, as: UTF8.self)
    guard state != .start || name == "IHDR" else {
      throw damage("the first chunk is \(name), not IHDR" + (name == "CgBI" ? " (made for iOS)" : ""))
    }
    return try chunk(name, length, head)
  }

  private func chunk(_ name: String, _ length: Int, _ head: [UInt8]) throws(PNGError) -> Bool {
    switch name {
    case "IHDR": return try header(length, head)
    case "IDAT": return try pixels(length, head)
    case "IEND":
      guard state != .header else { throw damage("no IDAT before IEND") }
      state = .end
      (ready, passing) = (head, length + 4)
      return true
    default:
      if state == .pixels { state = .afterPixels }
    }
    switch name {
    case "PLTE": return palette(length, head)
    case "tRNS": return try transparency(length)
    default: break
    }
    guard head[4] & 0x20 != 0 else {
      throw damage("unknown critical chunk \(name)")
    }
    return try metadata(name, length)
  }

  private func header(_ length: Int, _ head: [UInt8]) throws(PNGError) -> Bool {
    guard state == .start else { throw damage("a second IHDR") }
    guard length == 13 else { throw damage("IHDR has \(length) bytes, not 13") }
    guard let data = bytes.take(length) else { return false }
    let (width, height) = (data[..<4], data[4..<8])
    func side(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
    guard side(width) > 0, side(height) > 0 else {
      throw .empty(width: side(width), height: side(height))
    }
    (bitDepth, colorType) = (Int(data[8]), data[9])
    state = .header
    (ready, passing) = (head + data, 4)
    return true
  }

  private func pixels(_ length: Int, _ head: [UInt8]) throws(PNGError) -> Bool {
    guard state == .header || state == .pixels else {
      guard rowsAreComplete else { throw damage("other chunks stand between those of IDAT") }
      faults.add("surplus IDAT")
      return bytes.skip(length + 4)
    }
    if state == .header, early != nil { dropTransparency() }
    state = .pixels
    (ready, passing) = (head, length + 4)
    return true
  }

  private func palette(_ length: Int, _ head: [UInt8]) -> Bool {
    // For true color, PLTE is a suggestion to screens of few colors.
    let isSuggestion = colorType == 2 || colorType == 6
    guard colorType == 3, state == .header else {
      if !isSuggestion || state != .header { faults.add("PLTE where none belongs") }
      return bytes.skip(length + 4)
    }
    // libpng judges lengths and a second palette.
    paletteEntries = min(length / 3, 1 << min(bitDepth, 8))
    guard length <= 768, let data = bytes.take(length + 4) else {
      (ready, passing) = (head, length + 4)
      return length > 768
    }
    ready = head + data
    if let early {
      self.early = nil
      faults.add("tRNS before PLTE")
      passTransparency(early)
    }
    return true
  }

  private func metadata(_ name: String, _ length: Int) throws(PNGError) -> Bool {
    guard let metadataLimit else { return bytes.skip(length + 4) }
    guard length + 12 <= metadataLimit - metadataBytes else {
      throw .tooMuchMetadata(limit: metadataLimit)
    }
    metadataBytes += length + 12
    guard let (data, isRight) = checked(name, length) else { return false }
    guard isRight else {
      faults.add("\(name) with a wrong checksum")
      return true
    }
    let follows = state == .afterPixels
    if let chunk = ImageMetadata.Chunk(type: name, data: data, followsPixels: follows) {
      kept.append(chunk)
      // What keeping a chunk costs in memory, where there are more than a picture has.
      if kept.count > 1000 { metadataBytes += 256 }
    } else {
      dropped.add(name)
    }
    return true
  }

  /// A chunk's data, and whether its checksum is right; nil if the bytes end before.
  private func checked(_ name: String, _ length: Int) -> ([UInt8], Bool)? {
    guard let data = bytes.take(length), let crc = bytes.take(4) else { return nil }
    let stored = crc.reduce(0) { $0 << 8 | UInt32($1) }
    let type = Array(name.utf8)
    return (data, stored == cpng_crc32(cpng_crc32(0, type, type.count), data, data.count))
  }

  private func damage(_ text: String) -> PNGError { .damaged(text, offset: bytes.taken) }
}

// MARK: tRNS

extension PNGChunkFilter {
  private func transparency(_ length: Int) throws(PNGError) -> Bool {
    // Longer ones belong to no kind of PNG.
    guard length <= 1024 else {
      faults.add("tRNS of \(length) bytes")
      return bytes.skip(length + 4)
    }
    guard let (data, isRight) = checked("tRNS", length) else { return false }
    if !isRight {
      faults.add("tRNS with a wrong checksum")
    } else if state != .header || hasTransparency || early != nil || colorType ?? 6 >= 4 {
      faults.add("tRNS where none belongs")
    } else if colorType == 3, paletteEntries == nil {
      early = data
    } else {
      passTransparency(data)
    }
    return true
  }

  /// Hands a tRNS to libpng, not longer than the palette.
  private func passTransparency(_ data: [UInt8]) {
    var data = data
    switch colorType {
    case 0 where data.count == 2, 2 where data.count == 6: break
    case 3 where !data.isEmpty:
      if let paletteEntries, data.count > paletteEntries {
        faults.add("tRNS longer than PLTE")
        data = Array(data.prefix(paletteEntries))
      }
    default:
      faults.add("tRNS of \(data.count) bytes")
      return
    }
    hasTransparency = true
    let chunk = Array("tRNS".utf8) + data
    ready +=
      bigEndian(UInt32(data.count)) + chunk
      + bigEndian(cpng_crc32(0, chunk, chunk.count))
  }

  private func dropTransparency() {
    early = nil
    faults.add("tRNS without PLTE")
  }

  private func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

extension PNGChunkFilter {
  /// Notes bytes after IEND.
  func finish(surplusPixels: Bool) throws(PNGError) {
    if surplusPixels { faults.add("data after the last row") }
    let trailing = try bytes.countRest()
    if trailing > 0 { faults.add("bytes after the end") }
  }
}

/// Types of chunks, each once, in the order of the file.
struct PNGTypeList {
  private var known: Set<String> = []
  private var first: [String] = []
  /// How many are named, and how many are told apart.
  private static let (mostNamed, mostKnown) = (8, 1000)

  var isEmpty: Bool { known.isEmpty }

  func contains(_ type: String) -> Bool { known.contains(type) }

  mutating func add(_ type: String) {
    guard known.count < Self.mostKnown, known.insert(type).inserted, first.count < Self.mostNamed
    else { return }
    first.append(type)
  }

  /// The first of them, and how many more there are.
  var text: String {
    let rest = known.count - first.count
    let more = known.count < Self.mostKnown ? "\(rest)" : "at least \(rest)"
    return first.joined(separator: ", ") + (rest > 0 ? " and \(more) more" : "")
  }
}

/// Faults that were mended, each kind once.
struct PNGFaults {
  private var kinds = PNGTypeList()

  mutating func add(_ kind: String) { kinds.add(kind) }

  /// Nil without faults.
  var notice: String? { kinds.isEmpty ? nil : "faults of the PNG that were ignored: \(kinds.text)" }
}
