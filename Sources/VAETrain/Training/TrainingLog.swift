import Foundation

/// Reports a training run: a live line on a terminal, a line a minute elsewhere, and a CSV file.
package final class TrainingLog {
  private let isTerminal: Bool
  private let csv: FileHandle?
  private var csvIsEmpty = false
  private var sums: [(count: Int, rate: Double, psnr: Double)] = []
  private var (steps, loss, pixels) = (0, 0.0, 0)
  private var intervalStart = ContinuousClock.now
  private var lastLine = ContinuousClock.now
  private var lineIsOpen = false
  private var announcedWork = ""
  private var lastStep = 0
  private var lastMinutes = 0.0

  /// Steps left out because their gradient was not finite.
  var skippedSteps = 0

  /// - Parameter csvPath: appended to; its first line names the columns.
  /// - Throws: `TrainError.file` if the CSV file can't be written.
  package init(csvPath: String?) throws {
    isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
    guard let csvPath else {
      csv = nil
      return
    }
    if !FileManager.default.fileExists(atPath: csvPath) {
      guard FileManager.default.createFile(atPath: csvPath, contents: nil) else {
        throw TrainError.file(path: csvPath, reason: "can't be written")
      }
    }
    guard let handle = FileHandle(forWritingAtPath: csvPath) else {
      throw TrainError.file(path: csvPath, reason: "can't be written")
    }
    csvIsEmpty = handle.seekToEndOfFile() == 0
    csv = handle
  }

  /// - Parameter levels: quality levels of the network.
  func begin(levels: Int) {
    sums = Array(repeating: (0, 0, 0), count: levels)
    if csvIsEmpty {
      let columns = (0..<levels).map { "bpp\($0),psnr\($0)" }.joined(separator: ",")
      csv?.write(Data("kind,step,minutes,loss,mpixel_per_s,skipped,\(columns)\n".utf8))
      csvIsEmpty = false
    }
    intervalStart = .now
  }

  func note(_ text: String) { write(text, live: false) }

  func record(
    step: Int, minutes: Double, _ report: StepReport, positions: [Double], pixels: Int,
    progress: Double
  ) {
    steps += 1
    loss += report.loss
    self.pixels += pixels
    lastStep = step
    lastMinutes = minutes
    for (index, position) in positions.enumerated() {
      let level = min(sums.count - 1, Int(position.rounded()))
      sums[level].count += 1
      sums[level].rate += report.bitsPerPixel[index]
      sums[level].psnr += 10 * log10(255 * 255 / max(report.squaredError[index], 1e-6))
    }
    show(progress: progress)
  }

  /// The same for what a device has added up.
  func record(
    step: Int, minutes: Double, _ report: DeviceStep.Report, pixels: Int, progress: Double
  ) {
    steps += report.steps
    loss += report.loss * Double(report.steps)
    skippedSteps += report.skipped
    self.pixels += pixels
    lastStep = step
    lastMinutes = minutes
    for (index, level) in report.levels.enumerated() {
      sums[index].count += level.count
      sums[index].rate += level.bitsPerPixel
      sums[index].psnr += level.psnr
    }
    show(progress: progress)
  }

  private func show(progress: Double) {
    let now = ContinuousClock.now
    if isTerminal, now - lastLine > .seconds(1) {
      write(line(now, progress: progress), live: true)
      lastLine = now
    }
    if now - intervalStart > .seconds(60) { endInterval(now, progress: progress) }
  }

  private func line(_ now: ContinuousClock.Instant, progress: Double) -> String {
    String(
      format: "step %d  %.1f min  %.0f %%  %.2f Mpixel/s  loss %.4f", lastStep, lastMinutes,
      progress * 100, rate(now), loss / Double(max(steps, 1)))
      + (skippedSteps > 0 ? "  \(skippedSteps) steps skipped" : "")
  }

  private func rate(_ now: ContinuousClock.Instant) -> Double {
    let elapsed = (now - intervalStart).components
    return Double(pixels) * 1e-6
      / max(Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18, 1e-9)
  }

  private func endInterval(_ now: ContinuousClock.Instant, progress: Double) {
    guard steps > 0 else { return }
    let figures = sums.map { sum in
      sum.count == 0 ? nil : (sum.rate / Double(sum.count), sum.psnr / Double(sum.count))
    }
    write(
      line(now, progress: progress) + "  |"
        + figures.map { $0.map { String(format: " %.2f/%.1f", $0.0, $0.1) } ?? " -" }.joined(),
      live: false)
    let columns = figures.map { $0.map { String(format: "%.4f,%.3f", $0.0, $0.1) } ?? "," }
    csvLine("train", loss / Double(steps), rate(now), columns)
    sums = Array(repeating: (0, 0, 0), count: sums.count)
    (steps, loss, pixels) = (0, 0, 0)
    intervalStart = now
  }

  /// Shows how far the work after the training is: on a terminal; elsewhere, once for each kind of work.
  ///
  /// - Parameter done: 0…1.
  func progress(_ work: String, _ done: Double) {
    let now = ContinuousClock.now
    if isTerminal, now - lastLine > .milliseconds(200) {
      write(String(format: "%@: %.0f %%", work, done * 100), live: true)
      lastLine = now
    } else if !isTerminal, work != announcedWork {
      note(work)
    }
    announcedWork = work
  }

  /// Ends the line of `progress`.
  func endProgress() {
    if lineIsOpen { write("the model is ready", live: false) }
    announcedWork = ""
  }

  func finish() { endInterval(ContinuousClock.now, progress: 1) }

  func validation(step: Int, _ figures: [ValidationSet.Figures]) {
    let text = figures.map {
      String(format: "%.3f/%.2f/%.1f", $0.bitsPerPixel, $0.psnr, $0.ssimulacra2)
    }
    note(
      "step \(step)  validation, bits per pixel / dB / SSIMULACRA2 by level: "
        + text.joined(separator: "  "))
    csvLine(
      "validation", nil, nil, figures.map { String(format: "%.4f,%.3f", $0.bitsPerPixel, $0.psnr) })
  }

  /// - Parameter percent: the change of rate at equal quality since the model that the run began with.
  func comparison(metric: String, percent: Double) {
    let text = String(format: "%+.2f %% rate at equal %@ (BD-rate)", percent, metric)
    note("against --from: \(text)\(percent > 0 ? ": worse than the model it began with" : "")")
  }

  func integers(percent: Double) {
    note(String(format: "integers instead of floats: %+.2f %% rate at equal PSNR (BD-rate)", percent))
  }

  private func csvLine(_ kind: String, _ loss: Double?, _ rate: Double?, _ columns: [String]) {
    let head = String(format: "%@,%d,%.2f", kind, lastStep, lastMinutes)
    let figures = [loss, rate].map { $0.map { String(format: "%.5f", $0) } ?? "" }
    let line = ([head] + figures + ["\(skippedSteps)"] + columns).joined(separator: ",")
    csv?.write(Data((line + "\n").utf8))
  }

  private func write(_ text: String, live: Bool) {
    let start = lineIsOpen ? "\r\u{1B}[K" : ""
    FileHandle.standardError.write(Data((start + text + (live ? "" : "\n")).utf8))
    lineIsOpen = live
  }
}
