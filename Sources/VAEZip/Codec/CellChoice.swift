import VAEZipExact

/// Chooses the cells of a tile that cost less exact than through the network, each beside its neighbors.
struct CellChoice {
  private let columns, rows: Int
  private let costs: CellCosts
  /// What each cell takes without loss, in 1/4096 bit.
  private let bits: [Int]
  /// Whole cells.
  private(set) var mask: ExactMask

  /// What two cells side by side cost if only one of them is exact, in 1/4096 bit.
  private static let border = 120 << NetworkTrial.fractionBits
  /// Of the bits of an exact cell, 1 to this number is left if it lies beside others: it still has latents.
  private static let besideShare = 4
  /// Bits of a pixel whose color no neighbor has, in a photograph.
  private static let newBits = 12
  private static let sweeps = 8

  /// - Parameters:
  ///   - candidateBits: what the candidates of `statistics` take without loss.
  ///   - costs: of the network.
  init(_ statistics: GraphicsStatistics, candidateBits: Int, _ costs: CellCosts) {
    let candidates = statistics.candidates
    (columns, rows) = (candidates.columns, candidates.rows)
    self.costs = costs
    var guessed = 0
    for (index, cell) in statistics.cells.enumerated() where candidates[cell: index] != 0 {
      guessed += cell.bits
    }
    let sum = max(guessed, 1)
    bits = statistics.cells.map { cell in
      let bits = (cell.bits * candidateBits << NetworkTrial.fractionBits) / sum
      return cell.isPhotographic ? max(bits, Self.newBits * cell.new << NetworkTrial.fractionBits) : bits
    }
    mask = ExactMask(width: candidates.width, height: candidates.height, isExact: false)
    for cell in bits.indices where bits[cell] < costs[cell] { mask[cell: cell] = .max }
    var sweeps = 0
    while sweeps < Self.sweeps, smooth() { sweeps += 1 }
  }

  /// Lets each cell agree with its neighbors if that saves more.
  ///
  /// - Returns: whether anything changed.
  private mutating func smooth() -> Bool {
    var hasChanged = false
    for row in 0..<rows {
      for column in 0..<columns {
        var agreement = 0
        for (x, y) in [(column - 1, row), (column + 1, row), (column, row - 1), (column, row + 1)]
        where 0..<columns ~= x && 0..<rows ~= y {
          agreement += mask[x, y] == 0 ? -1 : 1
        }
        let cell = row * columns + column
        let isExact = costs[cell] - bits[cell] + agreement * Self.border > 0
        guard isExact != (mask[column, row] != 0) else { continue }
        mask[column, row] = isExact ? .max : 0
        hasChanged = true
      }
    }
    return hasChanged
  }

  /// Makes groups of cells exact that are not, if that costs less than the latents in and around them.
  ///
  /// - Parameter mask: of pixels.
  func closeGaps(of mask: ExactMask) -> ExactMask {
    var closed = mask
    var isSeen = [Bool](repeating: false, count: mask.count)
    for first in isSeen.indices where !isSeen[first] && !mask.isWhole(cell: first) {
      var group = [first]
      isSeen[first] = true
      var next = 0
      while next < group.count {
        for cell in mask.cells(around: group[next], distance: 1)
        where !isSeen[cell] && !mask.isWhole(cell: cell) {
          isSeen[cell] = true
          group.append(cell)
        }
        next += 1
      }
      if exactCost(group, mask) < networkCost(group, mask) {
        for cell in group { closed[cell: cell] = .max }
      }
    }
    return closed
  }

  private func exactCost(_ group: [Int], _ mask: ExactMask) -> Int {
    group.reduce(0) { $0 + mask.rest(bits[$1], ofCell: $1) }
  }

  private func networkCost(_ group: [Int], _ mask: ExactMask) -> Int {
    var beside: Set<Int> = []
    for cell in group {
      beside.formUnion(mask.cells(around: cell, distance: 2).filter { mask.isWhole(cell: $0) })
    }
    return group.reduce(0) { $0 + mask.rest(costs[$1], ofCell: $1) }
      + beside.reduce(0) { $0 + costs.rates[$1] / Self.besideShare }
  }
}
