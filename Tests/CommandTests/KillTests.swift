import Foundation
import TestSupport
import Testing
import VAEZip

/// Whenever a process is killed, its output is a whole file or what was there before. `Tests/Damage/run` does
/// more rounds.
@Suite("killed at any moment", .serialized)
struct KillTests {
  private static let rounds =
    ProcessInfo.processInfo.environment["VAEZIP_KILLS"].flatMap { Int($0) } ?? 12
  private static let signals = [SIGKILL, SIGINT, SIGKILL, SIGTERM, SIGKILL, SIGHUP]
  private static let old: [UInt8] = Array("what was there before".utf8)

  private struct Job {
    let command: String
    let input: String
    let output: String
    /// The complete output.
    let expected: [UInt8]
    /// Seconds that a run takes if nothing kills it.
    let duration: Double
  }

  private func job(
    _ vaezip: Command, _ command: String, _ input: String, _ output: String
  ) throws
    -> Job
  {
    // The fastest of three runs: after a slow one, most kills would come too late.
    var duration = Double.infinity
    for _ in 0..<3 {
      let start = Date()
      let process = process(vaezip, command, input, output, overwrites: true)
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
      duration = min(duration, -start.timeIntervalSinceNow)
    }
    return Job(
      command: command, input: input, output: output, expected: try vaezip.read(output),
      duration: duration)
  }

  /// One thread and no vector instructions, so that there is time for a kill.
  private func process(
    _ vaezip: Command, _ command: String, _ input: String, _ output: String, overwrites: Bool
  ) -> Process {
    vaezip.makeProcess(
      [command, "--quiet", "-T1", "--model", "model", input, "-o", output]
        + (overwrites ? ["-f"] : []),
      environment: ["VAEZIP_ISA": "scalar"])
  }

  @Test("nothing half-written stays")
  func outputsAreWholeOrNotThere() throws {
    let vaezip = try Command()
    defer { vaezip.remove() }
    try vaezip.write(RandomModel.bytes(), to: "model")
    try vaezip.write(PNG.write(TestImage.make(900, 700)), to: "in.png")
    let jobs = [
      try job(vaezip, "compress", "in.png", "out.vz"),
      try job(vaezip, "decompress", "out.vz", "out.png"),
    ]
    try vaezip.write(jobs[0].expected, to: "in.vz")
    let inputs = ["in.png", "in.vz"]
    let before = try vaezip.files().subtracting(["out.vz", "out.png"])
    var outcomes = ["killed": 0, "ended before": 0, "whole": 0, "hidden files": 0]
    var random = SplitMix64(99)
    // Some kills come after the process has ended: they do not count.
    for round in 0..<5 * Self.rounds where outcomes["killed", default: 0] < Self.rounds {
      let job = jobs[round % 2]
      let signal = Self.signals[round % Self.signals.count]
      let overwrites = round / 2 % 2 == 1
      for name in ["out.vz", "out.png"] {
        try? FileManager.default.removeItem(at: vaezip.directory.appending(path: name))
      }
      if overwrites { try vaezip.write(Self.old, to: job.output) }

      let process = process(
        vaezip, job.command, inputs[round % 2], job.output, overwrites: overwrites)
      try process.run()
      usleep(UInt32(Double.random(in: 0..<1.05 * job.duration * 1e6, using: &random)))
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      let wasKilled = process.terminationReason == .uncaughtSignal
      if wasKilled {
        #expect(process.terminationStatus == signal)
      } else {
        #expect(process.terminationStatus == 0)
      }
      outcomes[wasKilled ? "killed" : "ended before", default: 0] += 1

      let left = try vaezip.files().subtracting(before)
      let found = left.contains(job.output) ? try vaezip.read(job.output) : nil
      let isWhole = found == job.expected
      #expect(isWhole || (wasKilled && found == (overwrites ? Self.old : nil)))
      if isWhole { outcomes["whole", default: 0] += 1 }
      // A process that replaces a file may leave a hidden one if it is killed between link and rename. Other
      // signals give it time to clean up.
      let hidden = left.subtracting([job.output])
      #expect(hidden.allSatisfy { $0.hasPrefix(".vaezip-") })
      #expect(hidden.isEmpty || (signal == SIGKILL && overwrites))
      outcomes["hidden files", default: 0] += hidden.count
      for name in hidden {
        try FileManager.default.removeItem(at: vaezip.directory.appending(path: name))
      }
    }
    #expect(outcomes["killed", default: 0] == Self.rounds)
    if Self.rounds > 100 { print("\(Self.rounds) kills:", outcomes) }
  }
}
