import VAEZip

/// Models that commands name.
enum Models {
  /// The model in a file.
  static func load(_ path: String) throws(CommandFailure) -> Model {
    let file = try InputFile(path: path, limit: ModelFile.Limits.fileSize)
    return try CommandFailure.naming(file.name) { try Model(contentsOf: file.bytes) }
  }

  /// What a file's id is looked up in: the named models, the built-in one, the usual folders.
  static func library(_ named: [Model]) -> ModelLibrary {
    ModelLibrary(named, folders: ModelLibrary.standardFolders())
  }
}
