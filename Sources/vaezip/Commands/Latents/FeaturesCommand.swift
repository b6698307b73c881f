import ArgumentParser
import Foundation
import VAEZip
import VAEZipFeatures

extension FeatureKind: ExpressibleByArgument {}
extension PictureLatents.Scale: ExpressibleByArgument {}

/// `vaezip features`.
struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Write latents and rate maps of pictures, for programs that learn.",
    discussion: """
      Reads PNG, JPEG, PPM and .vz files, and those in directories, and writes numbers that the model has for them. No \
      picture is decoded. The kinds, and the shapes of their arrays:

        latents      quantized latents, 16 × 16 pixels a position: [rows, columns, channels]
        means        latents before quantization, the posterior's mean: only of PNGs at effort 1
        hyper        quantized hyper-latents, 64 × 64 pixels a position: [rows, columns, channels]
        bits         bits that each position costs: [rows, columns]
        expected     bits that the prior expected of each position: [rows, columns]
        hyper-bits   bits of each position of the hyper-latents: [rows, columns]
        coded        1 where pixels come from latents, 0 where they are exact and the other \
      numbers mean nothing: [rows, columns]
        pooled       mean, then standard deviation of each channel over the picture: [2 · channels]

      Latents are in the unit of the synthesis' input, or, with --scale steps, in quantization steps. Rates are in \
      bits. Numbers are float32.

      The output's extension is its format:
        .npy           one array: pooled vectors of all files, [files, 2 · channels], in the order of \
      the command's files; or one kind of one file
        .safetensors   all kinds of all files, named FILE/KIND; the header's metadata has model, quality \
      and units
        .jsonl         a line a file: {"file", "width", "height", "model", "quality_position", "features": \
      {KIND: {"shape", "unit", "values"}}}
      Parquet is not written. pandas makes it: pandas.read_json("out.jsonl", lines=True).to_parquet("out.parquet").

      EXAMPLES
        vaezip features Photos -o pooled.npy
        vaezip features photo.vz --kind bits -o bits.npy
        vaezip features *.png --kind latents --kind expected -o all.safetensors
        vaezip features Photos --kind pooled -o - --format jsonl
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case npy, safetensors, jsonl }

  @Argument(
    help: ArgumentHelp("PNG, JPEG, PPM and .vz files, and directories of such.", valueName: "file")
  )
  var files: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "What to write; may be repeated. (default: pooled; for .safetensors all but means)",
      valueName: "kind"))
  var kind: [FeatureKind] = []

  @Option(help: "Unit of latents and means: network or steps.")
  var scale = PictureLatents.Scale.network

  @Option(help: "npy, safetensors or jsonl. (default: the output's extension)")
  var format: Format?

  @Flag(name: .shortAndLong, help: "Overwrite the output if it exists.")
  var force = false

  @OptionGroup var options: LatentOptions

  private var chosenFormat: Format? {
    format ?? Format(rawValue: PathText.pathExtension(of: output))
  }

  private var kinds: [FeatureKind] {
    guard kind.isEmpty else { return kind }
    return chosenFormat == .safetensors ? FeatureKind.allCases.filter { $0 != .means } : [.pooled]
  }

  func validate() throws {
    guard chosenFormat != nil else {
      throw ValidationError("-o \(output): expected .npy, .safetensors or .jsonl, or --format.")
    }
    guard chosenFormat != .npy || kinds.count == 1 else {
      throw ValidationError("A .npy file has one kind of feature; --kind names it.")
    }
  }

  func run() throws {
    let paths = try PictureList.paths(files)
    let kept = KeptFiles()
    for path in paths { kept.add(path, "is an input of this command") }
    for path in options.decoder.model { kept.add(path, "is the model") }
    let source = try LatentSource(options)
    let file = try OutputFile(path: output, overwrite: force, kept: kept)
    switch chosenFormat ?? .jsonl {
    case .npy: try writeNumPy(paths, source, to: file)
    case .safetensors: try writeSafetensors(paths, source, to: file)
    case .jsonl: try writeLines(paths, source, to: file)
    }
    try file.commit()
  }

  /// The arrays of a file.
  private func arrays(
    _ path: String, _ latents: PictureLatents
  ) throws(CommandFailure) -> [(kind: FeatureKind, values: [Float], shape: [Int])] {
    var arrays: [(kind: FeatureKind, values: [Float], shape: [Int])] = []
    for kind in kinds {
      guard let array = latents.array(kind, scale: scale) else {
        throw CommandFailure(path, "has no means: they are known only of PNG files at effort 1")
      }
      arrays.append((kind, array.values, array.shape))
    }
    return arrays
  }

  private func writeNumPy(_ paths: [String], _ source: LatentSource, to file: OutputFile) throws {
    guard kinds == [.pooled] || paths.count == 1 else {
      throw CommandFailure(output, "a .npy file has one array: pooled vectors, or one kind of one file")
    }
    var (values, shape) = ([Float](), [Int]())
    for path in paths {
      guard let array = try arrays(path, source.read(path).latents).first else { continue }
      guard shape.isEmpty || shape == array.shape else {
        throw CommandFailure(path, "its model has other latents than that of \(paths[0])")
      }
      shape = array.shape
      values += array.values
    }
    if kinds == [.pooled] { shape.insert(paths.count, at: 0) }
    try file.write(NumPyFile.bytes(values, shape: shape))
  }

  private func writeSafetensors(_ paths: [String], _ source: LatentSource, to file: OutputFile) throws {
    var tensors: [String: WeightTensor] = [:]
    var metadata = ["format": "vaezip features 1", "scale": scale.rawValue]
    for kind in kinds { metadata["unit \(kind.rawValue)"] = kind.unit(scale) }
    var bytes = 0
    let limit = options.decoder.resources.maxMemory.value
    for path in paths {
      let latents = try source.read(path).latents
      let name = PathText.repaired(path)
      metadata["model \(name)"] = ModelFile.name(ofID: latents.modelID)
      metadata["quality position \(name)"] = "\(latents.qualityPosition)"
      metadata["size \(name)"] = "\(latents.width) × \(latents.height)"
      for array in try arrays(path, latents) {
        tensors["\(name)/\(array.kind.rawValue)"] = WeightTensor(float32: array.values, shape: array.shape)
        bytes += 4 * array.values.count
      }
      // The file is put together in memory: it is there twice.
      guard 2 * bytes <= limit else {
        throw CommandFailure(output, "needs more than the \(limit) bytes of --max-memory; write .jsonl")
      }
    }
    try file.write(SafetensorsFile(metadata: metadata, tensors: tensors).serialized())
  }

  private func writeLines(_ paths: [String], _ source: LatentSource, to file: OutputFile) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for path in paths {
      let latents = try source.read(path).latents
      var line = FeatureLine(path, latents)
      for array in try arrays(path, latents) {
        line.features[array.kind.rawValue] = .init(
          shape: array.shape, unit: array.kind.unit(scale), values: array.values)
      }
      try file.write([UInt8](encoder.encode(line)) + [UInt8(ascii: "\n")])
    }
  }
}

/// A line of `vaezip features`.
private struct FeatureLine: Encodable {
  struct Values: Encodable {
    let shape: [Int]
    let unit: String
    let values: [Float]
  }

  let file: String
  let width: Int
  let height: Int
  let model: String
  let qualityPosition: Int
  var features: [String: Values] = [:]

  private enum CodingKeys: String, CodingKey {
    case file, width, height, model, features
    case qualityPosition = "quality_position"
  }

  init(_ path: String, _ latents: PictureLatents) {
    file = PathText.repaired(path)
    (width, height) = (latents.width, latents.height)
    model = ModelFile.name(ofID: latents.modelID)
    qualityPosition = latents.qualityPosition
  }
}
