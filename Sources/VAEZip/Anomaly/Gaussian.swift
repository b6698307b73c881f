/// A Gaussian that was fitted to vectors, and their distance from it (Mahalanobis 1936).
package struct Gaussian: Sendable, Equatable, Codable {
  /// Mean of each dimension.
  package let mean: [Double]
  /// Covariance, row by row, without the ridge that `distance` adds.
  package let covariance: [Double]
  /// The lower triangle L of covariance + ridge = L Lᵀ, row by row.
  private let factor: [Double]

  private enum CodingKeys: String, CodingKey { case mean, covariance }

  /// - Parameters:
  ///   - mean: at least one dimension.
  ///   - covariance: symmetric, row by row.
  /// - Returns: nil if the numbers are not those of a Gaussian.
  package init?(mean: [Double], covariance: [Double]) {
    let count = mean.count
    guard count > 0, covariance.count == count * count, (mean + covariance).allSatisfy(\.isFinite),
      let factor = Self.cholesky(covariance, count)
    else { return nil }
    (self.mean, self.covariance, self.factor) = (mean, covariance, factor)
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let mean = try values.decode([Double].self, forKey: .mean)
    guard
      let gaussian = Gaussian(
        mean: mean, covariance: try values.decode([Double].self, forKey: .covariance))
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .covariance, in: values, debugDescription: "not the covariance of a Gaussian")
    }
    self = gaussian
  }

  /// Number of dimensions.
  package var dimensions: Int { mean.count }

  /// Distance of a vector from the mean, in standard deviations in its direction.
  package func distance(_ vector: some Collection<Double>) -> Double {
    // Solves L y = x − mean; the distance is the length of y.
    var solution: [Double] = []
    solution.reserveCapacity(dimensions)
    var sum = 0.0
    for (row, value) in vector.enumerated() {
      var rest = value - mean[row]
      for column in 0..<row { rest -= factor[row * dimensions + column] * solution[column] }
      let element = rest / factor[row * dimensions + row]
      solution.append(element)
      sum += element * element
    }
    return sum.squareRoot()
  }

  /// The triangle; nil if the matrix is not positive definite even with a ridge of a millionth of the mean variance.
  private static func cholesky(_ matrix: [Double], _ count: Int) -> [Double]? {
    let trace = (0..<count).reduce(0.0) { $0 + matrix[$1 * count + $1] }
    let ridge = max(trace / Double(count) * 1e-6, 1e-12)
    var factor = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0...row {
        var sum = matrix[row * count + column] + (row == column ? ridge : 0)
        for index in 0..<column { sum -= factor[row * count + index] * factor[column * count + index] }
        if row == column {
          guard sum > 0 else { return nil }
          factor[row * count + row] = sum.squareRoot()
        } else {
          factor[row * count + column] = sum / factor[column * count + column]
        }
      }
    }
    return factor
  }
}

/// Mean and covariance of vectors that come one after another (Welford 1962).
package struct GaussianFit: Sendable {
  private var count = 0
  private var mean: [Double]
  /// Sums of products of deviations, row by row.
  private var products: [Double]

  package init(dimensions: Int) {
    mean = [Double](repeating: 0, count: dimensions)
    products = [Double](repeating: 0, count: dimensions * dimensions)
  }

  package mutating func add(_ vector: some Collection<Double>) {
    count += 1
    let values = Array(vector)
    let before = zip(values, mean).map { $0 - $1 }
    for index in mean.indices { mean[index] += before[index] / Double(count) }
    for row in mean.indices {
      let after = values[row] - mean[row]
      for column in mean.indices { products[row * mean.count + column] += after * before[column] }
    }
  }

  /// The Gaussian of at least two vectors more than there are dimensions; nil with fewer.
  package var gaussian: Gaussian? {
    guard count >= mean.count + 2 else { return nil }
    return Gaussian(mean: mean, covariance: products.map { $0 / Double(count - 1) })
  }
}
