import VAEZipSupport

/// A table with a row for each quality level, interpolated between rows: log2 gains, hyper-latent means,
/// scale indexes. Numbers have 16 fraction bits.
struct QualityTable: Sendable {
  static let fractionBits = 16
  private let rows: [[Int64]]

  /// - Parameter rows: all of the same length.
  init(rows: [[Int64]]) { self.rows = rows }

  init(_ name: String, tensors: [String: WeightTensor]) throws(ModelError) {
    guard let tensor = tensors[name], tensor.shape.count == 2 else { throw .missingTensor(name) }
    let columns = tensor.shape[1]
    let values: [Int64?] = tensor.withPatterns { pattern in
      (0..<tensor.count).map {
        FixedPoint.integer(pattern($0), tensor.dtype, fractionBits: Self.fractionBits)
      }
    }
    var rows: [[Int64]] = []
    for row in 0..<tensor.shape[0] {
      let numbers = values[row * columns..<(row + 1) * columns].compactMap { $0 }
      guard numbers.count == columns else {
        throw .notRepresentable(layer: name, reason: "a number is 2^15 or more in magnitude")
      }
      rows.append(numbers)
    }
    self.rows = rows
  }

  /// A row between two levels.
  /// - Parameter position: in 1/256 levels, 0…256 · (levels − 1).
  func row(at position: Int) -> [Int64] {
    let (index, fraction) = (position >> 8, Int64(position & 255))
    if fraction == 0 { return rows[index] }
    return zip(rows[index], rows[index + 1]).map { low, high in
      low + ((high - low) * fraction + 128) >> 8
    }
  }
}

/// The parameters of one quality: gains, and means and scale indexes of the hyper-latents.
package struct QualityParameters: Sendable {
  /// From the analysis' latent y to the latent v in quantization steps, and back to ŷ.
  package let forward: Gains
  package let inverse: Gains
  /// Of each hyper-latent channel, in the fixed-point position of "hyper".
  package let hyperMean: [Int16]
  /// Scale index of each hyper-latent channel, 0…63.
  package let hyperScaleIndexes: [UInt8]
}

/// The tables behind `QualityParameters`.
package struct QualityTables: Sendable {
  private let forward, inverse, hyperMean, hyperScaleIndexes: QualityTable
  /// log₂ λ. Encoders alone use it.
  private let lambda: QualityTable
  private let plan: LayerPlan

  package init(_ file: ModelFile) throws(ModelError) {
    forward = try QualityTable("gain.forward", tensors: file.tensors)
    inverse = try QualityTable("gain.inverse", tensors: file.tensors)
    hyperMean = try QualityTable("hyper.mean", tensors: file.tensors)
    hyperScaleIndexes = try QualityTable("hyper.level", tensors: file.tensors)
    lambda = QualityTable(
      rows: file.network.lambdas.map { [Int64(FixedLog2.log2($0))] })
    plan = LayerPlan(file.network, calibration: file.calibration)
  }

  /// log₂ of the factor from quantization steps to ŷ in each channel, 16 fraction bits.
  package func inverseLogarithms(at position: Int) -> [Int64] { inverse.row(at: position).map { -$0 } }

  /// log₂ λ, 16 fraction bits.
  package func logarithmOfLambda(at position: Int) -> Int64 { lambda.row(at: position)[0] }

  package func parameters(at position: Int) -> QualityParameters {
    let hyperShift = Int64(QualityTable.fractionBits - plan.bits("hyper"))
    return QualityParameters(
      forward: Gains(
        logarithms: forward.row(at: position), inputBits: plan.bits("analysis.latent"),
        outputBits: plan.bits("latent")),
      inverse: Gains(
        logarithms: inverse.row(at: position).map { -$0 }, inputBits: plan.bits("latent"),
        outputBits: plan.bits("synthesis.latent")),
      hyperMean: hyperMean.row(at: position).map {
        saturated(($0 + 1 << (hyperShift - 1)) >> hyperShift)
      },
      hyperScaleIndexes: hyperScaleIndexes.row(at: position).map {
        UInt8(min(max(($0 + 1 << 15) >> 16, 0), 63))
      })
  }
}
