/// The rows of a ring that one row of a stage touches.
///
/// Row `r` of a stage that writes fills `first + r * step ..< first + (r + 1) * step`. Row `r` of a stage
/// that reads needs the same range, extended by `before` rows above and `after` rows below it.
package struct RingRows: Sendable, Equatable {
  /// Rows of the ring that one row of the stage stands for, at least 1.
  package var step = 1
  /// The row of the ring where the stage begins. A writer's ring holds earlier rows from the start.
  package var first = 0
  /// Rows that a reader needs above its own.
  package var before = 0
  /// Rows that a reader needs below its own.
  package var after = 0

  package init(step: Int = 1, first: Int = 0, before: Int = 0, after: Int = 0) {
    (self.step, self.first, self.before, self.after) = (step, first, before, after)
  }
}

/// When the stages around a ring of rows may go on: the back-pressure of the whole pipeline.
///
/// `height` rows pass through memory for `capacity` of them; row `y` takes the place of row
/// `y - capacity`. Stages finish their rows in order, so two counts decide everything:
///
/// * A reader's row may begin when the last ring row that it needs has been written.
/// * A writer's row may begin when every ring row whose place it takes is out of use. These are the rows
///   below `limit`, the end of what it writes minus `capacity`. A reader is done with them when each of its
///   rows that begins above `limit` has finished. A row without a reader must at least have been
///   written, or an earlier write could land on a later one.
///
/// Rows outside `0 ..< height` do not exist; neither rule waits for them.
package struct RingSchedule: Sendable {
  /// Rows that pass through the ring.
  package let height: Int
  /// Rows in memory.
  package let capacity: Int

  package init(height: Int, capacity: Int) {
    self.height = height
    self.capacity = capacity
  }

  /// How many of the writer's rows must have finished before a reader's row begins.
  package func writerRows(before row: Int, of reader: RingRows, writer: RingRows) -> Int {
    let end = min(reader.first + (row + 1) * reader.step + reader.after, height)
    return Self.roundedUp(end - writer.first, by: writer.step)
  }

  /// How many of the reader's rows must have finished before a writer's row begins.
  package func readerRows(before row: Int, of writer: RingRows, reader: RingRows) -> Int {
    let limit = limit(row, writer)
    return limit > 0 ? Self.roundedUp(limit + reader.before - reader.first, by: reader.step) : 0
  }

  /// How many of the writer's own rows must have finished before another one begins.
  package func writerRows(before row: Int, of writer: RingRows) -> Int {
    let limit = limit(row, writer)
    return limit > 0 ? Self.roundedUp(limit - writer.first, by: writer.step) : 0
  }

  /// Rows below this one lose their place when the writer's row begins.
  private func limit(_ row: Int, _ writer: RingRows) -> Int {
    min(writer.first + (row + 1) * writer.step, height) - capacity
  }

  private static func roundedUp(_ count: Int, by step: Int) -> Int {
    max(0, (count + step - 1) / step)
  }
}

extension Pipeline {
  /// Lets the writer and a reader of a ring wait for each other.
  package func connect(
    _ ring: RingSchedule, from writer: Stage, _ written: RingRows = RingRows(), to reader: Stage,
    _ read: RingRows = RingRows()
  ) {
    supply(ring, from: writer, written, to: reader, read)
    makeRoom(ring, for: writer, written, after: reader, read)
  }

  /// Lets a reader of a ring wait for what it reads.
  package func supply(
    _ ring: RingSchedule, from writer: Stage, _ written: RingRows = RingRows(), to reader: Stage,
    _ read: RingRows = RingRows()
  ) {
    wait(reader, for: writer) { ring.writerRows(before: $0, of: read, writer: written) }
  }

  /// Lets the writer of a ring wait for a reader that runs after it in any case.
  package func makeRoom(
    _ ring: RingSchedule, for writer: Stage, _ written: RingRows = RingRows(),
    after reader: Stage, _ read: RingRows = RingRows()
  ) {
    let rows = reader.rows
    wait(writer, for: reader) { min(ring.readerRows(before: $0, of: written, reader: read), rows) }
    wait(writer, for: writer) { ring.writerRows(before: $0, of: written) }
  }
}
