/// The reason why a command failed. It is printed on standard error as one line, before the command
/// exits with status 1.
struct CommandFailure: Error, CustomStringConvertible {
  /// The file or setting that caused it.
  let subject: String
  /// What is wrong with it.
  let cause: String

  init(_ subject: String, _ cause: String) {
    self.subject = subject
    self.cause = cause
  }

  var description: String { "\(subject): \(cause)" }

  /// Runs `body` and puts the file's name before its error.
  static func naming<T>(
    _ subject: String, _ body: () throws -> T
  ) throws(CommandFailure) -> T {
    do {
      return try body()
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(subject, "\(error)")
    }
  }
}
