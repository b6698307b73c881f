#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Messages of a command, on standard error; standard output is for data alone.
enum Messages {
  /// Prints `vaezip: text` as one line, whatever file names have in them.
  static func failure(_ text: String) {
    line("vaezip: " + text)
  }

  /// Prints an error of the options, and the usage. Lines of `text` stay lines.
  ///
  /// - Parameter arguments: what `text` may quote.
  static func usage(_ text: String, arguments: [String]) {
    var text = text
    for argument in arguments {
      // An option's value is also quoted alone.
      let value = argument.split(separator: "=", maxSplits: 1).last.map(String.init) ?? argument
      for quoted in [argument, value] where printable(quoted) != quoted {
        text = text.replacing(quoted, with: printable(quoted))
      }
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { printable(String($0)) }.joined(separator: "\n")
    try? write(lines.hasSuffix("\n") ? lines : lines + "\n", to: STDERR_FILENO)
  }

  /// Prints one line.
  static func line(_ text: String) {
    try? write(printable(text) + "\n", to: STDERR_FILENO)
  }

  /// Prints text as it is: for what moves a terminal's cursor.
  static func raw(_ text: String) {
    try? write(text, to: STDERR_FILENO)
  }

  /// Text on one line: control characters, line ends, and what changes the direction of text or is
  /// invisible are shown as escapes (`\n`, `\u{202e}`), so that a file's name can neither forge a line
  /// nor steer the terminal. Bytes that are no UTF-8 (`PathText`) become `\xff`.
  static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars { result += escape(scalar) ?? String(scalar) }
    return result
  }

  /// How a scalar is shown that must not be printed as it is.
  private static func escape(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case _ where PathText.escapes ~= scalar.value:
      return "\\x" + String(scalar.value & 0xFF, radix: 16)
    default: break
    }
    switch scalar.properties.generalCategory {
    // Zero-width joiners, which some scripts and emoji are spelled with.
    case .format where 0x200C...0x200D ~= scalar.value: return nil
    case .control, .format, .lineSeparator, .paragraphSeparator:
      return "\\u{" + String(scalar.value, radix: 16) + "}"
    default: return nil
    }
  }

  /// Prints text as it is on standard output.
  ///
  /// - Throws: what the system says when standard output cannot be written.
  static func output(_ text: String) throws(CommandFailure) {
    try write(text, to: STDOUT_FILENO)
  }

  /// The system's words for an error number.
  static func systemError(_ number: Int32) -> String { String(cString: strerror(number)) }

  private static func write(_ text: String, to descriptor: Int32) throws(CommandFailure) {
    let bytes = Array(text.utf8)
    let outcome = bytes.withUnsafeBytes { bytes in
      Result { () throws(CommandFailure) in
        try SystemWrite.all(bytes, to: descriptor, name: "standard output")
      }
    }
    try outcome.get()
  }
}
