import ArgumentParser
import Foundation
import VAEZip
import VAEZipFeatures
import VAEZipSimilarity

/// `vaezip similar`.
struct SimilarCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "Find near-duplicates among pictures.",
    discussion: """
      Compares PNG, JPEG, PPM and .vz files, and those in directories, by pictures of 8 × 8 pixels whose brightness and contrast \
      are made equal. So compression, size, blur, noise and small changes of color do not matter. Crops, rotations and \
      mirror images are other pictures. Of .vz files, the latents alone are decoded.

      Prints groups of pictures that look alike, a path a line, with an empty line between groups, as fdupes does. With \
      --query it prints the nearest pictures to one, each with its distance: 0 is the same, 1.4 unrelated.

      --index keeps what was computed in a file: only new and changed pictures are read again. It keeps pictures of earlier \
      runs, too, as long as their files are there. An index of 100,000 pictures has about 25 MB. It does not depend on \
      models.

      EXAMPLES
        vaezip similar Photos
        vaezip similar Photos Archive --index photos.index --json -
        vaezip similar --query a.png Photos --nearest 5
      """)

  @Argument(
    help: ArgumentHelp("PNG, JPEG, PPM and .vz files, and directories of such.", valueName: "file")
  )
  var files: [String]

  @Option(help: ArgumentHelp("Largest distance of near-duplicates, 0 to 2.", valueName: "d"))
  var threshold = 0.35

  @Option(help: ArgumentHelp("Print the pictures nearest to this one instead of groups.", valueName: "file"))
  var query: String?

  @Option(help: ArgumentHelp("With --query: how many.", valueName: "n"))
  var nearest = 10

  @Option(help: ArgumentHelp("Keep signatures in this file.", valueName: "file"))
  var index: String?

  @Option(help: ArgumentHelp("Write the result as JSON; - is standard output.", valueName: "file"))
  var json: String?

  @Flag(name: .shortAndLong, help: "Overwrite the file of --json if it exists.")
  var force = false

  @OptionGroup var decoder: DecoderOptions

  func validate() throws {
    guard 0...2 ~= threshold else { throw ValidationError("--threshold must be 0…2, not \(threshold).") }
    guard 1...1_000_000 ~= nearest else {
      throw ValidationError("--nearest must be 1…1000000, not \(nearest).")
    }
    guard json == nil || json != index else {
      throw ValidationError("--json and --index must not be the same file.")
    }
  }

  func run() throws {
    let paths = try PictureList.paths(files)
    let kept = KeptFiles()
    for path in paths + [query].compactMap(\.self) { kept.add(path, "is an input of this command") }
    for path in decoder.model { kept.add(path, "is the model") }
    let known = try index.map { try Self.read($0) } ?? SimilarityIndex()
    let jsonFile = try json.map { try OutputFile(path: $0, overwrite: force, kept: kept) }
    // The index is replaced by a newer one.
    let indexFile = try index.map { try OutputFile(path: $0, overwrite: true, kept: kept) }
    let pictures = try SignatureReader(decoder)
    let queried = try query.map { try pictures.signature($0) }
    let current = try update(known, paths, pictures)
    let result = queried.map { nearestPictures($0, current) } ?? groups(current)
    if json != "-" { try Messages.output(result.text) }
    try jsonFile?.write(try result.json())
    try indexFile?.write(Self.kept(known, beside: current).bytes)
    try jsonFile?.commit()
    try indexFile?.commit()
  }

  private static func read(_ path: String) throws -> SimilarityIndex {
    guard SystemCalls.status(path) != nil else { return SimilarityIndex() }
    let file = try InputFile(path: path)
    return try CommandFailure.naming(file.name) { try SimilarityIndex(parsing: file.bytes) }
  }

  /// An index with the pictures that were known before, too, as far as their files are still there.
  private static func kept(_ known: SimilarityIndex, beside current: SimilarityIndex) -> SimilarityIndex {
    let paths = Set(current.entries.map(\.path))
    let others = known.entries.filter { !paths.contains($0.path) && SystemCalls.status($0.path) != nil }
    return SimilarityIndex(current.entries + others)
  }

  /// The index of these files; signatures of unchanged ones are taken over.
  private func update(
    _ known: SimilarityIndex, _ paths: [String], _ pictures: SignatureReader
  ) throws -> SimilarityIndex {
    var old: [String: SimilarityIndex.Entry] = [:]
    for entry in known.entries { old[entry.path] = entry }
    var entries: [SimilarityIndex.Entry] = []
    entries.reserveCapacity(paths.count)
    for path in paths {
      let status = SystemCalls.status(path)
      let size = Int64(status?.st_size ?? 0)
      let time = status.map { FileAttributes($0).modified } ?? timespec()
      let changed = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
      if let entry = old[path], entry.fileSize == size, entry.changed == changed {
        entries.append(entry)
      } else {
        entries.append(
          SimilarityIndex.Entry(
            path: path, fileSize: size, changed: changed, signature: try pictures.signature(path)))
      }
    }
    return SimilarityIndex(entries)
  }

  private func groups(_ index: SimilarityIndex) -> SimilarityResult {
    let groups = index.groups(threshold: threshold, threads: decoder.resources.threads)
    return SimilarityResult(groups: groups.map { $0.map { index.entries[$0].path } }, nearest: nil)
  }

  private func nearestPictures(_ signature: PictureSignature, _ index: SimilarityIndex) -> SimilarityResult {
    let matches = index.nearest(signature, count: nearest)
    return SimilarityResult(
      groups: nil, nearest: matches.map { .init(file: index.entries[$0.entry].path, distance: $0.distance) })
  }
}

/// Makes the signatures of files.
private struct SignatureReader {
  private let decoder: ImageDecoder
  private let resources: ResourceOptions

  init(_ options: DecoderOptions) throws {
    resources = options.resources
    decoder = ImageDecoder(
      models: try options.library(), threads: resources.threads, limits: resources.limits())
  }

  func signature(_ path: String) throws(CommandFailure) -> PictureSignature {
    let file = try LatentFile(path, resources)
    return try CommandFailure.naming(file.name) {
      try file.image.map { PictureSignature($0) } ?? PictureSignature(file: file.bytes, decoder: decoder)
    }
  }
}

/// What `vaezip similar` found.
struct SimilarityResult: Encodable {
  struct Match: Encodable {
    let file: String
    let distance: Double
  }

  let groups: [[String]]?
  let nearest: [Match]?

  /// For people.
  var text: String {
    if let nearest {
      return nearest.map { "\(Rates.text($0.distance))  \(Messages.printable($0.file))\n" }.joined()
    }
    return (groups ?? []).map { group in group.map { Messages.printable($0) + "\n" }.joined() }
      .joined(separator: "\n")
  }

  func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let printable = SimilarityResult(
      groups: groups.map { $0.map { $0.map(PathText.repaired) } },
      nearest: nearest.map { $0.map { Match(file: PathText.repaired($0.file), distance: $0.distance) } })
    return [UInt8](try encoder.encode(printable)) + [UInt8(ascii: "\n")]
  }
}
