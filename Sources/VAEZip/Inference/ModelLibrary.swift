import VAEZipModel

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The models that a decoder may choose from: those at hand, the built-in ones, and the files of some folders.
///
/// A .vz file names its model by id. So the names of model files do not matter. The models of earlier releases stay built
/// in, and any other can serve from a folder for ever. An id alone proves little: whoever writes the file and the model
/// can choose both. Files with the id of a model that was built in once are compared with its SHA-256.
///
/// ```swift
/// let own = try Model(contentsOf: URL(filePath: "maps.model"))
/// let decoder = ImageDecoder(models: ModelLibrary([own]))
/// ```
public struct ModelLibrary: Sendable {
  private let models: [Model]
  private let folders: [String]
  private let includesBuiltIn: Bool

  /// A library.
  ///
  /// - Parameters:
  ///   - models: found first.
  ///   - folders: searched for `*.model` and `*.safetensors` when no other model has an id; a folder that
  ///     does not exist has none.
  ///   - includingBuiltIn: whether the built-in models are found.
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

  /// The model of an id.
  ///
  /// - Throws: `ModelError.unknownModel`, or why the file that has the id is no model: `ModelError.forgedID` if
  ///   it only pretends to be a published one.
  public func model(id: UInt64) throws(ModelError) -> Model { try model(id: id, memory: .max) }

  /// The model of an id.
  ///
  /// - Parameter memory: bytes that a model from the folders may take.
  /// - Throws: as `model(id:)`.
  package func model(id: UInt64, memory: Int) throws(ModelError) -> Model {
    if let model = models.first(where: { $0.id == id }) { return model }
    if includesBuiltIn, let builtIn = BuiltInModel.all.first(where: { $0.id == id }) {
      return try builtIn.model.value()
    }
    var failure = ModelError.unknownModel(id: id)
    for folder in folders {
      do {
        if let model = try ModelFolder(folder).model(id: id, memory: memory) { return model }
      } catch .forgedID(let id, let sha256) {
        failure = .forgedID(id: id, sha256: sha256)
      }
    }
    throw failure
  }
}
