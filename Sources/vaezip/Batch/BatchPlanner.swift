import ArgumentParser

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Makes jobs of arguments, of lists and of what is in folders.
struct BatchPlanner {
  /// Two inputs with the same output.
  struct Collision: CustomStringConvertible {
    let first: String
    let second: String
    let output: String

    var description: String { "\(first) and \(second) would both be written to \(output)" }
  }

  /// Where an output goes: a folder, whatever its path, and a name in it. Both are compared as bytes, because
  /// strings of Swift are equal if they look alike.
  private struct OutputPlace: Hashable {
    /// Nil for a folder that is not there yet; `path` is the whole one then.
    let folder: FileAttributes.Identity?
    let path: [UInt8]

    init(_ output: String) {
      let path = PathText.normalized(output)
      let directory = PathText.directory(of: path)
      folder = SystemCalls.status(directory.isEmpty ? "." : directory).map { FileAttributes($0).identity }
      self.path = Array((folder == nil ? path : PathText.name(of: path)).utf8)
    }
  }

  let formats: FileFormats
  let destination: Destination
  let isRecursive: Bool
  let skipsExisting: Bool

  private(set) var jobs: [BatchJob] = []
  private(set) var otherFiles = 0
  private(set) var failures: [CommandFailure] = []
  private(set) var notices: [String] = []
  private(set) var collisions: [Collision] = []
  /// Whether a folder was searched.
  private(set) var hasWalked = false
  /// The folders that were searched, with their names.
  private var roots: [(path: String, attributes: FileAttributes)] = []
  private var jobsByOutput: [OutputPlace: Int] = [:]
  /// Inputs so far. Each is taken once.
  private var found: Set<[UInt8]> = []

  init(formats: FileFormats, destination: Destination, isRecursive: Bool, skipsExisting: Bool) {
    self.formats = formats
    self.destination = destination
    self.isRecursive = isRecursive
    self.skipsExisting = skipsExisting
  }

  mutating func add(argument path: String) {
    guard path != "-" else { return add(path, below: PathText.name(of: path), source: "", size: 0) }
    // One that is not there is reported in its turn.
    let status = SystemCalls.status(path)
    guard let status, status.st_mode & S_IFMT == S_IFDIR else {
      guard found.insert(Array(PathText.normalized(path).utf8)).inserted else { return }
      let size = status.map { $0.st_mode & S_IFMT == S_IFREG ? Int($0.st_size) : 0 } ?? 0
      return add(path, below: PathText.name(of: path), source: PathText.directory(of: path), size: size)
    }
    guard isRecursive else {
      failures.append(CommandFailure(path, "is a directory; -r takes the files in it"))
      return
    }
    walk(path, FileAttributes(status))
  }

  /// A file of a list keeps its path below the output's folder.
  mutating func add(listed path: String) {
    // The list says - for a file of that name.
    let input = path == "-" ? "./-" : path
    let status = SystemCalls.status(input)
    if let status, status.st_mode & S_IFMT == S_IFDIR { return add(argument: input) }
    let parts = PathText.normalized(input).utf8.split(separator: UInt8(ascii: "/"))
    if case .folder = destination, parts.contains(where: { $0.elementsEqual("..".utf8) }) {
      failures.append(
        CommandFailure(input, "has .. in its path, so it has no place below the output's folder"))
      return
    }
    guard found.insert(Array(PathText.normalized(input).utf8)).inserted else { return }
    add(
      input, below: String(decoding: Array(parts.joined(separator: "/".utf8)), as: UTF8.self),
      source: PathText.isAbsolute(input) ? "/" : "", size: status.map { Int($0.st_size) } ?? 0)
  }

  /// - Parameters:
  ///   - place: the input's path below the folder whose tree is mirrored.
  ///   - source: that folder.
  private mutating func add(_ input: String, below place: String, source: String, size: Int) {
    var output: String?
    var mirror: BatchJob.Mirror?
    switch destination {
    case .beside: output = formats.outputName(of: input)
    case .file(let path): output = path
    case .folder(let folder):
      output = formats.outputName(of: place).map { Folders.join(folder, $0) }
      mirror = BatchJob.Mirror(
        source: source, copy: folder,
        folder: Folders.withoutLastSlashes(PathText.directory(of: place)))
    }
    if formats.output == nil { output = nil }
    if let output, output != "-" {
      let place = OutputPlace(output)
      if let other = jobsByOutput[place] {
        collisions.append(Collision(first: jobs[other].input, second: input, output: output))
        return
      }
      jobsByOutput[place] = jobs.count
    }
    let isDone = skipsExisting && output.map { $0 != "-" && SystemCalls.status($0) != nil } ?? false
    jobs.append(BatchJob(input: input, output: output, size: size, isDone: isDone, mirror: mirror))
  }

