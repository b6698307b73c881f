import TestSupport
import Testing
import VAEZipInference
import VAEZipSupport

/// A writer and a reader of one ring, run in every order that the schedule allows.
private struct Ring {
  let schedule: RingSchedule
  let writer, reader: RingRows
  /// Rows of the two stages.
  let writes, reads: Int

  /// What a random ring looks like: a reader that may begin below the first row, or end above the last one.
  init(_ random: inout SplitMix64) {
    let before = Int.random(in: 0...2, using: &random)
    let after = Int.random(in: 0...2, using: &random)
    let step = Int.random(in: 1...5, using: &random)
    let height = Int.random(in: 1...40, using: &random)
    let first = Int.random(in: 0..<height, using: &random)
    writer = RingRows(step: Int.random(in: 1...5, using: &random))
    reader = RingRows(step: step, first: first, before: before, after: after)
    writes = (height + writer.step - 1) / writer.step
    let last = (height - first + step - 1) / step
    reads = Int.random(in: max(1, last - 1)...last, using: &random)
    // Enough for a step of both at the same time; often no more.
    let least = writer.step + step + before + after
    let capacity = least + Int.random(in: 0...6, using: &random)
    schedule = RingSchedule(height: height, capacity: min(capacity, height))
  }

  func written(_ row: Int) -> Range<Int> {
    row * writer.step..<min((row + 1) * writer.step, schedule.height)
  }

  func needed(_ row: Int) -> Range<Int> {
    let start = max(reader.first + row * reader.step - reader.before, 0)
    let end = min(reader.first + (row + 1) * reader.step + reader.after, schedule.height)
    return start..<max(start, end)
  }
}

@Suite struct RingScheduleTests {
  /// Rows in work begin when the schedule lets them and end at random. A reader must find the rows
  /// that it needs whenever it looks: none missing, none overwritten.
  @Test(arguments: 0..<UInt64(300))
  func readersFindWhatTheyNeed(seed: UInt64) {
    var random = SplitMix64(seed)
    let ring = Ring(&random)
    var memory = [Int?](repeating: nil, count: ring.schedule.capacity)
    var (begun, finished) = ((writes: 0, reads: 0), (writes: 0, reads: 0))
    func mayWrite() -> Bool {
      begun.writes < ring.writes
        && finished.reads
          >= min(
            ring.schedule.readerRows(before: begun.writes, of: ring.writer, reader: ring.reader),
            ring.reads)
        && finished.writes >= ring.schedule.writerRows(before: begun.writes, of: ring.writer)
    }
    func mayRead() -> Bool {
      begun.reads < ring.reads
        && finished.writes
          >= ring.schedule.writerRows(before: begun.reads, of: ring.reader, writer: ring.writer)
    }
    func isComplete(_ row: Int) -> Bool {
      ring.needed(row).allSatisfy { memory[$0 % ring.schedule.capacity] == $0 }
    }
    while finished.writes < ring.writes || finished.reads < ring.reads {
      var moves: [() -> Void] = []
      if mayWrite() {
        moves.append {
          // It may write at once, whatever becomes of it later.
          for row in ring.written(begun.writes) { memory[row % ring.schedule.capacity] = row }
          begun.writes += 1
        }
      }
      if mayRead() {
        moves.append {
          #expect(isComplete(begun.reads), "before row \(begun.reads) of \(ring)")
          begun.reads += 1
        }
      }
      if begun.writes > finished.writes { moves.append { finished.writes += 1 } }
      if begun.reads > finished.reads {
        moves.append {
          #expect(isComplete(finished.reads), "after row \(finished.reads) of \(ring)")
          finished.reads += 1
        }
      }
      guard let move = moves.randomElement(using: &random) else {
        Issue.record("writer and reader wait for each other: \(ring)")
        return
      }
      move()
    }
  }

  @Test func numbersOfAConvolution() {
    // A reader of three rows behind a writer of two at a time, eight rows in memory.
    let ring = RingSchedule(height: 20, capacity: 8)
    let (writer, reader) = (RingRows(step: 2), RingRows(before: 1, after: 1))
    #expect(ring.writerRows(before: 0, of: reader, writer: writer) == 1)
    #expect(ring.writerRows(before: 1, of: reader, writer: writer) == 2)
    #expect(ring.writerRows(before: 19, of: reader, writer: writer) == 10)
    #expect(ring.readerRows(before: 3, of: writer, reader: reader) == 0)
    // Rows 8 and 9 take the places of 0 and 1, which row 2 is the last to need.
    #expect(ring.readerRows(before: 4, of: writer, reader: reader) == 3)
    #expect(ring.writerRows(before: 4, of: writer) == 1)
  }
}
