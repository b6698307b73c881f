import Foundation
import TestSupport
import Testing
import VAEZip

@Suite("Model library")
struct ModelLibraryTests {
  @Test("A model is found by its id in a folder, whatever it and its neighbors are called")
  func folder() throws {
    let folder = NSTemporaryDirectory() + "vaezip-models-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let bytes = try RandomModel.bytes(seed: 1)
    let other = try RandomModel.bytes(seed: 2)
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/z.model"))
    try Data(other).write(to: URL(fileURLWithPath: folder + "/a.safetensors"))
    try Data("no model".utf8).write(to: URL(fileURLWithPath: folder + "/b.model"))

    let library = ModelLibrary(folders: ["/none", folder], includingBuiltIn: false)
    for file in [bytes, other] {
      let id = ModelFile.id(of: file)
      #expect(try library.model(id: id).id == id)
    }
    #expect(throws: ModelError.unknownModel(id: 7)) { _ = try library.model(id: 7) }
    #expect(throws: ModelError.self) {
      _ = try ModelLibrary(includingBuiltIn: false).model(id: ModelFile.id(of: bytes))
    }
  }

  @Test("The usual folders follow the environment")
  func environment() {
    let folders = { ModelLibrary.standardFolders(environment: $0) }
    #expect(folders(["VAEZIP_MODELS": "/a:/b", "HOME": "/h"]) == ["/a", "/b"])
    #expect(
      folders(["HOME": "/h"]) == [
        "/h/.local/share/vaezip/models", "/usr/local/share/vaezip/models", "/usr/share/vaezip/models",
      ])
    #expect(
      folders(["XDG_DATA_HOME": "/d", "XDG_DATA_DIRS": "/s", "HOME": "/h"]) == [
        "/d/vaezip/models", "/s/vaezip/models",
      ])
    #expect(folders(["VAEZIP_MODELS": ""]).count == 2)
  }
}
