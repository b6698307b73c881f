import Synchronization

/// Symbol coders for the threads of one encoder or decoder: one for each that works at the same time.
///
/// Making a coder derives tables and allocates zstd's contexts, which costs more than a small tile.
package final class SymbolCoderPool: Sendable {
  private let tables: ScaleTables
  private let idle = Mutex<[Entry]>([])

  /// A coder that no thread is using.
  private struct Entry: @unchecked Sendable {
    let coder: SymbolCoder
  }

  package init(tables: ScaleTables) { self.tables = tables }

  /// A coder for the caller alone, until it is given back. One that threw an error is better forgotten.
  ///
  /// - Throws: `EntropyError.zstd` if there is no memory for contexts.
  package func take() throws(EntropyError) -> SymbolCoder {
    if let entry = idle.withLock({ $0.popLast() }) { return entry.coder }
    return try SymbolCoder(tables: tables)
  }

  package func giveBack(_ coder: SymbolCoder) {
    let entry = Entry(coder: coder)
    idle.withLock { $0.append(entry) }
  }
}
