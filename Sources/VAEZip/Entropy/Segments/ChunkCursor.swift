/// Walks over sorted symbols in chunks of zeros, whose length depends on the level at their start.
struct ChunkCursor {
  /// Place in the sorted sequence.
  private(set) var position: Int
  /// log₂ of the chunk's length at `position`.
  private(set) var bits = 0
  private var groupEnd = 0
  private var groups: ArraySlice<SymbolOrder.Group>
  private let chunkBits: [UInt8]

  /// - Parameters:
  ///   - groups: the segment's, not empty.
  ///   - chunkBits: log₂ of the chunk's length by level.
  init(_ groups: ArraySlice<SymbolOrder.Group>, chunkBits: [UInt8]) {
    self.groups = groups
    self.chunkBits = chunkBits
    position = groups.first?.start ?? 0
    enterGroup()
  }

  /// Whether `position` is behind the last symbol.
  var isAtEnd: Bool { position >= groupEnd }

  /// Steps over one symbol.
  @inline(__always)
  mutating func step() { move(1) }

  /// Steps over some zeros, at most a chunk.
  @inline(__always)
  mutating func move(_ count: Int) {
    position += count
    if position >= groupEnd { enterGroup() }
  }

  /// Steps over chunks of zeros; at the end there are no more.
  @inline(__always)
  mutating func advance(chunks: Int) {
    var chunks = chunks
    while chunks > 0, !isAtEnd {
      let inGroup = min(chunks, chunksLeft)
      chunks -= inGroup
      move(inGroup << bits)
    }
  }

  /// Steps to the chunk that contains the symbol at `place`, and counts the chunks on the way.
  mutating func advance(towards place: Int) -> Int {
    var chunks = 0
    while !isAtEnd {
      let inGroup = min((place - position) >> bits, chunksLeft)
      if inGroup == 0 { break }
      chunks += inGroup
      move(inGroup << bits)
    }
    return chunks
  }

  /// Chunks that start within the group.
  private var chunksLeft: Int { (groupEnd - position + (1 << bits) - 1) >> bits }

  private mutating func enterGroup() {
    while let group = groups.first {
      if position < group.end {
        groupEnd = group.end
        bits = Int(chunkBits[group.level])
        return
      }
      groupEnd = group.end
      groups.removeFirst()
    }
  }
}
