import VAEZipModel
import VAEZipSupport

#if BuiltInModel
import CModel
#endif

extension Model {
  /// The model that this library encodes with where no other is named. It is read once; later calls return
  /// the same one.
  ///
  /// A package that brings its own models leaves the weights out by turning the trait `BuiltInModel`
  /// off: `.package(url: …, from: …, traits: [])`.
  ///
  /// - Throws: `ModelError.noBuiltInModel` if there is none.
  public static func builtIn() throws(ModelError) -> Model { try standardBuiltIn().model.value() }

  /// The file of the built-in model.
  ///
  /// - Throws: as `builtIn()`.
  public static func builtInBytes() throws(ModelError) -> [UInt8] {
    try standardBuiltIn().file.withUnsafeBytes { [UInt8]($0) }
  }

  private static func standardBuiltIn() throws(ModelError) -> BuiltInModel {
    guard let first = BuiltInModel.all.first else { throw .noBuiltInModel }
    return first
  }
}

/// A model inside the program.
package struct BuiltInModel: Sendable {
  /// The built-in models: the one that encodes, then those whose files stay readable.
  package static let all: [BuiltInModel] = {
    #if BuiltInModel
    return UnsafeBufferPointer(start: vz_built_in(), count: vz_built_in_count).map { entry in
      let preview = entry.preview.map {
        ModelBytes(constant: UnsafeRawBufferPointer(start: $0, count: entry.preview_size))
      }
      return BuiltInModel(
        id: entry.id,
        file: ModelBytes(constant: UnsafeRawBufferPointer(start: entry.file, count: entry.file_size)),
        preview: preview)
    }
    #else
    return []
    #endif
  }()

  /// The model's id, known without reading its weights.
  package let id: UInt64
  /// The model file.
  package let file: ModelBytes
  /// The model, read at its first use.
  package let model: Lazy<Model>

  /// - Parameter preview: the file of the model's preview table, if it was fitted after the model was published.
  private init(id: UInt64, file: ModelBytes, preview: ModelBytes?) {
    (self.id, self.file) = (id, file)
    model = Lazy { () throws(ModelError) in
      // A test checks that its numbers are finite, so that not every process has to.
      try Model(file, isKnown: true, preview: preview, kernels: Model.selectedKernels())
    }
  }
}
