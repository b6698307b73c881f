import VAEZipInference

/// Where the refinement of a tile stands: what its candidates cost, and how far the next one may go.
struct TileRefinement: Sendable {
  /// What the last candidate's symbols of latents cost, in 1/4096 bit.
  var rate = 0
  /// The least cost of a candidate so far, in 1/4096 bit.
  private(set) var bestCost = LagrangianCost.limit
  /// The round whose candidate that was, from 1 on; 0 before the first.
  private(set) var bestRound = 0
  /// How far a latent moves towards its goal, in 1/256, by position.
  private(set) var stepSizes: [Int32]

  /// What follows from a candidate's cost.
  enum Verdict: Equatable {
    /// It is the best so far: the search goes on from it.
    case best
    /// It is worse. The next candidate keeps so much of its distance from the best one, in 1/256.
    case tooFar(kept: Int32)
  }

  init(_ tile: Tile) {
    stepSizes = Array(repeating: 0, count: tile.width * tile.height)
  }

  /// Compares the last candidate with the best one before it.
  ///
  /// - Parameters:
  ///   - errors: of the candidate's pixels.
  ///   - stepSize: the largest one, in 1/256.
  mutating func judge(
    _ tile: Tile, round: Int, errors: CellErrors, cost: LagrangianCost, stepSize: Int
  ) -> Verdict {
    let total = cost(rate: rate, squaredError: errors.sum(tile))
    guard total < bestCost else { return .tooFar(kept: shorten(total)) }
    if bestRound == 0 {
      begin(tile, errors: errors, cost: cost, stepSize: stepSize)
    } else {
      // Half as much again, as long as that succeeds.
      for index in stepSizes.indices {
        stepSizes[index] = min(stepSizes[index] + (stepSizes[index] + 1) >> 1, Int32(stepSize))
      }
    }
    (bestCost, bestRound) = (total, round)
    return .best
  }

  /// Squared error of a position up to which its first step is a whole one, in bits: what quantization
  /// leaves of photographs at the best quality.
  private static let usualError = 1000
  /// So much above it the first step is half as long.
  private static let dampingError = 5000

  /// The first steps are shorter where errors are large. There they are no longer the noise of quantization, for
  /// which the step is right, but belong together; a step that corrects each for itself goes many times too far.
  private mutating func begin(_ tile: Tile, errors: CellErrors, cost: LagrangianCost, stepSize: Int) {
    for y in 0..<tile.height {
      for x in 0..<tile.width {
        let error = errors.position(tile.x + x, tile.y + y)
        let bits = cost(rate: 0, squaredError: error) >> RateTable.fractionBits
        let damped =
          stepSize * Self.dampingError / (Self.dampingError + max(bits - Self.usualError, 0))
        stepSizes[y * tile.width + x] = Int32(max(damped, 1))
      }
    }
  }

  /// Shortens all steps after a candidate that cost too much. If the cost is a parabola along the step and rose to
  /// r times the best, its lowest point is not beyond 1/√r of the step: a quarter up to r = 4, an eighth up to 16.
  private mutating func shorten(_ total: Int) -> Int32 {
    var kept: Int32 = 64
    var quarter = total >> 2
    while quarter > bestCost, kept > 1 {
      kept >>= 1
      quarter >>= 2
    }
    for index in stepSizes.indices { stepSizes[index] = max(stepSizes[index] * kept >> 8, 1) }
    return kept
  }
}

extension CellErrors {
  /// The error of a tile.
  func sum(_ tile: Tile) -> Int {
    var sum = 0
    for y in tile.y..<tile.y + tile.height {
      for x in tile.x..<tile.x + tile.width { sum += position(x, y) }
    }
    return sum
  }
}
