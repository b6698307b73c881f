/// Walks over sorted symbols in chunks of zeros (Formats/VZ-symbols.md, §3, “Runs”). A chunk's length
/// depends on the scale index at its start; a chunk may reach into the next group.
struct ChunkCursor {
  /// Place of the next symbol.
  private(set) var position: Int
  /// log₂ of the length of a chunk that starts at `position`.
  private(set) var chunkBits = 0
  private var groupEnd = 0
  private var groups: ArraySlice<SymbolOrder.Group>
  private let chunkBitsByScale: [UInt8]

  /// Makes a cursor at the first symbol of a segment.
  /// - Parameters:
  ///   - groups: the segment's groups, at least one.
  ///   - chunkBits: log₂ of the length of a chunk, by scale index.
  init(_ groups: ArraySlice<SymbolOrder.Group>, chunkBits: [UInt8]) {
    self.groups = groups
    chunkBitsByScale = chunkBits
    position = groups.first?.start ?? 0
    enterGroup()
  }

  /// Whether `position` is past the last symbol.
  var isAtEnd: Bool { position >= groupEnd }

  /// Moves past one symbol.
  @inline(__always)
  mutating func step() { move(1) }

  /// Moves past `count` symbols, at most a chunk.
  @inline(__always)
  mutating func move(_ count: Int) {
    position += count
    if position >= groupEnd { enterGroup() }
  }

  /// Moves past chunks of zeros, and stops at the end.
  @inline(__always)
  mutating func advance(chunks: Int) {
    var chunks = chunks
    while chunks > 0, !isAtEnd {
      let inGroup = min(chunks, chunksLeft)
      chunks -= inGroup
      move(inGroup << chunkBits)
    }
  }

  /// Moves to the chunk that contains the symbol at `place`, which is not before `position`.
  /// - Returns: the number of chunks passed.
  mutating func advance(towards place: Int) -> Int {
    var chunks = 0
    while !isAtEnd {
      let inGroup = min((place - position) >> chunkBits, chunksLeft)
      if inGroup == 0 { break }
      chunks += inGroup
      move(inGroup << chunkBits)
    }
    return chunks
  }

  /// Number of chunks that start in the current group from `position` on.
  private var chunksLeft: Int { (groupEnd - position + (1 << chunkBits) - 1) >> chunkBits }

  private mutating func enterGroup() {
    while let group = groups.first {
      if position < group.end {
        groupEnd = group.end
        chunkBits = Int(chunkBitsByScale[group.scaleIndex])
        return
      }
      groupEnd = group.end
      groups.removeFirst()
    }
  }
}
