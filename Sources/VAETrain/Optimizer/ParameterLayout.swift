import VAEZip

/// Where each tensor of a network stands in the flat vectors of `Parameters`.
///
/// The matrices of one shape follow each other, so that an optimizer takes them as one batch; all
/// other tensors come last.
package struct ParameterLayout {
  /// Weights of convolutions that mix channels, as matrices of `[outputs, inputs · kernel]`.
  package struct MatrixGroup {
    package let names: [String]
    package let rows, columns: Int
    package let start: Int
    package var count: Int { names.count * rows * columns }
  }

  package let specs: [ParameterSpec]
  /// Of each of `specs`.
  package let starts: [Int]
  package let groups: [MatrixGroup]
  /// Where the tensors begin that are no matrices: biases, depthwise weights, gains, tables.
  package let vectorsStart: Int
  package let count: Int

  package init(_ specs: [ParameterSpec]) {
    self.specs = specs
    var byShape: [[Int]: [ParameterSpec]] = [:]
    for spec in specs where Self.isMatrix(spec) { byShape[Self.matrixShape(spec), default: []].append(spec) }
    var places: [String: Int] = [:]
    var next = 0
    var groups: [MatrixGroup] = []
    for (shape, members) in byShape.sorted(by: { ($0.key[0], $0.key[1]) < ($1.key[0], $1.key[1]) }) {
      groups.append(
        MatrixGroup(names: members.map(\.name), rows: shape[0], columns: shape[1], start: next))
      for spec in members {
        places[spec.name] = next
        next += spec.count
      }
    }
    self.groups = groups
    vectorsStart = next
    for spec in specs where !Self.isMatrix(spec) {
      places[spec.name] = next
      next += spec.count
    }
    count = next
    starts = specs.map { places[$0.name] ?? 0 }
  }

  private static func isMatrix(_ spec: ParameterSpec) -> Bool {
    spec.shape.count == 4 && spec.shape[1] > 1
  }

  private static func matrixShape(_ spec: ParameterSpec) -> [Int] {
    [spec.shape[0], spec.shape.dropFirst().reduce(1, *)]
  }
}
