import Foundation
import TestSupport
import VAEZip

extension Command {
  /// A directory with a model, a picture and its .vz file: model, good.png, good.vz.
  static func withFiles() throws -> Command {
    let vaezip = try Command()
    try vaezip.write(RandomModel.bytes(), to: "model")
    try vaezip.write(PNG.write(TestImage.make(24, 24)), to: "good.png")
    _ = try vaezip("compress", "--model", "model", "good.png", "-o", "good.vz")
    return vaezip
  }

  /// Runs a shell's script in the directory; `$V` is the program. What it does is killed after
  /// `seconds`: status 124 says so.
  func shell(_ script: String, seconds: Int = 60) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "vaezip-shell-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (output, error) = (folder.appending(path: "out"), folder.appending(path: "err"))
    for url in [output, error] { try Data().write(to: url) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["-k", "5", "\(seconds)", "/bin/bash", "-c", script]
    process.currentDirectoryURL = directory
    var variables = ProcessInfo.processInfo.environment
    variables["VAEZIP_ISA"] = nil
    variables["V"] = Self.executable.path
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: error)
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      output: Array(try Data(contentsOf: output)),
      error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
  }

  /// Whether a script succeeds on this machine: for tests that need a program or a right.
  static func can(_ script: String) -> Bool {
    guard let vaezip = try? Command() else { return false }
    defer { vaezip.remove() }
    return (try? vaezip.shell(script))?.status == 0
  }
}
