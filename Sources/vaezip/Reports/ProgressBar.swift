#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A progress bar in a terminal's last line, on standard error. Without a terminal it shows nothing.
struct ProgressBar {
  private let total: Int
  private let isShown: Bool
  private let start = ContinuousClock.now

  /// - Parameter total: the number of steps.
  init(total: Int) {
    self.total = total
    isShown = isatty(STDERR_FILENO) == 1
  }

  /// Shows how many steps are done, and what is being done now.
  func show(_ done: Int, _ label: String) {
    guard isShown, total > 0 else { return }
    var line = " \(done)/\(total)"
    if done > 0, done < total {
      let left = (ContinuousClock.now - start) * (Double(total - done) / Double(done))
      let seconds = Int((left / .seconds(1)).rounded(.up))
      line += ", \(seconds / 60):" + (seconds % 60 < 10 ? "0" : "") + "\(seconds % 60) left"
    }
    line += "  " + Messages.printable(label)
    let columns = Self.terminalColumns
    let filled = 24 * done / total
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
    Messages.raw("\r\u{1b}[2K" + String((bar + line).prefix(columns - 1)))
  }

  /// Removes the bar, so that other lines can be printed.
  func clear() {
    if isShown { Messages.raw("\r\u{1b}[2K") }
  }

  static var terminalColumns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
    return Int(size.ws_col)
  }
}
