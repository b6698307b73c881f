import VAEZip

/// Models that commands name.
enum Models {
  /// The model in a file.
  ///
  /// - Parameter memory: bytes that it may take.
  static func load(_ path: String, memory: Int) throws(CommandFailure) -> Model {
    let file = try InputFile(path: path, limit: min(ModelFile.Limits.fileSize, memory / 5 * 2))
    return try CommandFailure.naming(file.name) { try Model(contentsOf: file.bytes) }
  }

  /// Models by id: the named ones, the built-in one, those in the standard folders.
  static func library(_ named: [Model]) -> ModelLibrary {
    ModelLibrary(named, folders: ModelLibrary.standardFolders())
  }
}
