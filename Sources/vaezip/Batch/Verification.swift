import VAEZip

/// What `verify` does with each file.
struct Verification: Sendable {
  let decoding: Decoding

  func callAsFunction(_ job: BatchJob, _ turn: BatchTurn, _ report: inout JobReport) throws {
    let start = ContinuousClock.now
    let (input, decoder) = try decoding.open(job, turn)
    try CommandFailure.naming(input.name) {
      try decoder.verify(input.bytes)
      let header = try VZFile(parsing: input.bytes, limits: decoder.limits).header
      let tiles = header.tileCount
      (report.width, report.height) = (header.width, header.height)
      report.inputBytes = input.bytes.count
      report.seconds = (ContinuousClock.now - start) / .seconds(1)
      report.summary =
        "\(input.name): right: \(header.width) × \(header.height), "
        + "\(tiles) \(tiles == 1 ? "tile" : "tiles"), \(input.bytes.count) bytes"
    }
  }
}
