import VAEZipEntropy

/// The alpha of a tile as bytes, without loss (Formats/VZ.md, Alpha): one sample if all are equal, else
/// a zstd frame of the rows as PNG filters them.
struct AlphaStream {
  /// Of the tile, in pixels.
  let width: Int
  /// Of the tile, in pixels.
  let height: Int
  /// Of a sample: 1 or 2.
  let sampleBytes: Int

  private var rowBytes: Int { width * sampleBytes }
  /// Of the filtered rows: each begins with the number of its filter.
  private var filteredBytes: Int { height * (rowBytes + 1) }

  /// - Parameters:
  ///   - level: zstd's, 1…22.
  ///   - rows: where the samples of a row of the tile are.
  /// - Throws: `EntropyError.zstd`.
  func encode(
    level: Int, rows: (_ y: Int) -> UnsafePointer<UInt8>
  ) throws(EntropyError) -> [UInt8] {
    if let sample = constant(rows) { return sample }
    let frame = try ZstdFrame()
    defer { frame.free() }
    var best: [UInt8] = []
    var least = Int.max
    for filter in Self.candidates {
      let trial = filtered(filter, rows)
      let size = try frame.compress(trial, level: Self.trialLevel).count
      guard size < least else { continue }
      (best, least) = (trial, size)
    }
    return try frame.compress(best, level: level)
  }

  /// - Parameter rows: where the samples of a row of the tile go.
  /// - Throws: `EntropyError.corrupted` if the bytes are not the alpha of a tile of this size.
  func decode(
    _ bytes: [UInt8], rows: (_ y: Int) -> UnsafeMutablePointer<UInt8>
  ) throws(EntropyError) {
    guard bytes.count > sampleBytes else {
      guard bytes.count == sampleBytes else {
        throw .corrupted(expected: "\(sampleBytes) bytes or a zstd frame", found: "\(bytes.count)")
      }
      for y in 0..<height {
        let row = rows(y)
        for x in 0..<rowBytes { row[x] = bytes[x % sampleBytes] }
      }
      return
    }
    let filtered = UnsafeMutablePointer<UInt8>.allocate(capacity: filteredBytes)
    defer { filtered.deallocate() }
    try ZstdFrame.decompress(bytes[...], size: filteredBytes, to: filtered)
    let zeros = [UInt8](repeating: 0, count: rowBytes)
    try zeros.withUnsafeBufferPointer { zeros throws(EntropyError) in
      guard var above = zeros.baseAddress else { return }
      for y in 0..<height {
        let row = filtered + y * (rowBytes + 1)
        guard let filter = RowFilter(rawValue: row[0]) else {
          throw .corrupted(expected: "a filter, 0 … 4", found: "\(row[0])")
        }
        filter.undo(row + 1, above: above, count: rowBytes, distance: sampleBytes)
        rows(y).update(from: row + 1, count: rowBytes)
        above = UnsafePointer(row + 1)
      }
    }
  }
}

extension AlphaStream {
  /// The filters that are tried: one for all rows, or (nil) each row's own. Measured at level 19 on 22
  /// tiles (icons, screenshots, soft masks, mattes): no filter is best for what has edges (sum
  /// 187 KB), left for what has slopes (164 KB), the better of the two 156 KB, any of six 154 KB.
  private static let candidates: [RowFilter?] = [RowFilter.none, .sub, nil]
  /// zstd's level for trials: ranks filters as the high levels do.
  private static let trialLevel = 3

  /// The sample's bytes, if it is the same everywhere.
  private func constant(_ rows: (_ y: Int) -> UnsafePointer<UInt8>) -> [UInt8]? {
    let sample = Array(UnsafeBufferPointer(start: rows(0), count: sampleBytes))
    for y in 0..<height {
      let row = rows(y)
      for x in 0..<rowBytes where row[x] != sample[x % sampleBytes] { return nil }
    }
    return sample
  }

  /// - Parameter filter: of all rows; nil gives each row the one with the least `RowFilter.sumOfMagnitudes`, the
  ///   first of equals.
  private func filtered(
    _ filter: RowFilter?, _ rows: (_ y: Int) -> UnsafePointer<UInt8>
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: filteredBytes) { out, count in
      count = filteredBytes
      let zeros = [UInt8](repeating: 0, count: rowBytes)
      let trial = UnsafeMutablePointer<UInt8>.allocate(capacity: rowBytes)
      defer { trial.deallocate() }
      zeros.withUnsafeBufferPointer { zeros in
        guard var above = zeros.baseAddress, let start = out.baseAddress else { return }
        for y in 0..<height {
          let (row, place) = (rows(y), start + y * (rowBytes + 1))
          var least = Int.max
          for candidate in filter.map({ [$0] }) ?? RowFilter.allCases {
            candidate.apply(row, above: above, count: rowBytes, distance: sampleBytes, to: trial)
            let sum = RowFilter.sumOfMagnitudes(trial, count: rowBytes)
            guard sum < least else { continue }
            least = sum
            place[0] = candidate.rawValue
            (place + 1).update(from: trial, count: rowBytes)
          }
          above = row
        }
      }
    }
  }
}
