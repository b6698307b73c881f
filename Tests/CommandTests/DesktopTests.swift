import Foundation
import TestSupport
import Testing

/// The command that Formats/vaezip-image.xml names, where it is installed.
@Suite struct DesktopTests {
  private static func isInstalled(_ program: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  /// xdg-mime refuses files whose name has no vendor's prefix.
  @Test(.enabled(if: ["update-mime-database", "xdg-mime"].allSatisfy { isInstalled($0) }))
  func mediaTypeInstalls() throws {
    let command = try Command()
    defer { command.remove() }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "xdg-mime", "install", "--mode", "user",
      Repository.root.appending(path: "Formats/vaezip-image.xml").path,
    ]
    process.environment = ProcessInfo.processInfo.environment.merging([
      "HOME": command.directory.path, "XDG_DATA_HOME": command.directory.appending(path: "share").path,
    ]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let globs = String(decoding: try command.read("share/mime/globs"), as: UTF8.self)
    #expect(globs.contains("image/x-vaezip:*.vz"))
  }
}
