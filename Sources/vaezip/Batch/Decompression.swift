import VAEZip

/// What `decompress` does with each file.
struct Decompression: Sendable {
  let decoding: Decoding
  let region: Region?
  /// Of a picture from the latents alone; nil for the whole one.
  let scale: PreviewScale?
  let format: PictureFormat
  let keepsGoing: Bool
  let overwrites: Bool
  let isVerbose: Bool
  let removesInputs: Bool
  /// Files that stay as they are.
  let kept: KeptFiles

  func callAsFunction(_ job: BatchJob, _ turn: BatchTurn, _ report: inout JobReport) throws {
    guard let path = job.output else { return }
    if job.isDone {
      report.status = .skipped
      if removesInputs { try removeAfterAll(job, path, &report) }
      return
    }
    let (input, decoder) = try decoding.open(job, turn)
    try job.makeFolder()
    let output = try OutputFile(
      path: path, overwrite: overwrites, source: input.attributes, kept: kept)
    guard !removesInputs || !output.isDirect else {
      throw CommandFailure(output.name, "is not a regular file; --rm needs an output that stays")
    }
    try CommandFailure.naming(input.name) {
      let start = ContinuousClock.now
      let picture = PictureOutput(output, format: format)
      let damage =
        if let scale {
          try decoder.preview(
            input.bytes, scale: scale, region: region, keepsGoing: keepsGoing, to: picture)
        } else {
          try decoder.decode(input.bytes, region: region, keepsGoing: keepsGoing, to: picture)
        }
      try picture.finish()
      let time = ContinuousClock.now - start
      try output.commit(source: input.attributes)

      report.notices += picture.notices + damage.lines
      if !damage.isEmpty { report.status = .damaged }
      (report.width, report.height) = (picture.width, picture.height)
      (report.inputBytes, report.outputBytes) = (input.bytes.count, picture.bytes)
      report.seconds = time / .seconds(1)
      report.summary =
        "\(input.name) → \(output.name): \(picture.width) × \(picture.height), \(picture.bytes) bytes"
        + (isVerbose ? ", \(time.text)" : "")
    }
    if removesInputs, report.status == .ok {
      try SourceRemoval.remove(job.input, input.attributes)
      report.removed = true
    }
  }

  /// Finishes what a killed run has left: the output is there, the input too.
  private func removeAfterAll(
    _ job: BatchJob, _ output: String, _ report: inout JobReport
  ) throws(CommandFailure) {
    let input = try InputDescriptor(path: job.input)
    let header = decoding.header(of: input)
    guard let header, SourceRemoval.isMade(output, of: input.attributes) else {
      report.notices.append("\(output) exists and has another time, so --rm keeps the input")
      return
    }
    let png = try InputFile(path: output, limit: decoding.limits.memory)
    try CommandFailure.naming(png.name) {
      let image = try ImageFile.read(png.bytes, keepsMetadata: false).image
      guard (image.width, image.height) == (header.width, header.height) else {
        throw CommandFailure(
          output, "has \(image.width) × \(image.height) pixels, the input \(header.width) × \(header.height)")
      }
    }
    try SourceRemoval.remove(job.input, input.attributes)
    report.removed = true
  }
}

/// Opens .vz files and makes their decoders.
struct Decoding: Sendable {
  let models: ModelLibrary
  let limits: ResourceLimits

  /// Reads a .vz file when its turn has come. A file larger than the memory limit is refused unread.
  func open(_ job: BatchJob, _ turn: BatchTurn) throws(CommandFailure) -> (InputFile, ImageDecoder) {
    var threads = 1
    let input = try InputFile(
      path: job.input, limit: limits.memory,
      isPlausible: { VZFile.signature.starts(with: $0.prefix(VZFile.signature.count)) },
      beforeReading: { file in
        let header = header(of: file)
        let pixels = header?.computedPixels ?? 0
        threads = turn.threads(forPixels: pixels)
        let decoder = ImageDecoder(
          models: models, threads: threads, limits: VZFile.Limits(memory: limits.memory))
        let estimate = header.flatMap { header in try? decoder.memoryEstimate(header) } ?? 0
        turn.begin(pixels: pixels, memory: estimate + (file.announcedSize ?? 0))
      })
    if let refusal = FileKind(input.bytes.prefix(FileKind.signatureSize)).decompressRefusal {
      throw CommandFailure(input.name, refusal)
    }
    let decoder = ImageDecoder(
      models: models, threads: threads,
      limits: VZFile.Limits(
        pixels: limits.pixels, chunkBytes: limits.metadata,
        memory: max(0, limits.memory - input.bytes.count)))
    return (input, decoder)
  }

  /// The header of a regular file; nil if it has none.
  func header(of file: InputDescriptor) -> VZHeader? {
    var reader = ByteReader(file.peek(VZHeader.size))
    return try? VZHeader.parse(&reader).header
  }
}

extension Damage {
  /// A line for each problem.
  fileprivate var lines: [String] {
    tiles.map { "replaced tile \($0.index) at \($0.region): \($0.reason)" }
      + (end.map { ["the pixels are not proved: \($0)"] } ?? [])
  }
}
