import Foundation
import TestSupport
import Testing
import VAEZip

@Suite struct FixedLog2Tests {
  private let one = 1 << FixedLog2.fractionBits

  /// In units of the last place.
  private func error(_ result: Int, of logarithm: Double) -> Double {
    abs(Double(result) - logarithm * Double(one))
  }

  @Test func powersOfTwoAreExact() {
    for exponent in 0..<64 {
      #expect(FixedLog2.log2(UInt64(1) << UInt64(exponent)) == exponent * one)
    }
    for exponent in -1074...1023 {
      #expect(FixedLog2.log2(exp2(Double(exponent))) == exponent * one)
    }
    #expect(FixedLog2.log2(UInt64(0)) == 0)
  }

  @Test func integersAreWithinAUnitOfTheLastPlace() {
    var generator = SplitMix64(21)
    var worst = 0.0
    for x in UInt64(1)...5000 { worst = max(worst, error(FixedLog2.log2(x), of: log2(Double(x)))) }
    for _ in 0..<50_000 {
      let x = max(generator.next() >> UInt64.random(in: 0...63, using: &generator), 1)
      worst = max(worst, error(FixedLog2.log2(x), of: log2(Double(x))))
    }
    worst = max(worst, error(FixedLog2.log2(.max), of: 64))
    #expect(worst < 0.8)
  }

  @Test func itNeverFalls() {
    var last = 0
    for x in UInt64(1)...200_000 {
      let next = FixedLog2.log2(x)
      if next < last { Issue.record("log2(\(x)) is below that of its predecessor") }
      last = next
    }
  }

  @Test func fractionsAreWithinAUnitOfTheLastPlace() {
    var generator = SplitMix64(22)
    let lambdas = [0.0004, 0.0107, 0.4, 1.07, .leastNonzeroMagnitude, .leastNormalMagnitude]
    var worst = 0.0
    for x in lambdas { worst = max(worst, error(FixedLog2.log2(x), of: log2(x))) }
    for _ in 0..<50_000 {
      let x = Double(bitPattern: UInt64.random(in: 1..<0x7FF << 52, using: &generator))
      worst = max(worst, error(FixedLog2.log2(x), of: log2(x)))
    }
    #expect(worst < 0.8)
  }
}
