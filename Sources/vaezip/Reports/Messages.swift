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

  /// Prints an error of the options, and the usage.
  static func usage(_ text: String) {
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
  }

  /// Prints one line.
  static func line(_ text: String) {
    write(printable(text) + "\n", to: STDERR_FILENO)
  }

  /// Prints text as it is: for what moves a terminal's cursor.
  static func raw(_ text: String) {
    write(text, to: STDERR_FILENO)
  }

  /// Text with its control characters, line ends among them, replaced by question marks, so that a
  /// file's name can neither forge a line nor steer the terminal.
  static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          scalar.properties.generalCategory == .control ? "?" : scalar
        }))
  }

  /// Prints text as it is on standard output.
  static func output(_ text: String) {
    write(text, to: STDOUT_FILENO)
  }

  /// The system's words for an error number.
  static func systemError(_ number: Int32) -> String { String(cString: strerror(number)) }

  private static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { buffer in
      var rest = UnsafeRawBufferPointer(buffer)
      while let base = rest.baseAddress, rest.count > 0 {
        #if canImport(Glibc)
        let count = Glibc.write(descriptor, base, rest.count)
        #elseif canImport(Musl)
        let count = Musl.write(descriptor, base, rest.count)
        #else
        let count = Darwin.write(descriptor, base, rest.count)
        #endif
        // There is nowhere to report that messages cannot be written.
        if count < 0 && errno != EINTR { return }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
      }
    }
  }
}
