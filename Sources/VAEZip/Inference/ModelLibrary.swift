import VAEZipModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The models that a decoder may choose from: those at hand, the built-in one, and the files of some
/// folders. A .vz file names its model by id, so what a file is called does not matter, and a model
/// that was built in once serves from a folder for ever.
public struct ModelLibrary: Sendable {
  private let models: [Model]
  private let folders: [String]
  private let includesBuiltIn: Bool

  /// - Parameter folders: searched for `*.model` and `*.safetensors` when nothing else has an id;
  ///   one that is not there has no models.
  public init(
    _ models: [Model] = [], folders: [String] = [], includingBuiltIn: Bool = true
  ) {
    self.models = models
    self.folders = folders
    includesBuiltIn = includingBuiltIn
  }

  /// Where users and systems keep models: the folders of `VAEZIP_MODELS`, separated by colons, or,
  /// without it, `vaezip/models` in the user's and the system's data folders (XDG Base Directory
  /// Specification).
  public static func standardFolders(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let named = value("VAEZIP_MODELS") { return named.split(separator: ":").map(String.init) }
    let user = value("XDG_DATA_HOME") ?? value("HOME").map { $0 + "/.local/share" }
    let system = value("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share"
    return ((user.map { [$0] } ?? []) + system.split(separator: ":").map(String.init))
      .map { $0 + "/vaezip/models" }
  }

  /// - Throws: `ModelError.unknownModel`, or why the file that has the id is no model.
  public func model(id: UInt64) throws(ModelError) -> Model {
    if let model = models.first(where: { $0.id == id }) { return model }
    if includesBuiltIn {
      do {
        let model = try Model.builtIn()
        if model.id == id { return model }
      } catch .noBuiltInModel {
      }
    }
    if let bytes = file(id: id) { return try Model(contentsOf: bytes) }
    throw .unknownModel(id: id)
  }

  /// The model file of that id in the folders. Linear in their models' bytes.
  private func file(id: UInt64) -> [UInt8]? {
    for folder in folders {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for name in names.sorted() where name.hasSuffix(".model") || name.hasSuffix(".safetensors") {
        let path = folder + "/" + name
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        guard let size, size <= ModelFile.Limits.fileSize,
          let bytes = FileManager.default.contents(atPath: path).map(Array.init),
          ModelFile.id(of: bytes) == id
        else { continue }
        return bytes
      }
    }
    return nil
  }
}
