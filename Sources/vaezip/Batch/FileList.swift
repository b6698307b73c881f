/// A list of files, as `find` prints it.
enum FileList {
  /// Bytes of the longest list.
  private static let limit = 1 << 32

  /// The paths of a list: one a line, or with NUL after each (`find -print0`), if there is any NUL. Empty ones
  /// do not count.
  ///
  /// - Parameter path: of the list; `-` is standard input.
  static func read(_ path: String) throws(CommandFailure) -> [String] {
    let file = try InputFile(path: path, limit: limit)
    let separator: UInt8 = file.bytes.contains(0) ? 0 : UInt8(ascii: "\n")
    return file.bytes.split(separator: separator).map { PathText.text(Array($0)) }
  }
}
