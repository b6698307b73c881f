import Testing
import VAETrain
import VAEZip

private let torch = try? Torch.load()

@Suite("Optimizers", .usesLibtorch, .enabled(if: torch != nil, "libtorch's shim is not on this machine"))
struct OptimizerTests {
  private typealias Matrix = [[Double]]

  private let specs = [
    ParameterSpec("a.weight", [3, 4, 1, 1]), ParameterSpec("a.bias", [3]),
    ParameterSpec("d.weight", [3, 1, 3, 3]), ParameterSpec("b.weight", [3, 4, 1, 1]),
    ParameterSpec("c.weight", [2, 2, 3, 3]),
  ]

  private func elements(_ spec: ParameterSpec, _ step: Int) -> [Float] {
    (0..<spec.count).map { index in
      let place = index * 7 + step * 5 + spec.name.utf8.reduce(0) { $0 + Int($1) }
      return Float((place * place + 3 * place) % 23 - 11) / 11
    }
  }

  private func run(_ kind: OptimizerKind, steps: Int) throws -> [String: [Float]] {
    let gradients = (1...steps).map { step in
      Dictionary(uniqueKeysWithValues: specs.map { ($0.name, elements($0, step)) })
    }
    let start = Dictionary(uniqueKeysWithValues: specs.map { ($0.name, elements($0, 0)) })
    return try Optimizer.weights(
      try #require(torch), kind, specs, start: start, gradients: gradients, rate: 0.01)
  }

  private func expectClose(_ found: [Float]?, _ expected: [Double], _ name: String) throws {
    let found = try #require(found)
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) { #expect(abs(Double(a) - b) < 1e-4, "\(name)") }
  }

  private func adam(_ spec: ParameterSpec, steps: Int) -> [Double] {
    var weights = elements(spec, 0).map(Double.init)
    var (mean, square) = (weights.map { _ in 0.0 }, weights.map { _ in 0.0 })
    for step in 1...steps {
      for (index, gradient) in elements(spec, step).map(Double.init).enumerated() {
        mean[index] = 0.9 * mean[index] + 0.1 * gradient
        square[index] = 0.999 * square[index] + 0.001 * gradient * gradient
        let first = mean[index] / (1 - pow(0.9, step)), second = square[index] / (1 - pow(0.999, step))
        weights[index] -= 0.01 * first / (second.squareRoot() + 1e-8)
      }
    }
    return weights
  }

  @Test("Adam takes the steps of the paper")
  func adam() throws {
    let found = try run(.adam, steps: 4)
    for spec in specs { try expectClose(found[spec.name], adam(spec, steps: 4), spec.name) }
  }

  @Test(
    "SOAP takes the steps of a plain reference; vectors and depthwise weights follow Adam",
    arguments: [1, 3, 12])
  func soap(steps: Int) throws {
    let found = try run(.soap, steps: steps)
    for spec in specs {
      let isMatrix = spec.shape.count == 4 && spec.shape[1] > 1
      let expected = isMatrix ? soap(spec, steps: steps) : adam(spec, steps: steps)
      try expectClose(found[spec.name], expected, spec.name)
    }
  }

  private func soap(_ spec: ParameterSpec, steps: Int) -> [Double] {
    let (rows, columns) = (spec.shape[0], spec.shape.dropFirst().reduce(1, *))
    func matrix(_ step: Int) -> Matrix {
      let flat = elements(spec, step).map(Double.init)
      return (0..<rows).map { Array(flat[$0 * columns..<($0 + 1) * columns]) }
    }
    var weights = matrix(0)
    let zero = Matrix(repeating: Array(repeating: 0, count: columns), count: rows)
    var (mean, square) = (zero, zero)
    func nothing(_ size: Int) -> Matrix { Array(repeating: Array(repeating: 0, count: size), count: size) }
    var (left, right) = (nothing(rows), nothing(columns))
    var (leftBasis, rightBasis) = (identity(rows), identity(columns))
    for step in 1...steps {
      let gradient = matrix(step)
      let (c1, c2) = (1 - pow(0.95, step), 1 - pow(0.95, step))
      mean = combined(mean, gradient)
      let turned = product(product(transposed(leftBasis), gradient), rightBasis)
      square = combined(square, turned.map { $0.map { $0 * $0 } })
      var change = product(product(transposed(leftBasis), mean), rightBasis)
      for (i, j) in places(rows, columns) { change[i][j] /= (square[i][j] / c2).squareRoot() + 1e-8 }
      change = product(product(leftBasis, change), transposed(rightBasis))
      for (i, j) in places(rows, columns) { weights[i][j] -= 0.01 / c1 * change[i][j] }
      left = combined(left, product(gradient, transposed(gradient)))
      right = combined(right, product(transposed(gradient), gradient))
      if step == 1 || step % 10 == 0 {
        leftBasis = iterated(leftBasis, left)
        rightBasis = iterated(rightBasis, right)
      }
    }
    return weights.flatMap { $0 }
  }

  /// An orthogonal iteration, by Gram and Schmidt.
  private func iterated(_ basis: Matrix, _ covariance: Matrix) -> Matrix {
    let size = covariance.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 1
    var columns = transposed(product(covariance.map { $0.map { $0 / size } }, basis))
    let old = transposed(basis)
    for index in columns.indices {
      columns[index] = zip(columns[index], old[index]).map { $0 + 1e-5 * $1 }
      for _ in 0..<2 {
        for other in columns[..<index] {
          let overlap = zip(columns[index], other).reduce(0) { $0 + $1.0 * $1.1 }
          columns[index] = zip(columns[index], other).map { $0 - overlap * $1 }
        }
      }
      let length = columns[index].reduce(0) { $0 + $1 * $1 }.squareRoot()
      columns[index] = columns[index].map { $0 / length }
    }
    return transposed(columns)
  }

  @Test("Muon takes the steps of a plain reference")
  func muon() throws {
    let found = try run(.muon, steps: 3)
    for spec in specs where spec.shape.count < 4 || spec.shape[1] == 1 {
      try expectClose(found[spec.name], adam(spec, steps: 3), spec.name)
    }
    for spec in specs where spec.shape.count == 4 && spec.shape[1] > 1 {
      let (rows, columns) = (spec.shape[0], spec.shape.dropFirst().reduce(1, *))
      func matrix(_ step: Int) -> Matrix {
        let flat = elements(spec, step).map(Double.init)
        return (0..<rows).map { Array(flat[$0 * columns..<($0 + 1) * columns]) }
      }
      var weights = matrix(0)
      var momentum = Matrix(repeating: Array(repeating: 0, count: columns), count: rows)
      for step in 1...3 {
        let gradient = matrix(step)
        var x = gradient
        for (i, j) in places(rows, columns) {
          momentum[i][j] = 0.95 * momentum[i][j] + gradient[i][j]
          x[i][j] = gradient[i][j] + 0.95 * momentum[i][j]
        }
        let length = x.flatMap { $0 }.reduce(0) { $0 + $1 * $1 }.squareRoot()
        x = x.map { $0.map { $0 / length } }
        for _ in 0..<5 {
          let gram = product(x, transposed(x))
          let (first, second) = (product(gram, x), product(gram, product(gram, x)))
          for (i, j) in places(rows, columns) {
            x[i][j] = 3.4445 * x[i][j] - 4.7750 * first[i][j] + 2.0315 * second[i][j]
          }
        }
        for (i, j) in places(rows, columns) {
          weights[i][j] -= 0.01 * 0.2 * Double(max(rows, columns)).squareRoot() * x[i][j]
        }
      }
      try expectClose(found[spec.name], weights.flatMap { $0 }, spec.name)
    }
  }

  // MARK: Matrices

  private func pow(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { result, _ in result * base }
  }
  private func identity(_ size: Int) -> Matrix {
    (0..<size).map { row in (0..<size).map { $0 == row ? 1 : 0 } }
  }
  private func places(_ rows: Int, _ columns: Int) -> [(Int, Int)] {
    (0..<rows).flatMap { row in (0..<columns).map { (row, $0) } }
  }
  private func transposed(_ a: Matrix) -> Matrix {
    (a.first ?? []).indices.map { column in a.map { $0[column] } }
  }
  private func product(_ a: Matrix, _ b: Matrix) -> Matrix {
    let columns = transposed(b)
    return a.map { row in columns.map { zip(row, $0).reduce(0) { $0 + $1.0 * $1.1 } } }
  }
  private func combined(_ a: Matrix, _ b: Matrix) -> Matrix {
    zip(a, b).map { zip($0, $1).map { 0.95 * $0 + 0.05 * $1 } }
  }
}
