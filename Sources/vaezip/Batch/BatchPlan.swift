import ArgumentParser

/// A file to work on.
struct BatchJob: Sendable {
  let input: String
  /// Nil if nothing is written.
  let output: String?
  /// Bytes of the input when the work was planned; 0 if unknown.
  let size: Int
  /// Whether the output was there already, and stays.
  let isDone: Bool
  /// The folder whose tree the output's folder mirrors.
  let mirror: Mirror?

  /// A tree of folders and its copy.
  struct Mirror: Sendable {
    let source: String
    let copy: String
    /// The folder of the output below `copy`; empty for `copy` itself.
    let folder: String
  }

  /// Makes the folder of the output, with the permissions of the input's.
  func makeFolder() throws(CommandFailure) {
    guard let mirror else { return }
    try Folders.make(mirror.copy)
    guard !Folders.isFolder(Folders.join(mirror.copy, mirror.folder)) else { return }
    var path = ""
    for part in mirror.folder.utf8.split(separator: UInt8(ascii: "/")) {
      path = Folders.join(path, String(decoding: Array(part), as: UTF8.self))
      let mode = SystemCalls.status(Folders.join(mirror.source, path))?.st_mode ?? 0o777
      try Folders.make(Folders.join(mirror.copy, path), mode: mode & 0o777 | 0o700)
    }
  }
}

/// What a command will do, known before it begins.
struct BatchPlan: Sendable {
  let jobs: [BatchJob]
  /// Files of folders that the command does not take.
  let otherFiles: Int
  /// What could not be read. Printed already; the other files are worked on.
  let hasFailed: Bool
  /// Whether there may be many files: a summary is due.
  let isBatch: Bool

  /// - Throws: `ValidationError` if two arguments would go to the same output; `ExitCode` 1 if inputs from lists or
  ///   folders would, or if the output's folder cannot be used. Each has been printed.
  init(
    _ inputs: [String], _ options: InputOptions, _ outputs: OutputOptions?, formats: FileFormats,
    isQuiet: Bool
  ) throws {
    let destination = outputs?.destination ?? .beside
    var planner = BatchPlanner(
      formats: formats, destination: destination, isRecursive: options.recursive,
      skipsExisting: outputs?.skipExisting ?? false)
    for input in inputs { planner.add(argument: input) }
    if let collision = planner.collisions.first, options.filelist == nil, !planner.hasWalked {
      throw ValidationError(collision.description + ".")
    }
    if let list = options.filelist {
      for path in try FileList.read(list) { planner.add(listed: path) }
    }
    try planner.checkOutputs()
    if !isQuiet { for notice in planner.notices { Messages.failure(notice) } }
    for failure in planner.failures { Messages.failure(failure.description) }
    jobs = planner.jobs
    otherFiles = planner.otherFiles
    hasFailed = !planner.failures.isEmpty
    isBatch = inputs.count != 1 || options.filelist != nil || planner.hasWalked
  }
}
