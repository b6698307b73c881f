import Foundation
import Testing
import VAETrain
import VAEZip

@Suite("Network files")
struct NetworkFileTests {
  private func network(_ json: String) throws -> NetworkDescription {
    let path = NSTemporaryDirectory() + "vaezip-network-" + UUID().uuidString + ".json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(json.utf8).write(to: URL(fileURLWithPath: path))
    return try NetworkDescription(jsonFile: path, base: .standard)
  }

  @Test("A file changes what it names, and leaves the rest")
  func changes() throws {
    var expected = NetworkDescription.standard
    expected.transformWidth = 256
    expected.synthesisBlocks = 7
    expected.lambdas = [0.001, 0.01]
    #expect(
      try network(#"{"transformWidth": 256, "synthesisBlocks": 7, "lambdas": [0.001, 0.01]}"#)
        == expected)
    #expect(try network("{}") == .standard)
  }

  @Test(
    "A file that describes no network is refused in one line",
    arguments: [
      "", "[]", "7", "{", #"{"transformWidth": 100}"#, #"{"transformWidth": "wide"}"#,
      #"{"transformWidth": 1e30}"#, #"{"transformWidth": 192.5}"#, #"{"width\n": 192}"#,
      #"{"synthesisBlocks": -1}"#, #"{"synthesisBlocks": 65}"#, #"{"lambdas": [1]}"#,
      #"{"lambdas": [2, 1]}"#, #"{"lambdas": null}"#, #"{"lambdas": 3}"#,
    ])
  func refuses(json: String) throws {
    let error = #expect(throws: TrainError.self) { _ = try network(json) }
    #expect(error?.description.contains("\n") == false)
  }

  @Test("A file that is missing, or no file, is refused")
  func missing() {
    for path in ["/none/network.json", "/", "/dev/zero"] {
      #expect(throws: TrainError.self) {
        _ = try NetworkDescription(jsonFile: path, base: .standard)
      }
    }
  }
}
