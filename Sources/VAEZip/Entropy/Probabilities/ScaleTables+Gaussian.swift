#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Tables of Gaussians. Computed in floating point, so only for the export of a model, which stores the
/// integers; no stream depends on these functions.
extension ScaleTables {
  /// The standard deviation that a scale index stands for: 0.11·r^index with r = (64/0.11)^(1/63), so
  /// 0.11 at index 0 and 64 at index 63, in units of the quantized latents.
  package static func sigma(scaleIndex: Int) -> Double {
    0.11 * pow(64 / 0.11, Double(scaleIndex) / 63)
  }

  /// Tables of zero-mean Gaussians integrated over each integer: P(q) = Φ((q+½)/σ) − Φ((q−½)/σ).
  ///
  /// Each scale gets as many bypass bits as bring its standard deviation below 6.4.
  package static func gaussian() -> ScaleTables {
    var bypassBits: [UInt8] = []
    var frequencies: [UInt32] = []
    for scaleIndex in 0..<scaleCount {
      let sigma = sigma(scaleIndex: scaleIndex)
      var bits = 0
      while sigma / Double(1 << bits) >= 6.4 { bits += 1 }
      bypassBits.append(UInt8(bits))
      // P(|q| ≥ n). Unlike 1 − P(|q| < n), it stays precise far from zero.
      func tail(_ n: Int) -> Double {
        n == 0 ? 1 : erfc((Double(n) - 0.5) / (sigma * 2.0.squareRoot()))
      }
      let probabilities = (0..<entryCount).map { entry in
        tail(entry << bits) - (entry == escape ? 0 : tail((entry + 1) << bits))
      }
      frequencies += quantized(probabilities)
    }
    return ScaleTables(bypassBits: bypassBits, frequencies: frequencies)
  }

  /// Rounds probabilities to integers of at least 1 that add up to 2²⁴. The largest absorbs the rest.
  /// - Parameter probabilities: 32 values of at least 0 whose sum is about 1.
  package static func quantized(_ probabilities: [Double]) -> [UInt32] {
    var result = probabilities.map { max(1, Int(($0 * Double(total)).rounded())) }
    let largest = result.indices.max { result[$0] < result[$1] } ?? 0
    result[largest] += total - result.reduce(0, +)
    return result.map { UInt32(clamping: $0) }
  }
}
