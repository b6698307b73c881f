/// The base-2 logarithm for the encoder's choices: the C library's may differ between machines in
/// its last bit, and then so would the file. This one uses only operations that IEEE 754 rounds exactly.
/// - Parameter x: above zero and normal.
/// - Returns: the logarithm to about 6 digits.
func exactLog2(_ x: Double) -> Double {
  // ln m = 2·artanh((m − 1)/(m + 1)) for the significand m in 1..<2.
  let m = x.significand
  let t = (m - 1) / (m + 1)
  let s = t * t
  let series = 1 + s * (1 / 3.0 + s * (1 / 5.0 + s * (1 / 7.0 + s * (1 / 9.0 + s * (1 / 11.0)))))
  return Double(x.exponent) + 2.885_390_081_777_927 * t * series  // 2 / ln 2
}
