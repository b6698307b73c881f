#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Removes the inputs of finished outputs (`--rm`).
enum SourceRemoval {
  /// Removes an input, unless the path leads to another file by now or the file has changed since it was
  /// opened.
  ///
  /// - Parameter opened: what the input was when it was opened.
  static func remove(_ path: String, _ opened: FileAttributes?) throws(CommandFailure) {
    guard let opened else { throw CommandFailure(path, "is not a regular file; --rm keeps it") }
    guard let status = SystemCalls.status(path), FileAttributes(status).isUnchanged(since: opened) else {
      throw CommandFailure(path, "has changed since it was read; --rm keeps it")
    }
    guard SystemCalls.unlink(path) == 0 else {
      throw CommandFailure(path, "cannot remove: " + Messages.systemError(errno))
    }
  }

  /// Whether an output that exists was made of this input: it has its times then. For a run that was killed
  /// after it wrote the output and before it removed the input.
  static func isMade(_ output: String, of input: FileAttributes?) -> Bool {
    guard let input, let status = SystemCalls.status(output) else { return false }
    return FileAttributes(status).hasTime(of: input)
  }
}
