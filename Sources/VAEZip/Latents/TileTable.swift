import VAEZipSupport

/// A value for each tile, which one stage of a pipeline hands to another.
package final class TileTable<Value: Sendable>: Sendable {
  private let values: Guarded<[Value?]>
  private let columns: Int

  package init(rows: Int, columns: Int) {
    values = Guarded(Array(repeating: nil, count: rows * columns))
    self.columns = columns
  }

  package subscript(row: Int, column: Int) -> Value? {
    get { values.withLock { $0[row * columns + column] } }
    set { values.withLock { $0[row * columns + column] = newValue } }
  }

  /// Takes the value out of the table.
  package func take(_ row: Int, _ column: Int) -> Value? {
    values.withLock { values in
      defer { values[row * columns + column] = nil }
      return values[row * columns + column]
    }
  }
}
