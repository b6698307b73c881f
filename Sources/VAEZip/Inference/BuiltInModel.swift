import VAEZipModel
import VAEZipSupport

#if BuiltInModel
import CModel
#endif

extension Model {
  /// The model that this library was built with. It is read once; later calls return the same one.
  ///
  /// A package that brings its own models leaves the weights out by turning the trait `BuiltInModel`
  /// off: `.package(url: …, from: …, traits: [])`.
  ///
  /// - Throws: `ModelError.noBuiltInModel` if there is none.
  public static func builtIn() throws(ModelError) -> Model { try builtInResult.get() }

  /// The file of the built-in model.
  ///
  /// - Throws: as `builtIn()`.
  public static func builtInBytes() throws(ModelError) -> [UInt8] {
    try builtInFile().withUnsafeBytes { [UInt8]($0) }
  }

  private static let builtInResult: Result<Model, ModelError> = {
    do throws(ModelError) {
      let file = try builtInFile()
      // A test checks that its numbers are finite, so that not every process has to.
      return .success(
        try Model(file, isKnown: true, preview: builtInPreview(), kernels: selectedKernels()))
    } catch {
      return .failure(error)
    }
  }()

  private static func builtInFile() throws(ModelError) -> ModelBytes {
    #if BuiltInModel
    return ModelBytes(
      constant: UnsafeRawBufferPointer(start: vz_model_photo_bytes(), count: vz_model_photo_size))
    #else
    throw .noBuiltInModel
    #endif
  }

  /// The file of the built-in model's preview table, which was fitted after the model was published.
  private static func builtInPreview() -> ModelBytes? {
    #if BuiltInModel
    return ModelBytes(
      constant: UnsafeRawBufferPointer(
        start: vz_model_photo_preview_bytes(), count: vz_model_photo_preview_size))
    #else
    return nil
    #endif
  }
}
