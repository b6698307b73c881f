import VAEZipModel
import VAEZipSupport

/// A value that is made at its first use, once for all threads.
package final class Lazy<Value: Sendable>: Sendable {
  private let result = Guarded<Result<Value, ModelError>?>(nil)
  private let make: @Sendable () throws(ModelError) -> Value

  package init(_ make: @escaping @Sendable () throws(ModelError) -> Value) { self.make = make }

  /// - Throws: what making the value threw, every time.
  package func value() throws(ModelError) -> Value {
    let result = result.withLock { result in
      if let result { return result }
      let made: Result<Value, ModelError>
      do throws(ModelError) {
        made = .success(try make())
      } catch {
        made = .failure(error)
      }
      result = made
      return made
    }
    return try result.get()
  }
}
