import VAEZipSupport

/// The table with which a frame codes one of its fields: the dictionary's, or one of its own where that
/// saves more bits than it takes.
struct TableChoice {
  /// Symbol compression modes (RFC 8878, section 3.1.1.3.2.1).
  enum Mode: UInt8 {
    /// All codes are the same (RLE).
    case single = 1
    /// The table is described.
    case described = 2
    /// The dictionary's (Repeat).
    case dictionary = 3
  }

  let mode: Mode
  let table: FiniteStateTable
  /// What the frame stores of the table.
  let description: [UInt8]
  /// Bits saved over the dictionary's table, `description` subtracted, with `FixedLog2.fractionBits`
  /// fraction bits.
  let saving: Int

  init(dictionary: FiniteStateTable) {
    self.init(mode: .dictionary, table: dictionary, description: [], saving: 0)
  }

  /// - Parameter counts: how often the frame has each code; one is above zero at least.
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
      // Fewer states take a shorter description.
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
