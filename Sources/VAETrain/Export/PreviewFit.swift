import Foundation
import VAEZip

/// Fits the linear map from latents to a small picture: least squares over the latents of files of some qualities.
///
/// Its floating-point numbers end in the table, which is rounded to binary16. Decoders compute in integers.
package struct PreviewFit {
  private let model: Model
  private let channels: Int
  private let threads: Int
  /// What one unit of ŷ is.
  private let unit: Double
  /// Σ a · aᵀ and Σ a · bᵀ, row by row: a are the latents and a 1, b the pixels.
  private var squares: [Double]
  private var products: [Double]
  private var count = 0

  /// The pixels of a latent position: 2 × 2 of three samples.
  private static let outputs = PreviewTable.outputs

  /// - Parameters:
  ///   - file: a model file, with or without a table.
  ///   - threads: 0 takes all cores.
  package init(_ file: ModelFile, threads: Int = 0) throws {
    model = try Model(contentsOf: file.serialized())
    channels = file.network.latentWidth
    self.threads = threads
    unit = pow(2, -Double(file.calibration["synthesis.latent"] ?? 0))
    squares = Array(repeating: 0, count: (channels + 1) * (channels + 1))
    products = Array(repeating: 0, count: (channels + 1) * Self.outputs)
  }

  /// Adds a picture's latents at a quality position.
  ///
  /// - Parameter image: of 8 bits. Latent positions at its border that are not whole are left out.
  package mutating func add(_ image: Image, qualityPosition: Int) throws {
    let image = image.color
    let encoded = try ImageEncoder(
      model: model,
      options: EncoderOptions(
        qualityPosition: qualityPosition, threads: threads, effort: 1, choosesExactPixels: false)
    ).encode(image)
    var rows: [(x: Int, y: Int, values: [Int16])] = []
    try ImageDecoder(models: ModelLibrary([model]), threads: threads).forEachLatentRow(encoded.bytes) {
      rows.append(($0, $1, Array($2)))
    }
    for row in rows where 16 * row.y + 16 <= image.height {
      for index in 0..<row.values.count / channels where 16 * (row.x + index + 1) <= image.width {
        add(
          row.values[index * channels..<(index + 1) * channels],
          Self.pixels(image, x: 16 * (row.x + index), y: 16 * row.y))
      }
    }
  }

  /// The 2 × 2 means of 8 × 8 pixels at a place, as the network counts: (pixel − 128) / 128.
  private static func pixels(_ image: Image, x: Int, y: Int) -> [Double] {
    let samples = Int(image.channels.rawValue)
    var means: [Double] = []
    for c in 0..<3 {
      for cell in 0..<4 {
        var sum = 0
        for line in 0..<8 {
          let start = (y + cell / 2 * 8 + line) * image.width + x + cell % 2 * 8
          for pixel in start..<start + 8 { sum += Int(image.pixels[pixel * samples + c % samples]) }
        }
        means.append((Double(sum) / 64 - 128) / 128)
      }
    }
    return means
  }

  private mutating func add(_ latents: ArraySlice<Int16>, _ pixels: [Double]) {
    let a = latents.map { Double($0) * unit } + [1]
    let size = channels + 1
    squares.withUnsafeMutableBufferPointer { squares in
      products.withUnsafeMutableBufferPointer { products in
        a.withUnsafeBufferPointer { a in
          for i in 0..<size where a[i] != 0 {
            let value = a[i]
            for j in i..<size { squares[i * size + j] += value * a[j] }
            for j in 0..<Self.outputs { products[i * Self.outputs + j] += value * pixels[j] }
          }
        }
      }
    }
    count += 1
  }

  /// The table that fits best; nil if there were fewer latents than weights of an output. Channels that were always
  /// zero have no weights.
  package func table() -> PreviewTable? {
    let size = channels + 1
    guard count >= size else { return nil }
    var solution = products
    var matrix = squares
    let mean = (0..<channels).reduce(0) { $0 + matrix[$1 * size + $1] } / Double(channels)
    // A little weight decay, so that channels which are hardly ever in use get small weights.
    for i in 0..<channels { matrix[i * size + i] += 1e-6 * mean + 1e-12 }
    Self.solve(&matrix, &solution, size: size)
    var weights: [Float] = []
    for output in 0..<Self.outputs {
      weights += (0..<channels).map { Float(solution[$0 * Self.outputs + output]) }
    }
    let bias = (0..<Self.outputs).map { Float(solution[channels * Self.outputs + $0]) }
    return PreviewTable(weights: weights, bias: bias)
  }

  /// Solves matrix · x = right side in place, by Cholesky's factorization.
  ///
  /// - Parameters:
  ///   - matrix: symmetric and positive definite; its upper triangle is read and overwritten.
  ///   - right: `size` rows; becomes the solution.
  private static func solve(_ matrix: inout [Double], _ right: inout [Double], size: Int) {
    let columns = right.count / size
    for i in 0..<size {
      for k in 0..<i {
        let factor = matrix[k * size + i]
        for j in i..<size { matrix[i * size + j] -= factor * matrix[k * size + j] }
        for j in 0..<columns { right[i * columns + j] -= factor * right[k * columns + j] }
      }
      let root = max(matrix[i * size + i], 1e-300).squareRoot()
      for j in i..<size { matrix[i * size + j] /= root }
      for j in 0..<columns { right[i * columns + j] /= root }
    }
    for i in (0..<size).reversed() {
      for j in 0..<columns {
        var value = right[i * columns + j]
        for k in i + 1..<size { value -= matrix[i * size + k] * right[k * columns + j] }
        right[i * columns + j] = value / matrix[i * size + i]
      }
    }
  }
}
