import ArgumentParser
import VAEZip

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The images that a command's arguments name.
struct ImageList {
  /// Paths, each once.
  let paths: [String]

  /// Replaces directories by their images, and reads all once, so that a bad one is reported before hours are
  /// spent.
  ///
  /// - Parameter isRecursive: whether directories in directories count.
  /// - Throws: `ExitCode` 1 if there is a bad one; each has been reported.
  init(_ arguments: [String], isRecursive: Bool) throws {
    var paths: [String] = []
    var isBad = false
    func report(_ failure: CommandFailure) {
      Messages.failure(failure.description)
      isBad = true
    }
    for path in arguments {
      do throws(CommandFailure) {
        for image in try Self.images(at: path, isRecursive: isRecursive) where !paths.contains(image) {
          paths.append(image)
        }
      } catch {
        report(error)
      }
    }
    for path in paths {
      do throws(CommandFailure) {
        for notice in try Self.read(path).notices { Messages.failure("\(path): \(notice)") }
      } catch {
        report(error)
      }
    }
    if isBad { throw ExitCode(1) }
    self.paths = paths
  }

  private static func images(
    at path: String, isRecursive: Bool
  ) throws(CommandFailure) -> [String] {
    guard PictureList.isDirectory(path) else { return [path] }
    let images = try images(in: path, isRecursive: isRecursive, depth: 0)
    guard !images.isEmpty else { throw CommandFailure(path, "holds no \(PictureReading.kinds) file") }
    return images
  }

  /// The images of a directory in the order of their names, then those of its directories.
  private static func images(
    in path: String, isRecursive: Bool, depth: Int
  ) throws(CommandFailure) -> [String] {
    guard let names = SystemCalls.names(in: path) else {
      throw CommandFailure(path, Messages.systemError(errno))
    }
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    let visible = names.filter { $0.utf8.first != UInt8(ascii: ".") }.sorted().map { folder + $0 }
    var images = visible.filter { PictureReading.isPicture($0, includingVZ: false) }
    // Links to directories above could go round forever.
    guard isRecursive, depth < 64 else { return images }
    for inner in visible where PictureList.isDirectory(inner, followsLink: false) {
      images += try Self.images(in: inner, isRecursive: true, depth: depth + 1)
    }
    return images
  }

  /// Reads a picture's file without its metadata.
  static func read(_ path: String) throws(CommandFailure) -> PNG.Decoded {
    let file = try InputFile(path: path) { PictureReading.isPlausible($0, includingVZ: false) }
    return try CommandFailure.naming(file.name) { try PictureReading.decoded(file.bytes) }
  }
}
