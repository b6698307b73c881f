import VAEZip

/// Models that commands name.
enum Models {
  /// The model in a file.
  static func load(_ path: String) throws(CommandFailure) -> Model {
    let file = try InputFile(path: path, limit: ModelFile.Limits.fileSize)
    return try CommandFailure.naming(file.name) { try Model(contentsOf: file.bytes) }
  }
}
