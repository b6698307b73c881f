import VAEZipModel

/// The weights of two vectors in their mixture, with 16 fraction bits.
package struct MixtureWeights: Equatable {
  package let first, last: Int64

  private init(first: Int64, last: Int64) { (self.first, self.last) = (first, last) }

  /// On the straight line: step / (count − 1) of the way.
  package init(linear step: Int, of count: Int) {
    last = (Int64(step) << 16 + Int64(count - 1) / 2) / Int64(count - 1)
    first = 1 << 16 - last
  }

  /// On the arc: sin((1 − t) θ) / sin θ and sin(t θ) / sin θ, where θ is the angle between the vectors and t the
  /// part of the way.
  ///
  /// With c = cos(θ / n), sin(k θ / n) / sin(θ / n) is the Chebyshev polynomial of the second kind U of degree k − 1 at
  /// c, and cos θ the one of the first kind T of degree n. So only additions, products and quotients are needed, which
  /// IEEE 754 defines to the last bit: the weights are the same on every machine. Vectors that are nearly
  /// parallel or opposite, or zero, are mixed on the straight line.
  package init(spherical step: Int, of count: Int, _ a: [Int16], _ b: [Int16]) {
    var (dot, normA, normB) = (Int64(0), Int64(0), Int64(0))
    for (x, y) in zip(a, b) {
      dot += Int64(x) * Int64(y)
      normA += Int64(x) * Int64(x)
      normB += Int64(y) * Int64(y)
    }
    let n = count - 1
    let cosine = Double(dot) / (Double(normA).squareRoot() * Double(normB).squareRoot())
    guard cosine > -0.9999, cosine < 0.9999 else {
      self.init(linear: step, of: count)
      return
    }
    let c = Self.cosineOfPart(cosine, n)
    let whole = Self.secondKind(n - 1, c)
    self.init(
      first: Int64((Self.secondKind(n - step - 1, c) / whole * 65536).rounded()),
      last: Int64((Self.secondKind(step - 1, c) / whole * 65536).rounded()))
  }

  /// cos(θ / n), by halving: T of degree n rises from cos(π / n) to 1.
  private static func cosineOfPart(_ cosine: Double, _ n: Int) -> Double {
    var (low, high) = (-1.0, 1.0)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if isBelow(middle, cosine, n) { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// Whether an angle of cosine c is larger than θ / n: whether its multiples reach θ before the nth one.
  private static func isBelow(_ c: Double, _ cosine: Double, _ n: Int) -> Bool {
    var (before, now) = (1.0, c)
    for _ in 1..<max(n, 1) {
      // The cosines of the multiples fall until the angle is π; all before the nth must be above θ's.
      if now < cosine || now > before { return true }
      (before, now) = (now, 2 * c * now - before)
    }
    return now < cosine || now > before
  }

  /// U of a degree of at least −1.
  private static func secondKind(_ degree: Int, _ c: Double) -> Double {
    var (before, now) = (0.0, 1.0)
    guard degree >= 0 else { return 0 }
    for _ in 0..<degree { (before, now) = (now, 2 * c * now - before) }
    return now
  }

  /// The mixture of two numbers, rounded.
  func mix(_ a: Int16, _ b: Int16) -> Int16 {
    saturated((Int64(a) * first + Int64(b) * last + 1 << 15) >> 16)
  }
}
