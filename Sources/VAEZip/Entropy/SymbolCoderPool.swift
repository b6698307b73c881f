import VAEZipSupport

/// Hands symbol coders to the threads of one encoder or decoder and keeps those that are idle.
///
/// A new coder derives tables and allocates zstd's context, which costs more than coding a small tile.
package final class SymbolCoderPool: Sendable {
  private let tables: ScaleTables
  private let idle = Guarded<[Entry]>([])

  /// A coder that no thread uses. Only the thread that takes it out of the pool touches the coder.
  private struct Entry: @unchecked Sendable {
    let coder: SymbolCoder
  }

  /// Makes a pool without coders.
  package init(tables: ScaleTables) { self.tables = tables }

  /// Takes a coder, which the caller alone may use until it gives it back.
  ///
  /// A coder that threw an error need not be given back.
  /// - Throws: `EntropyError.zstd` if there is no memory for zstd's context.
  package func take() throws(EntropyError) -> SymbolCoder {
    if let entry = idle.withLock({ $0.popLast() }) { return entry.coder }
    return try SymbolCoder(tables: tables)
  }

  /// Returns a coder to the pool; the caller must not use it afterwards.
  package func giveBack(_ coder: SymbolCoder) {
    let entry = Entry(coder: coder)
    idle.withLock { $0.append(entry) }
  }
}
