#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The pictures' files, .vz included, that a command's arguments name: files as they are, and those in directories.
enum PictureList {
  /// Paths in the order of the arguments, those of a directory by name, each once. Hidden files are left out.
  ///
  /// - Throws: `CommandFailure` if a directory cannot be read or holds no such file.
  static func paths(_ arguments: [String]) throws(CommandFailure) -> [String] {
    var (paths, known) = ([String](), Set<String>())
    for argument in arguments {
      let found = isDirectory(argument) ? try files(in: argument, depth: 0) : [argument]
      guard !found.isEmpty else {
        throw CommandFailure(argument, "holds no \(PictureReading.kinds) or .vz file")
      }
      for path in found where known.insert(path).inserted { paths.append(path) }
    }
    return paths
  }

  private static func files(in path: String, depth: Int) throws(CommandFailure) -> [String] {
    guard let names = SystemCalls.names(in: path) else {
      throw CommandFailure(path, Messages.systemError(errno))
    }
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    let visible = names.filter { $0.utf8.first != UInt8(ascii: ".") }.sorted().map { folder + $0 }
    var files: [String] = []
    for entry in visible {
      if isDirectory(entry, followsLink: false) {
        // Links to directories above could go round forever.
        if depth < 64 { files += try Self.files(in: entry, depth: depth + 1) }
      } else if PictureReading.isPicture(entry, includingVZ: true) {
        files.append(entry)
      }
    }
    return files
  }

  static func isDirectory(_ path: String, followsLink: Bool = true) -> Bool {
    SystemCalls.status(path, followsLink: followsLink).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }
}
