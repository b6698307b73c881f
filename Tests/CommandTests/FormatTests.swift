import Foundation
import TestSupport
import Testing

/// Formats/vz.ksy, vz.magic and vaezip-image.xml, in the programs that they are made for, where these are installed.
@Suite struct FormatTests {
  private static let formats = Repository.root.appending(path: "Formats")

  /// Golden files.
  private static func files() throws -> [URL] {
    let folder = Repository.golden.appending(path: "Files")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return names.filter { $0.hasSuffix(".vz") }.map { folder.appending(path: $0) }
  }

  private static func isInstalled(_ program: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  private func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  /// The system's Python has the packages that apt installs. The script's status is 77 if one is missing.
  @Test(.enabled(if: isInstalled("python3")))
  func kaitaiStructReadsWhatVaezipReads() throws {
    let script = Repository.root.appending(path: "Tests/Formats/ksy.py")
    let files = try Self.files()
    let system = "/usr/bin/python3"
    let python = FileManager.default.isExecutableFile(atPath: system) ? system : "python3"
    let result = try run(
      [python, script.path, Command.executable.path] + files.map(\.path))
    #expect(result.status == 0 || result.status == 77, "\(result.output)")
    if result.status == 0 {
      #expect(result.output.split(separator: "\n").count == files.count)
    }
  }

  @Test(.enabled(if: isInstalled("file")))
  func magicNamesFiles() throws {
    let magic = Self.formats.appending(path: "vz.magic").path
    for file in try Self.files() {
      let type = try run(["file", "-b", "-m", magic, "--mime-type", file.path])
      #expect(type.output == "image/x-vaezip\n")
    }
    let tiles = Repository.root.appending(path: "Tests/Golden/Files/alpha.vz").path
    #expect(
      try run(["file", "-b", "-m", magic, tiles]).output
        == "vaezip image data, version 1, 70 x 66, RGB and alpha, 8 bits\n")
  }

  /// Without a desktop, xdg-mime asks mimetype (libfile-mimeinfo-perl); `file` would use its own magic.
  @Test(
    .enabled(
      if: ["update-mime-database", "xdg-mime", "mimetype"].allSatisfy { isInstalled($0) }))
  func desktopsKnowTheType() throws {
    let command = try Command()
    defer { command.remove() }
    let mime = command.directory.appending(path: "mime")
    let packages = mime.appending(path: "packages")
    let manager = FileManager.default
    try manager.createDirectory(at: packages, withIntermediateDirectories: true)
    try manager.copyItem(
      at: Self.formats.appending(path: "vaezip-image.xml"), to: packages.appending(path: "vaezip-image.xml"))
    #expect(try run(["update-mime-database", mime.path]).status == 0)
    // By its name, and by its content alone.
    let file = try #require(try Self.files().first)
    let nameless = command.directory.appending(path: "nameless")
    try manager.copyItem(at: file, to: nameless)
    let folder = command.directory.path
    for path in [file.path, nameless.path] {
      let type = try run(
        ["xdg-mime", "query", "filetype", path],
        environment: ["XDG_DATA_HOME": folder, "XDG_DATA_DIRS": folder])
      #expect(type.output == "image/x-vaezip\n", "\(path)")
    }
  }
}
