import VAEZipSupport

/// The table with which a frame codes one of its fields: the dictionary's, or one made for the frame if
/// that saves more bits than its description takes.
struct TableChoice {
  /// Symbol compression modes (RFC 8878, section 3.1.1.3.2.1).
  enum Mode: UInt8 {
    /// All codes are the same (RLE_Mode).
    case single = 1
    /// The frame describes its table (FSE_Compressed_Mode).
    case described = 2
    /// The dictionary's table (Repeat_Mode).
    case dictionary = 3
  }

  let mode: Mode
  let table: FiniteStateTable
  /// The bytes with which the frame describes the table.
  let description: [UInt8]
  /// Bits saved over the dictionary's table, less those of `description`, with `FixedLog2.fractionBits`
  /// fraction bits; 0 for the dictionary's.
  let saving: Int

  /// Chooses the dictionary's table.
  init(dictionary: FiniteStateTable) {
    self.init(mode: .dictionary, table: dictionary, description: [], saving: 0)
  }

  /// Chooses the table that codes these codes in the fewest bits.
  /// - Parameters:
  ///   - dictionary: the dictionary's table.
  ///   - counts: how often the frame has each code; at least one is above zero.
  init(_ dictionary: FiniteStateTable, _ counts: [Int]) {
    let weights = counts.map { UInt64($0) }
    let codes = counts.count { $0 > 0 }
    let bits = dictionary.bits(of: counts)
    var best = TableChoice(dictionary: dictionary)
    func consider(_ mode: Mode, _ table: FiniteStateTable, _ description: [UInt8]) {
      let own = table.bits(of: counts) + 8 * description.count << FixedLog2.fractionBits
      guard bits - own > best.saving else { return }
      best = TableChoice(mode: mode, table: table, description: description, saving: bits - own)
    }
    if codes == 1, let code = counts.firstIndex(where: { $0 > 0 }) {
      consider(.single, FiniteStateTable(weights: weights, accuracyLog: 0), [UInt8(code)])
    } else {
      // Tables of fewer states are less exact but have shorter descriptions.
      for accuracyLog in FiniteStateTable.accuracyLogs where codes <= 1 << accuracyLog {
        let table = FiniteStateTable(weights: weights, accuracyLog: accuracyLog)
        consider(.described, table, table.serialized)
      }
    }
    self = best
  }

  private init(mode: Mode, table: FiniteStateTable, description: [UInt8], saving: Int) {
    self.mode = mode
    self.table = table
    self.description = description
    self.saving = saving
  }
}
