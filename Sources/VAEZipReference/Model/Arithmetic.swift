// Formats/MODEL.md, "Conventions", and from "Interpolation" to "Quantization".

/// Limits a number to 16 bits.
func sat16(_ a: Int) -> Int { min(max(a, -32768), 32767) }

/// Rounds to the nearest integer, ties to the even one. `Double` holds all numbers in question exactly.
func rhe(_ a: Double) -> Int { Int(a.rounded(.toNearestOrEven)) }

/// 2^exponent.
func powerOfTwo(_ exponent: Int) -> Double {
  var result = 1.0
  for _ in 0..<abs(exponent) { result *= exponent > 0 ? 2 : 0.5 }
  return result
}

/// "Interpolation": the row of a table at a quality position.
func interpolated(_ table: ModelFile.Tensor, position p: Int) throws -> [Int] {
  let columns = table.shape[1]
  let g = table.values.map { rhe($0 * 65536) }
  let (i, f) = (p >> 8, p % 256)
  guard i + (f > 0 ? 1 : 0) < table.shape[0] else { throw FormatError("quality") }
  return (0..<columns).map { c in
    let low = g[i * columns + c]
    if f == 0 { return low }
    return low + ((g[(i + 1) * columns + c] - low) * f + 128) >> 8
  }
}

/// "Powers of two": multiplication by 2^(lg / 2^16), from some fraction bits to others.
struct Gain {
  private let factor: Int
  private let shift: Int

  private static let roots = [
    1_518_500_250, 1_276_901_417, 1_170_923_762, 1_121_280_436, 1_097_253_708, 1_085_434_106,
    1_079_572_136, 1_076_653_033, 1_075_196_443, 1_074_468_888, 1_074_105_294, 1_073_923_544,
    1_073_832_680, 1_073_787_251, 1_073_764_537, 1_073_753_181,
  ]

  init(lg: Int, from: Int, to: Int) {
    var n = lg >> 16
    let f = lg - n << 16
    var r = 1 << 30
    for k in 1...16 where f >> (16 - k) & 1 == 1 { r = (r * Self.roots[k - 1] + 1 << 29) >> 30 }
    var g = (r + 1 << 15) >> 16
    if g == 1 << 15 {
      g = 1 << 14
      n += 1
    }
    var t = 14 - n + from - to
    if t < 1 {
      (g, t) = (32767, 1)
    } else if t > 30 {
      (g, t) = (0, 1)
    }
    (factor, shift) = (g, t)
  }

  func applied(to a: Int) -> Int { sat16((a * factor + 1 << (shift - 1)) >> shift) }
}

/// "Companding", with F fraction bits of the latent.
func companded(_ v: Int, fractionBits f: Int) -> Int {
  let u = abs(v) + 1 << f
  let b = log2Floor(u)
  let magnitude = (b - f) << 11 + (u << 11) >> b - 1 << 11
  return v < 0 ? -magnitude : magnitude
}

/// "Quantization".
func quantized(_ v: Int, mean: Int, fractionBits f: Int) -> Int {
  sat16((v - mean + 1 << (f - 1)) >> f)
}

/// "Quantization", the other way.
func dequantized(_ q: Int, mean: Int, fractionBits f: Int) -> Int { sat16(q << f + mean) }
