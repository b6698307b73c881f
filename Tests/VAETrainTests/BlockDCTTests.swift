import Testing
import VAETrain
import VAEZip

@Suite("Block DCT")
struct BlockDCTTests {
  @Test("The block-DCT basis is orthonormal", arguments: [(8, 64, 64), (16, 200, 60)])
  func orthonormal(size: Int, luma: Int, chroma: Int) {
    let rows = BlockDCT.basis(size: size, luma: luma, chroma: chroma)
    #expect(rows.count == luma + 2 * chroma)
    for i in stride(from: 0, to: rows.count, by: 7) {
      for j in stride(from: 0, to: rows.count, by: 11) {
        let product = zip(rows[i], rows[j]).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (i == j ? 1 : 0)) < 1e-9)
      }
    }
  }

  @Test("Every tensor gets values of its size, the same for the same seed")
  func values() {
    let description = tinyDescription
    let specs = description.parameters(posteriorHead: true)
    var first = BlockDCT(description, seed: 7)
    var second = BlockDCT(description, seed: 7)
    var other = BlockDCT(description, seed: 8)
    let values = first.values(specs)
    for spec in specs { #expect(values[spec.name]?.count == spec.count) }
    #expect(values == second.values(specs))
    #expect(values != other.values(specs))
    // Residual branches start idle.
    #expect(values["synthesis.block0.shrink.weight"]?.allSatisfy { $0 == 0 } == true)
  }
}

extension BlockDCTTests {
  @Test("No channel of the latent begins idle", arguments: [64, 320, 512, 768])
  func latentWidths(width: Int) throws {
    var description = tinyDescription
    description.latentWidth = width
    var start = BlockDCT(description, seed: 1)
    let values = start.values(description.parameters(posteriorHead: false))
    let down = try #require(values["analysis.down.weight"])
    let count = down.count / width
    for channel in 0..<width {
      #expect(down[channel * count..<(channel + 1) * count].contains { $0 != 0 })
    }
  }
}

/// Small enough to train in a test.
let tinyDescription = NetworkDescription(
  name: "tiny", transformWidth: 192, latentWidth: 64, hyperWidth: 32, priorWidth: 32,
  contextWidth: 32, analysisBlocks: 1, hyperAnalysisBlocks: 1, priorBlocks: 1, contextBlocks: 1,
  synthesisBlocks: 1, lambdas: [0.001, 0.01, 0.1])
