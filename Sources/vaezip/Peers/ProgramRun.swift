import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A program's run, from its start to its end.
struct ProgramRun {
  /// Wall time.
  let seconds: Double
  /// Most resident memory, as the system said it last, at most a millisecond before the end; nil where it says
  /// nothing (all but Linux), and for shorter runs.
  let peakBytes: Int?
  /// The first line that the program wrote to standard output or error.
  let firstLine: String

  /// Seconds after which a program is ended.
  static let limit = 600.0

  /// Why a program gave no result, in words.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a program to its end. Its output goes to a file in `folder`.
  ///
  /// - Throws: `Failure`: it cannot be started, ended with another status than 0, or was too slow.
  init(_ command: [String], folder: String, ignoresStatus: Bool = false) throws(Failure) {
    let log = folder + "/log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    guard let path = Self.path(of: command[0]) else {
      throw Failure(description: "\(command[0]) is not installed")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = Array(command.dropFirst())
    let output = FileHandle(forWritingAtPath: log)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    let start = ContinuousClock.now
    do {
      try process.run()
    } catch {
      throw Failure(description: "\(command[0]) cannot be started: \(error.localizedDescription)")
    }
    var peak: Int?
    while process.isRunning {
      peak = Self.peakBytes(of: process.processIdentifier) ?? peak
      if ContinuousClock.now - start > .seconds(Self.limit) {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        throw Failure(
          description: "\(command[0]) was ended after \(Int(Self.limit)) seconds")
      }
      usleep(1000)
    }
    seconds = (ContinuousClock.now - start) / .seconds(1)
    peakBytes = peak
    let lines = Self.beginning(of: log).split(whereSeparator: \.isNewline)
    firstLine = lines.first.map(String.init) ?? ""
    let status = process.terminationStatus
    guard ignoresStatus || (process.terminationReason == .exit && status == 0) else {
      let end = process.terminationReason == .exit ? "ended with status" : "was ended by signal"
      let said = lines.last.map { ": " + String($0.prefix(200)) } ?? ""
      throw Failure(description: "\(command.joined(separator: " ")) \(end) \(status)\(said)")
    }
  }

  private static func beginning(of path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path), let data = try? file.read(upToCount: 1 << 16)
    else { return "" }
    return String(decoding: data, as: UTF8.self)
  }

  /// The line VmHWM of Linux's process status.
  private static func peakBytes(of process: Int32) -> Int? {
    guard let status = FileManager.default.contents(atPath: "/proc/\(process)/status") else {
      return nil
    }
    for line in String(decoding: status, as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("VmHWM:") {
      return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }

  /// The file that a name stands for; nil if there is none.
  static func path(of program: String) -> String? {
    guard !program.contains("/") else { return program }
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return folders.split(separator: ":").map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
