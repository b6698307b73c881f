/// Prefix sums over the groups of a stream, from which `PlanSearch` estimates the size of any segment: the
/// figure of groups start ..< end is sum[end] − sum[start].
///
/// A histogram has a row of 32 entries per prefix. A stream has at most 2²⁷ symbols
/// (`SymbolFormat.maximumCount`), so expected counts stay below 2⁵², run weights below 2⁶¹, and bits, fewer
/// than 2⁷ per symbol, below 2³⁴.
struct GroupSums {
  /// Reduced magnitudes as the tables expect them, in units of 2⁻²⁴ symbols.
  let expectedMagnitudes: UnsafePointer<Int>
  /// Reduced magnitudes as they are.
  let actualMagnitudes: UnsafePointer<Int>
  /// Numbers of chunks of zeros before nonzero symbols: their weights, in proportion to the format's.
  let expectedRuns: UnsafePointer<Int>
  /// Numbers of chunks of zeros before nonzero symbols as they are.
  let actualRuns: UnsafePointer<Int>
  private let histograms: ScratchBuffer<Int>
  /// Nonzero symbols as the tables expect them, in units of 2⁻²⁴ symbols.
  private(set) var expectedNonzeros: [Int] = [0]
  /// Nonzero symbols.
  private(set) var nonzeros: [Int] = [0]
  /// Groups that have bypass bits.
  private(set) var bypassGroups: [Int] = [0]
  /// Bypass bits.
  private(set) var bypassBits: [Int] = [0]
  /// See `GroupScan.Counts`.
  private(set) var escapeBits: [Int] = [0]
  private(set) var remainderBits: [Int] = [0]
  private(set) var runBits: [Int] = [0]
  private(set) var magnitudeBits: [Int] = [0]

  /// Entries of a histogram's row.
  static let entries = ScaleTables.entryCount

  /// - Parameter sorted: the symbols in the order of `order`.
  init(order: SymbolOrder, segmentTables: SegmentTables, sorted: UnsafeBufferPointer<Int16>) {
    let rows = (order.groups.count + 1) * Self.entries
    histograms = ScratchBuffer(capacity: 4 * rows)
    histograms.start.initialize(repeating: 0, count: 4 * rows)
    let expectedMagnitudes = histograms.start
    let actualMagnitudes = expectedMagnitudes + rows
    let expectedRuns = actualMagnitudes + rows
    let actualRuns = expectedRuns + rows
    self.expectedMagnitudes = UnsafePointer(expectedMagnitudes)
    self.actualMagnitudes = UnsafePointer(actualMagnitudes)
    self.expectedRuns = UnsafePointer(expectedRuns)
    self.actualRuns = UnsafePointer(actualRuns)
    let expected = order.groups.map { segmentTables.expectedNonzeros($0) }
    // Shifts their sum below 2³⁶, so that products with probabilities of 24 bits stay below 2⁶⁰.
    let shift = max(0, expected.reduce(0, +).leadingBit - 35)

    var scan = GroupScan(order: order, segmentTables: segmentTables, sorted: sorted)
    for (index, group) in order.groups.enumerated() {
      let row = (index + 1) * Self.entries
      let counts = scan.count(
        group, magnitudes: actualMagnitudes + row, runs: actualRuns + row)
      Self.setExpected(
        group, segmentTables, weight: max(expected[index] >> shift, 1),
        magnitudes: expectedMagnitudes + row, runs: expectedRuns + row)
      for histogram in 0..<4 { Self.addPreviousRow(histograms.start + histogram * rows + row) }
      append(counts, group, segmentTables.tables, expectedNonzeros: expected[index])
    }
  }

  /// Fills a group's row of the expected histograms.
  /// - Parameter weight: of all its runs together, less than 2³⁶.
  private static func setExpected(
    _ group: SymbolOrder.Group, _ segmentTables: SegmentTables, weight: Int,
    magnitudes: UnsafeMutablePointer<Int>, runs: UnsafeMutablePointer<Int>
  ) {
    let zero = Int(segmentTables.traits.chunkZero[group.scaleIndex])
    var atLeast = ScaleTables.total
    for entry in 0..<entries {
      let more = entry == ScaleTables.escape ? 0 : (atLeast * zero) >> ScaleTables.totalBits
      magnitudes[entry] =
        group.count * Int(segmentTables.tables.frequency(group.scaleIndex, entry))
      runs[entry] = weight * (atLeast - more)
      atLeast = more
    }
  }

  private static func addPreviousRow(_ row: UnsafeMutablePointer<Int>) {
    for entry in 0..<entries { row[entry] += row[entry - entries] }
  }

  private mutating func append(
    _ counts: GroupScan.Counts, _ group: SymbolOrder.Group, _ tables: ScaleTables,
    expectedNonzeros expected: Int
  ) {
    func add(_ value: Int, to sums: inout [Int]) { sums.append(sums[sums.count - 1] + value) }
    let bits = Int(tables.bypassBits[group.scaleIndex])
    add(expected, to: &expectedNonzeros)
    add(counts.nonzeros, to: &nonzeros)
    add(bits > 0 ? 1 : 0, to: &bypassGroups)
    add(group.count * bits, to: &bypassBits)
    add(counts.escapeBits, to: &escapeBits)
    add(counts.remainderBits, to: &remainderBits)
    add(counts.runBits, to: &runBits)
    add(counts.magnitudeBits, to: &magnitudeBits)
  }
}
