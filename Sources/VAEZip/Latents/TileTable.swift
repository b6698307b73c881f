import Synchronization

/// Something of each tile, for stages of a pipeline that hand it on.
package final class TileTable<Value: Sendable>: Sendable {
  private let values: Mutex<[Value?]>
  private let columns: Int

  package init(rows: Int, columns: Int) {
    values = Mutex(Array(repeating: nil, count: rows * columns))
    self.columns = columns
  }

  package subscript(row: Int, column: Int) -> Value? {
    get { values.withLock { $0[row * columns + column] } }
    set { values.withLock { $0[row * columns + column] = newValue } }
  }

  /// The value, which the table forgets.
  package func take(_ row: Int, _ column: Int) -> Value? {
    values.withLock { values in
      defer { values[row * columns + column] = nil }
      return values[row * columns + column]
    }
  }
}
