import Foundation
import Testing
import VAEZip

@Suite struct BDRateTests {
  private func curve(_ rates: [Double], _ qualities: [Double]) -> [RDPoint] {
    zip(rates, qualities).map { RDPoint(rate: $0, quality: $1) }
  }

  /// Expected values: the Python package bjontegaard 1.3.0, method "pchip".
  @Test func bdRateOfWorkedExamples() throws {
    let value = try Metrics.bdRate(
      reference: curve([686.76, 309.58, 157.11, 85.95], [40.28, 37.18, 34.24, 31.42]),
      test: curve([893.34, 407.8, 204.93, 112.75], [40.39, 37.21, 34.17, 31.24]))
    #expect(abs(value - 31.379878202397627) < 1e-6)
    let uneven = try Metrics.bdRate(
      reference: curve([0.1, 0.22, 0.45, 0.9, 1.6], [26.1, 28.9, 31.2, 34.8, 38]),
      test: curve([0.15, 0.21, 0.5, 0.7, 1.3, 2], [27, 29.5, 33.3, 34, 37.9, 40.2]))
    #expect(abs(uneven - -18.39284210652794) < 1e-6)
  }

  @Test func bdRateByHand() throws {
    let reference = curve([0.1, 0.25, 0.6, 1.3], [27, 30, 34, 38.5])
    let double = curve([0.2, 0.5, 1.2, 2.6], [27, 30, 34, 38.5])
    #expect(abs(try Metrics.bdRate(reference: reference, test: double) - 100) < 1e-9)
    #expect(abs(try Metrics.bdRate(reference: double, test: reference) - -50) < 1e-9)
    #expect(try Metrics.bdRate(reference: reference, test: reference) == 0)
    // Straight lines on the log scale, one octave per 3 dB and shifted by 1.5 dB: −29.3 % where both
    // are defined, from 31.5 to 33.
    let line = try Metrics.bdRate(
      reference: curve([1, 2], [30, 33]), test: curve([1, 2], [31.5, 34.5]))
    #expect(abs(line - (pow(0.5, 0.5) - 1) * 100) < 1e-9)
  }

  @Test func curvesThatCannotBeCompared() {
    let low = curve([0.1, 0.2], [25, 28]), high = curve([1, 2], [30, 33])
    #expect(throws: MetricsError.noOverlap(reference: 25...28, test: 30...33)) {
      try Metrics.bdRate(reference: low, test: high)
    }
    #expect(throws: MetricsError.tooFewPoints(1)) {
      try Metrics.bdRate(reference: low, test: curve([1], [26]))
    }
    #expect(throws: MetricsError.repeatedQuality(26)) {
      try Metrics.bdRate(reference: low, test: curve([1, 2], [26, 26]))
    }
    #expect(throws: MetricsError.unusablePoint(rate: 1, quality: .infinity)) {
      try Metrics.bdRate(reference: low, test: curve([0.5, 1], [26, .infinity]))
    }
    #expect(throws: MetricsError.unusablePoint(rate: 0, quality: 26)) {
      try Metrics.bdRate(reference: low, test: curve([0, 1], [26, 27]))
    }
  }
}
