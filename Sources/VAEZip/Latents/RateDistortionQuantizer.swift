/// Rate–distortion optimized quantization (RDOQ): chooses symbols by bits and added distortion together.
package struct RateDistortionQuantizer: Sendable {
  package let costs: RateTable
  /// Cost of a squared error of one quantization step, in 1/4096 bit.
  package let weight: Int
  /// Fraction bits of values and means.
  package let fractionBits: Int

  /// Moves symbols towards zero where that costs less in all.
  package func shrink(
    _ symbols: UnsafeMutablePointer<Int16>, scaleIndexes: UnsafePointer<UInt8>,
    values: UnsafePointer<Int16>, means: UnsafePointer<Int16>, count: Int
  ) {
    costs.rows.withUnsafeBufferPointer { costs in
      for index in 0..<count where symbols[index] != 0 {
        let symbol = Int(symbols[index])
        var magnitude = abs(symbol)
        guard magnitude < RateTable.magnitudes else { continue }
        let first = Int(scaleIndexes[index]) * RateTable.magnitudes
        let difference = Int(values[index]) - Int(means[index])
        // The value as the symbol's sign sees it.
        let value = symbol > 0 ? difference : -difference
        func total(_ candidate: Int) -> Int {
          let error = value - candidate << fractionBits
          return Int(costs[first + candidate]) << (2 * fractionBits) + weight * error * error
        }
        var best = total(magnitude)
        let zero = total(0)
        while magnitude > 0 {
          let next = total(magnitude - 1)
          if next >= best { break }
          best = next
          magnitude -= 1
        }
        if zero < best { magnitude = 0 }
        symbols[index] = Int16(truncatingIfNeeded: symbol > 0 ? magnitude : -magnitude)
      }
    }
  }
}
