import CProcess

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the program does before anything else.
enum Startup {
  /// Makes sure that descriptors 0 to 2 are open, and that writing beyond a limit or into a closed
  /// pipe is an error instead of the program's end.
  static func prepare() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      openUnusable(descriptor)
    }
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Opens the lowest free descriptor, this one, so that no file of ours gets its number. Reading or
  /// writing it stays an error, as it was when it was closed (gnulib's stdopen does the same).
  private static func openUnusable(_ descriptor: Int32) {
    let mode = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
    if open("/dev/null", mode) == descriptor { return }
    #if os(Linux)
    // O_PATH: a name without any right. The root directory is there even without /dev.
    _ = open("/", 0o10_000_000)
    #endif
  }

  /// The arguments, without the program's name, as `PathText`.
  static func arguments() throws(CommandFailure) -> [String] {
    var arguments: [String] = []
    if let values = cprocess_arguments() {
      var place = 0
      while let value = values[place] {
        arguments.append(text(value))
        place += 1
      }
    } else {
      for place in 0..<Int(CommandLine.argc) {
        if let value = CommandLine.unsafeArgv[place] { arguments.append(text(value)) }
      }
    }
    guard !arguments.isEmpty else {
      throw CommandFailure("arguments", "cannot be found; is /proc mounted?")
    }
    return Array(arguments.dropFirst())
  }

  private static func text(_ value: UnsafePointer<CChar>) -> String {
    let bytes = UnsafeRawBufferPointer(start: value, count: strlen(value))
    return PathText.text(Array(bytes))
  }
}