  // MARK: Folders

  /// A folder that is being searched.
  private struct Level {
    /// Below the root; empty for the root.
    let place: String
    let attributes: FileAttributes
    var names: ArraySlice<String>
  }

  /// Takes the files of a folder and of the folders in it, in the order of their names.
  private mutating func walk(_ root: String, _ attributes: FileAttributes) {
    hasWalked = true
    roots.append((root, attributes))
    var levels: [Level] = []
    func open(_ place: String, _ attributes: FileAttributes) -> CommandFailure? {
      let path = Folders.join(root, place)
      guard let names = SystemCalls.names(in: path) else {
        return CommandFailure(path, Messages.systemError(errno))
      }
      let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      levels.append(Level(place: place, attributes: attributes, names: sorted[...]))
      return nil
    }
    if let failure = open("", attributes) { failures.append(failure) }
    while let level = levels.last {
      guard let name = level.names.first else {
        levels.removeLast()
        continue
      }
      levels[levels.count - 1].names.removeFirst()
      let place = Folders.join(level.place, name)
      let path = Folders.join(root, place)
      guard let status = SystemCalls.status(path, followsLink: false) else {
        failures.append(CommandFailure(path, Messages.systemError(errno)))
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        if let failure = open(place, FileAttributes(status)) { failures.append(failure) }
      case S_IFLNK:
        follow(path, place, root, levels.map(\.attributes))
      case S_IFREG:
        take(path, place, root)
      default:
        otherFiles += 1
      }
    }
  }

  /// Takes the file that a link leads to. Links to folders are not followed.
  private mutating func follow(
    _ path: String, _ place: String, _ root: String, _ above: [FileAttributes]
  ) {
    guard let status = SystemCalls.status(path) else {
      failures.append(CommandFailure(path, "a link that leads nowhere: " + Messages.systemError(errno)))
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: take(path, place, root)
    case S_IFDIR:
      if above.contains(FileAttributes(status)) {
        failures.append(CommandFailure(path, "a link to a folder above it: a loop"))
      } else {
        notices.append("\(path): a link to a folder; not followed")
      }
    default: otherFiles += 1
    }
  }

  /// Takes a file of a folder if its content, or its name, is of the right kind.
  private mutating func take(_ path: String, _ place: String, _ root: String) {
    let name = PathText.name(of: place)
    // What a killed run may have left.
    guard !name.utf8.starts(with: OutputFile.temporaryPrefix.utf8) else { return }
    do throws(CommandFailure) {
      // Not blocking: the file may have become a pipe meanwhile.
      let file = try InputDescriptor(path: path, flags: O_NONBLOCK)
      guard let size = file.announcedSize,
        formats.takes(FileKind(file.peek(FileKind.signatureSize)), named: name)
      else {
        otherFiles += 1
        return
      }
      guard found.insert(Array(PathText.normalized(path).utf8)).inserted else { return }
      add(path, below: place, source: root, size: size)
    } catch {
      failures.append(error)
    }
  }

  // MARK: Outputs

  private static let mostLines = 20

  /// - Throws: `ExitCode` 1 if the outputs cannot be written as planned; printed already.
  mutating func checkOutputs() throws {
    if case .file(let path) = destination, hasWalked {
      throw CommandFailure(
        path, "a folder has any number of files, and -o FILE takes one; use -o \(path)/ or --output-dir")
    }
    for collision in collisions.prefix(Self.mostLines) { Messages.failure(collision.description) }
    if collisions.count > Self.mostLines {
      Messages.failure("\(collisions.count - Self.mostLines) more files with the same output")
    }
    guard collisions.isEmpty else { throw ExitCode(1) }
    guard case .folder(let folder) = destination else { return }
    for (root, attributes) in roots where Folders.isInside(folder, attributes) {
      throw CommandFailure(folder, "lies in \(root), which is an input; choose a folder outside of it")
    }
    if !jobs.isEmpty { try Folders.check(folder) }
  }
}
