import ArgumentParser
import Foundation
import VAEZip

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Works on many files with one pool of threads, and reports in the order of the files.
///
/// Small pictures get a thread each, so that several are in work at a time; large ones get all. The
/// jobs' estimates of memory together stay below the limit for one.
struct BatchRun: Sendable {
  let plan: BatchPlan
  /// 0 takes all cores.
  let threads: Int
  /// Bytes of all jobs together.
  let memory: Int
  /// What was done to a file: "compressed".
  let verb: String
  let printsJSON: Bool
  let isQuiet: Bool

  /// Runs all jobs. One that fails does not stop the others.
  ///
  /// - Parameter work: does a job, and says in its report what came of it.
  /// - Throws: `ExitCode` 1 if one failed, its message has been printed; otherwise 3 if one is damaged.
  func callAsFunction(
    _ work: @escaping @Sendable (BatchJob, BatchTurn, inout JobReport) throws -> Void
  ) throws {
    let threads = Threads(threads).count
    let gate = BatchGate(
      threads: threads, memory: max(0, memory - BatchTurn.sharedMemory))
    let desk = BatchDesk(self)
    let count = plan.jobs.count
    Threads(min(threads, Self.mostFiles)).forEach(count) { number in
      let job = plan.jobs[number]
      var report = JobReport(job)
      if !desk.hasStopped {
        let turn = BatchTurn(job: number, remaining: count - number, threads: threads, gate: gate)
        do {
          try work(job, turn, &report)
        } catch {
          report.fail(error as? CommandFailure ?? CommandFailure(job.input, "\(error)"))
        }
      }
      gate.leave(number)
      desk.put(report, number)
    }
    try desk.finish()
  }

  /// Files that may be open at a time: each job has a few.
  private static var mostFiles: Int {
    var limit = rlimit()
    #if canImport(Glibc)
    let status = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #else
    let status = getrlimit(RLIMIT_NOFILE, &limit)
    #endif
    guard status == 0 else { return 64 }
    return max(1, (Int(clamping: limit.rlim_cur) - 16) / 6)
  }
}

/// Collects reports and prints them in the order of the jobs, with the progress in a terminal's last line.
private final class BatchDesk: @unchecked Sendable {
  private let run: BatchRun
  private let total: Int
  private let plannedBytes: Int
  // It guards all that follows.
  private let lock = NSLock()
  private var waiting: [Int: JobReport] = [:]
  private var next = 0
  private var totals = BatchTotals()
  private var line: StatusLine
  private var stopped = false
  /// Why standard output could not be written.
  private var failure: (any Error)?

  init(_ run: BatchRun) {
    self.run = run
    total = run.plan.jobs.count
    plannedBytes = run.plan.jobs.reduce(0) { $0 + ($1.isDone ? 0 : $1.size) }
    line = StatusLine(isShown: run.plan.isBatch && total > 1 && !run.isQuiet)
  }

  /// Whether reports cannot be printed any more, so that the rest of the work is given up.
  var hasStopped: Bool { lock.withLock { stopped } }

  func put(_ report: JobReport, _ job: Int) {
    lock.withLock {
      totals.add(report, planned: run.plan.jobs[job].size)
      waiting[job] = report
      while let report = waiting.removeValue(forKey: next) {
        next += 1
        if !stopped { print(report) }
      }
      line.show(progress, isLast: totals.done == total)
    }
  }

  private func print(_ report: JobReport) {
    let lines = report.lines.filter { $0.isNotice || !run.isQuiet && !run.printsJSON }
    if !lines.isEmpty || run.printsJSON { line.clear() }
    for (text, isNotice) in lines {
      if isNotice { Messages.failure(text) } else { Messages.line(text) }
    }
    guard run.printsJSON else { return }
    do {
      try Messages.output(try report.json())
    } catch {
      failure = error
      stopped = true
    }
  }

  private var progress: String {
    var parts = ["\(totals.done)/\(total)"]
    if totals.inputBytes > 0 {
      parts.append(BatchTotals.size(totals.inputBytes))
      if let saved = totals.saved { parts.append(saved) }
      parts.append(BatchTotals.size(Int(totals.rate)) + "/s")
    }
    if totals.plannedBytes > 0, totals.plannedBytes < plannedBytes {
      let rest = Double(plannedBytes - totals.plannedBytes) / Double(totals.plannedBytes)
      let seconds = Int((totals.elapsed / .seconds(1) * rest).rounded(.up))
      parts.append(String(format: "%d:%02d left", seconds / 60, seconds % 60))
    }
    return parts.joined(separator: ", ")
  }

  /// Prints the summary.
  func finish() throws {
    line.clear()
    if let failure { throw failure }
    if run.plan.isBatch, !run.isQuiet {
      Messages.line(totals.summary(run.verb, others: run.plan.otherFiles))
    }
    if totals.failed > 0 || run.plan.hasFailed { throw ExitCode(1) }
    if totals.damaged > 0 { throw ExitCode(3) }
  }
}

/// A terminal's last line, on standard error, which is written again and again. Without a terminal it shows
/// nothing.
private struct StatusLine {
  private let isShown: Bool
  private var last: ContinuousClock.Instant?

  private static let pause = Duration.milliseconds(100)

  init(isShown: Bool) { self.isShown = isShown && isatty(STDERR_FILENO) == 1 }

  mutating func show(_ text: String, isLast: Bool) {
    guard isShown, !isLast else { return clear() }
    let now = ContinuousClock.now
    if let last, now - last < Self.pause { return }
    last = now
    Messages.raw("\r\u{1b}[2K" + String(text.prefix(ProgressBar.terminalColumns - 1)))
  }

  /// Removes the line, so that others can be printed.
  mutating func clear() {
    guard isShown, last != nil else { return }
    Messages.raw("\r\u{1b}[2K")
    last = nil
  }
}
