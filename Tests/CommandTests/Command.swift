import Foundation

/// The program, run as users run it: as a process, in a directory of its own.
struct Command {
  /// Status and output of a run.
  struct Result {
    let status: Int32
    let output: [UInt8]
    let error: String

    var text: String { String(decoding: output, as: UTF8.self) }
    /// Lines on standard error.
    var errorLines: [Substring] { error.split(separator: "\n") }
  }

  /// A new directory, removed by `remove`.
  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(
      path: "vaezip-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: directory) }

  /// Whether the tests run under a sanitizer, as Tests/Sanitizers/run starts them. It takes address space, memory and
  /// files of its own, and writes lines of its own where there is no /proc.
  static let isSanitized = ["TSAN_OPTIONS", "ASAN_OPTIONS"].contains {
    ProcessInfo.processInfo.environment[$0] != nil
  }

  /// `vaezip`, beside the test bundle.
  static let executable: URL = {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
    let test = bundle ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return test.deletingLastPathComponent().appending(path: "vaezip")
  }()

  /// Runs the command to its end.
  func callAsFunction(
    _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Result {
    try run(arguments, input: input, environment: environment)
  }

  /// Runs the command to its end.
  func run(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Result {
    // Files rather than pipes: no amount of output can block the process.
    let streams = try ["in", "out", "err"].map { name in
      let url = FileManager.default.temporaryDirectory.appending(
        path: "vaezip-\(name)-\(UUID().uuidString)")
      try Data(name == "in" ? input : []).write(to: url)
      return url
    }
    defer { for url in streams { try? FileManager.default.removeItem(at: url) } }
    let process = makeProcess(arguments, environment: environment)
    process.standardInput = try FileHandle(forReadingFrom: streams[0])
    process.standardOutput = try FileHandle(forWritingTo: streams[1])
    process.standardError = try FileHandle(forWritingTo: streams[2])
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      output: Array(try Data(contentsOf: streams[1])),
      error: String(decoding: try Data(contentsOf: streams[2]), as: UTF8.self))
  }

  /// The process that `callAsFunction` runs, not yet started.
  func makeProcess(_ arguments: [String], environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    process.currentDirectoryURL = directory
    var variables = ProcessInfo.processInfo.environment
    variables["VAEZIP_ISA"] = nil
    process.environment = variables.merging(environment) { $1 }
    return process
  }

  #if os(Linux)
  /// Runs the program.
  ///
  /// The kernel's own record after the end (`ru_maxrss`) includes the memory of the process that started the
  /// program, here the tests. `VmHWM` begins anew with the program, and never falls: its last reading before the
  /// end is the peak of all but the last two milliseconds.
  ///
  /// - Returns: the exit status, and the largest resident memory in bytes.
  func peak(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (status: Int32, bytes: Int) {
    let process = makeProcess(arguments, environment: environment)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    var peak = 0
    while process.isRunning {
      let status =
        (try? Data(contentsOf: URL(filePath: "/proc/\(process.processIdentifier)/status")))
        .map { String(decoding: $0, as: UTF8.self) } ?? ""
      if let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
      {
        peak = max(peak, (Int(kibibytes) ?? 0) << 10)
      }
      usleep(2000)
    }
    process.waitUntilExit()
    return (process.terminationStatus, peak)
  }
  #endif

  // MARK: Files of the directory

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: directory.appending(path: name))
  }

  func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: directory.appending(path: name)))
  }

  /// All names, hidden ones too.
  func files() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: directory.path))
  }
}
