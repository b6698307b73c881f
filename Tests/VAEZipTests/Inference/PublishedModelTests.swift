import Foundation
import TestSupport
import Testing
import VAEZip

/// A model's id can be forged; the content of a published model cannot.
@Suite struct PublishedModelTests {
  /// The ids in CModel are those of the files, which are whole, with all their numbers finite.
  @Test func allBuiltInModelsAreWhole() throws {
    #expect(try Model.builtIn() === BuiltInModel.all.first?.model.value())
    for builtIn in BuiltInModel.all {
      let name = ModelFile.name(ofID: builtIn.id)
      #expect(ModelFile.name(ofID: ModelFile.id(of: builtIn.file)) == name, "put the id into CModel/model.c")
      #expect(
        PublishedModels.contains(builtIn.id), "add \(name) to PublishedModels.swift, with its SHA-256")
      try PublishedModels.check(builtIn.file, id: builtIn.id)
      _ = try Model(contentsOf: builtIn.file.withUnsafeBytes { [UInt8]($0) })
      let model = try ModelLibrary().model(id: builtIn.id)
      #expect(try model.id == builtIn.id && model.preview.value() != nil)
    }
  }

  /// Files of the models that were built in stay readable; this list only grows.
  @Test(arguments: [UInt64(0x469d_beb0_c8d5_f15f), 0x1d49_5404_b69c_b42d])
  func staysBuiltIn(id: UInt64) { #expect(BuiltInModel.all.contains { $0.id == id }) }

  @Test func aForgeryIsRefused() throws {
    let id = try Model.builtIn().id
    let forged = try ForgedModel.bytes(id: id)
    #expect(ModelFile.id(of: forged) == id)
    // It is a whole model, but for its id.
    _ = try ModelFile(parsing: forged)
    let error = #expect(throws: ModelError.self) { _ = try Model(contentsOf: forged) }
    guard case .forgedID(id, _) = try #require(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains(ModelFile.name(ofID: id)) == true)
  }

  /// In a folder, a forgery does not hide the right file, whichever comes first.
  @Test func aForgeryInAFolder() throws {
    let folder = NSTemporaryDirectory() + "vaezip-models-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let id = try Model.builtIn().id
    let forged = URL(filePath: folder + "/a.model")
    try Data(ForgedModel.bytes(id: id)).write(to: forged)
    let library = ModelLibrary(folders: [folder], includingBuiltIn: false)
    #expect(throws: ModelError.self) { _ = try library.model(id: id) }
    // The built-in model comes before all folders.
    #expect(try ModelLibrary(folders: [folder]).model(id: id) === Model.builtIn())
    try Data(Model.builtInBytes()).write(to: URL(filePath: folder + "/b.model"))
    #expect(try library.model(id: id).network.name == Model.builtIn().network.name)
  }

  /// Another model may have any id.
  @Test func idsOfOthersAreNobodys() throws {
    let bytes = try ForgedModel.bytes(id: 7)
    #expect(try Model(contentsOf: bytes).id == 7)
  }
}
