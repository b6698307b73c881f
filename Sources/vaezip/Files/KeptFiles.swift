import VAEZipSupport

/// Files that a command must not overwrite, not even with `-f`: its inputs, its model, and what it has
/// written itself.
///
/// Files are compared by what they are, not by their names, so that links do not hide them.
final class KeptFiles: Sendable {
  private let reasons = Guarded<[FileAttributes.Identity: String]>([:])

  /// - Parameter reason: why the file stays: "is the model".
  func add(_ path: String, _ reason: String) {
    guard path != "-", let status = SystemCalls.status(path) else { return }
    add(FileAttributes(status), reason)
  }

  func add(_ attributes: FileAttributes, _ reason: String) {
    reasons.withLock { if $0[attributes.identity] == nil { $0[attributes.identity] = reason } }
  }

  /// Why a file must stay; nil if it need not.
  func reason(for attributes: FileAttributes) -> String? {
    reasons.withLock { $0[attributes.identity] }
  }
}
