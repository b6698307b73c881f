import Testing
import VAEZip

@Suite struct ScaleTablesTests {
  @Test func gaussianTablesSurviveTheTensor() throws {
    let tables = ScaleTables.gaussian()
    #expect(tables.tensor.count == ScaleTables.tensorShape.reduce(1, *))
    #expect(try ScaleTables(tensor: tables.tensor, shape: ScaleTables.tensorShape) == tables)
  }

  @Test func gaussianTablesFollowTheScale() {
    let tables = ScaleTables.gaussian()
    // Scale index 0, σ = 0.11: nearly always zero. Zeros become rarer as the scale index rises.
    #expect(tables.frequencies[0] > UInt32(ScaleTables.total) - 200)
    for scaleIndex in 1..<ScaleTables.scaleCount where tables.bypassBits[scaleIndex] == 0 {
      let row = scaleIndex * ScaleTables.entryCount
      #expect(tables.frequencies[row] < tables.frequencies[row - ScaleTables.entryCount])
    }
    #expect(abs(ScaleTables.sigma(scaleIndex: 63) - 64) < 1e-9)
    #expect(tables.bypassBits[63] == 4)
  }

  @Test func unusableTensorsAreRefused() {
    let good = ScaleTables.gaussian().tensor
    let shape = ScaleTables.tensorShape
    func refuses(_ values: [Int32], _ shape: [Int]) -> Bool {
      do {
        _ = try ScaleTables(tensor: values, shape: shape)
        return false
      } catch {
        guard case .invalidTables = error else { return false }
        return !error.description.contains("\n")
      }
    }
    #expect(refuses(good, [33, 64]))
    #expect(refuses(Array(good.dropLast()), shape))
    #expect(refuses([], shape))
    for (index, value) in [(0, Int32(11)), (0, -1), (1, 0), (1, -5), (2, .max), (34, 7)] {
      var bad = good
      bad[index] = value
      #expect(refuses(bad, shape), "value \(value) at \(index)")
    }
  }

  @Test func quantizedProbabilitiesAddUp() {
    var probabilities = [Double](repeating: 0, count: ScaleTables.entryCount)
    probabilities[0] = 1
    let quantized = ScaleTables.quantized(probabilities)
    #expect(quantized.reduce(0, +) == UInt32(ScaleTables.total))
    #expect(quantized.dropFirst().allSatisfy { $0 == 1 })
  }
}
