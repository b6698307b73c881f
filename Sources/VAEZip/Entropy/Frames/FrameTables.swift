/// The tables of the two fields of a frame's sequences (Formats/VZ-symbols.md, §5).
struct FrameTables {
  let literalLengths: SequenceFieldTable
  let matchLengths: SequenceFieldTable
  /// Bits that a sequence takes on average, times the number of states.
  private let sequenceBits: Int

  init(literalLengths: SequenceFieldTable, matchLengths: SequenceFieldTable) {
    self.literalLengths = literalLengths
    self.matchLengths = matchLengths
    sequenceBits = literalLengths.states.stateBits + matchLengths.states.stateBits
  }

  /// How many bytes a stream is expected to store of a frame with that many sequences (§4).
  func expectedSize(sequences: Int) -> Int {
    (sequences * sequenceBits) >> (FiniteStateTable.dictionaryLog + 3) + 3
  }
}
