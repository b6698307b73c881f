import Foundation
import VAEZip

/// What `compress` does with each file.
struct Compression: Sendable {
  let model: Model
  let options: EncoderOptions
  /// In place of the options' quality.
  let target: EncodingTarget?
  let limits: ResourceLimits
  let keepsMetadata: Bool
  let overwrites: Bool
  let isVerbose: Bool
  let removesInputs: Bool
  /// Files that stay as they are.
  let kept: KeptFiles

  func callAsFunction(_ job: BatchJob, _ turn: BatchTurn, _ report: inout JobReport) throws {
    guard let path = job.output else { return }
    let input = try InputDescriptor(path: job.input)
    if job.isDone {
      report.status = .skipped
      if removesInputs { try removeAfterAll(input, job, path, turn, &report) }
      return
    }
    try job.makeFolder()
    let output = try OutputFile(
      path: path, overwrite: overwrites, source: input.attributes, kept: kept)
    guard !removesInputs || !output.isDirect else {
      throw CommandFailure(output.name, "is not a regular file; --rm needs an output that stays")
    }
    try CommandFailure.naming(input.name) { () throws in
      let start = ContinuousClock.now
      let picture = try source(input)
      let encoder = try admit(picture, turn)
      let encoded = try encode(picture, encoder, &report)
      report.notices += picture.notices
      if encoded.bytes.count > input.bytesRead {
        report.notices.append(growth(encoded.bytes.count, picture.kind, input.bytesRead))
      }
      let time = ContinuousClock.now - start
      try output.write(encoded.bytes)
      if removesInputs {
        try check(
          try output.writtenBytes(), output.name, picture.width, picture.height, encoder.options.threads)
      }
      try output.commit(source: input.attributes)
      describe(encoded, picture, input, output, time, &report)
    }
    if removesInputs {
      try SourceRemoval.remove(job.input, input.attributes)
      report.removed = true
    }
  }

  /// The picture in a file. Nothing of its size is allocated yet.
  private func source(_ input: InputDescriptor) throws -> ImageFile.Reader {
    var png = PNG.Limits.default
    png.pixels = limits.pixels
    png.metadataBytes = min(limits.metadata, limits.memory / 8)
    do throws(ImageFileError) {
      return try ImageFile.Reader(
        limits: png, size: input.announcedSize, keepsMetadata: keepsMetadata,
        keepsColorDepth: options.isLossless
      ) { buffer throws(ImageFileError) in
        do throws(CommandFailure) {
          return try input.read(into: buffer)
        } catch {
          throw .notRead(error.cause)
        }
      }
    } catch {
      guard case .unknownKind = error, let refusal = FileKind(input.beginning).compressRefusal else {
        throw error
      }
      throw CommandFailure(input.name, refusal)
    }
  }

  private func encode(
    _ picture: ImageFile.Reader, _ encoder: ImageEncoder, _ report: inout JobReport
  ) throws -> EncodedImage {
    guard let target else { return try encoder.encode(from: picture, measuresError: isVerbose) }
    let found = try encoder.encode(Image(reading: picture), target: target)
    report.qualityLevel = Double(found.qualityPosition) / 256
    report.encodings = found.encodings
    if case .ssimulacra2 = target { report.ssimulacra2 = found.value }
    return found.encoded
  }

  /// Bytes that a search for a target needs besides those of an encoding.
  private func searchMemory(_ picture: ImageFile.Reader) -> Int {
    target?.searchMemory(
      width: picture.width, height: picture.height, format: picture.format, threads: options.threads) ?? 0
  }

