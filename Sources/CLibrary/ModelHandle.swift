import CVAEZip
import VAEZip

/// A model (`vaezip_model`).
final class ModelHandle: Handle {
  let model: Model

  init(_ model: Model) { self.model = model }
}

@_cdecl("vaezip_model_load")
package func doorModelLoad(
  _ bytes: UnsafeRawPointer?, _ size: Int, _ error: ErrorPointer
) -> OpaquePointer? {
  guarded(error) { ModelHandle(try Model(contentsOf: copied(bytes, size))).handedOut() }
}

@_cdecl("vaezip_model_built_in")
package func doorModelBuiltIn(_ error: ErrorPointer) -> OpaquePointer? {
  guarded(error) { ModelHandle(try Model.builtIn()).handedOut() }
}

@_cdecl("vaezip_model_id")
package func doorModelID(_ model: OpaquePointer?) -> UInt64 {
  model.map { ModelHandle.of($0).model.id } ?? 0
}

@_cdecl("vaezip_model_free")
package func doorModelFree(_ model: OpaquePointer?) { ModelHandle.free(model) }