  /// Compares a picture with the limits and waits for its turn.
  ///
  /// - Returns: an encoder with the threads that it may use.
  private func admit(_ picture: ImageFile.Reader, _ turn: BatchTurn) throws -> ImageEncoder {
    let pixels = VZHeader.computedPixels(width: picture.width, height: picture.height)
    guard pixels <= limits.pixels else {
      throw VZError.limitExceeded(
        "pixels, in whole cells of 16 × 16", limit: limits.pixels, found: pixels)
    }
    var options = options
    options.threads = turn.threads(forPixels: pixels)
    let encoder = try ImageEncoder(model: model, options: options)
    let needed =
      picture.memoryEstimate + searchMemory(picture)
      + (try encoder.memoryEstimate(
        width: picture.width, height: picture.height, format: picture.format,
        measuresError: isVerbose || target != nil))
    guard needed <= limits.memory else {
      throw VZError.limitExceeded("bytes of memory", limit: limits.memory, found: needed)
    }
    turn.begin(pixels: pixels, memory: needed)
    return encoder
  }

  private func describe(
    _ encoded: EncodedImage, _ picture: ImageFile.Reader, _ input: InputDescriptor, _ output: OutputFile,
    _ time: Duration, _ report: inout JobReport
  ) {
    let (width, height) = (picture.width, picture.height)
    let rate = 8 * Double(encoded.bytes.count) / (Double(width) * Double(height))
    (report.width, report.height) = (width, height)
    (report.inputBytes, report.outputBytes) = (input.bytesRead, encoded.bytes.count)
    report.bitsPerPixel = rate
    report.seconds = time / .seconds(1)
    var summary =
      "\(input.name) → \(output.name): \(width) × \(height), "
      + "\(encoded.bytes.count) bytes, \(String(format: "%.4f", rate)) bits per pixel"
    if let error = encoded.meanSquaredError {
      let psnr = Metrics.psnr(meanSquaredError: error)
      report.psnr = psnr.isFinite ? psnr : nil
      summary += String(format: ", PSNR %.2f dB", psnr)
    }
    if let score = report.ssimulacra2 { summary += String(format: ", SSIMULACRA2 %.2f", score) }
    if let level = report.qualityLevel, let encodings = report.encodings {
      summary += String(format: ", quality level %.3f, %d encodings", level, encodings)
    }
    if isVerbose { summary += ", \(time.text)" }
    report.summary = summary
  }

  /// What to do about a file that is larger than the picture's file it was made of.
  private func growth(_ bytes: Int, _ kind: ImageFile.Kind, _ original: Int) -> String {
    "the .vz file has \(bytes) bytes, the \(kind.rawValue) \(original); "
      + (options.isLossless
        ? "a higher --effort may help, or keep the \(kind.rawValue)" : "a lower --quality makes it smaller")
  }

  // MARK: --rm

  /// Proves that a .vz file decodes, and that it has the input's size.
  private func check(
    _ bytes: [UInt8], _ name: String, _ width: Int, _ height: Int, _ threads: Int
  ) throws(CommandFailure) {
    try CommandFailure.naming(name) {
      let decoder = ImageDecoder(
        models: ModelLibrary([model]), threads: threads,
        limits: VZFile.Limits(pixels: limits.pixels, chunkBytes: limits.metadata, memory: limits.memory))
      try decoder.verify(bytes)
      let header = try VZFile(parsing: bytes, limits: decoder.limits).header
      guard (header.width, header.height) == (width, height) else {
        throw CommandFailure(
          name, "has \(header.width) × \(header.height) pixels, the input \(width) × \(height)")
      }
    }
  }

  /// Finishes what a killed run has left: the output is there, the input too.
  private func removeAfterAll(
    _ input: InputDescriptor, _ job: BatchJob, _ output: String, _ turn: BatchTurn, _ report: inout JobReport
  ) throws {
    guard SourceRemoval.isMade(output, of: input.attributes) else {
      report.notices.append("\(output) exists and has another time, so --rm keeps the input")
      return
    }
    try CommandFailure.naming(input.name) {
      let picture = try source(input)
      let encoder = try admit(picture, turn)
      let bytes = try InputFile(path: output, limit: limits.memory).bytes
      try check(bytes, output, picture.width, picture.height, encoder.options.threads)
      try SourceRemoval.remove(job.input, input.attributes)
    }
    report.removed = true
  }
}

/// What a job may need.
struct ResourceLimits: Sendable {
  let pixels: Int
  /// Bytes.
  let memory: Int
  /// Bytes.
  let metadata: Int
}
