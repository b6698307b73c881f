import ArgumentParser
import VAEZip
import VAEZipFeatures
import VAEZipGeneration

/// `vaezip sample`.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw new pictures from a model.",
    discussion: """
      A variational auto-encoder is a generative model. This command draws hyper-latents from their prior, then \
      latents from the distributions that these predict, in the model's two passes, and decodes them: what a \
      decoder makes of random bits. All arithmetic is on integers. The same seed gives the same pixels on every \
      machine; the generator is SplitMix64, and picture n of a seed does not depend on --count.

      The built-in model has learned photographs of everything, so its samples are texture, no objects: its prior knows \
      what is likely beside what, up to some 100 pixels, and no more. A model that was trained on small pictures of one kind \
      (vaezip train --posterior gaussian, see Training.md) draws pictures of that kind.

      --from keeps the hyper-latents of a picture and draws the rest: pictures with the same coarse \
      distribution of detail. A .vz file has its own quality; a PNG, JPEG or PPM is looked at with quality 75.

      --temperature multiplies the standard deviations. Below 1, pictures are more usual and less varied; 0 gives \
      the means. --hyper-temperature is that of the hyper-latents alone. They decide what a picture of at most 64 × 64 pixels \
      shows, so of a small domain --temperature 0.5 --hyper-temperature 1 draws varied pictures with calm edges.

      Into DIRECTORY come sample-0.png, sample-1.png … and sheet.png with all of them. With --vz, the samples' .vz \
      files come too: their sizes are what the model says of them. Standard error tells the mean rate.

      EXAMPLES
        vaezip sample --count 16 --size 256x256 -q 50 --seed 1 -o Samples
        vaezip sample --model flags.model --count 64 --size 64x64 --temperature 0.8 -o Flags
        vaezip sample --from photo.vz --count 4 -o Variations
      """)

  @Option(help: ArgumentHelp("Number of pictures.", valueName: "n"))
  var count = 16

  @Option(
    help: ArgumentHelp(
      "Size of the pictures in pixels. (default: 256x256, or that of --from)", valueName: "WxH"))
  var size: PictureSize?

  @Option(
    name: [.customShort("q", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Quality whose latents are drawn, from 0 to 100. (default: 75, or that of --from)", valueName: "0…100"))
  var quality: Int?

  @Option(help: ArgumentHelp("Seed of the pictures.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Factor of the standard deviations, 0 to 4.", valueName: "t"))
  var temperature = 1.0

  @Option(
    help: ArgumentHelp(
      "The same of the hyper-latents. (default: that of --temperature)", valueName: "t"))
  var hyperTemperature: Double?

  @Option(
    help: ArgumentHelp("Keep the hyper-latents of this picture: PNG, JPEG, PPM or .vz.", valueName: "file"))
  var from: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The directory to write into; it is made.", valueName: "directory"))
  var output: String

  @Flag(help: "Also write the .vz files of the samples.")
  var vz = false

  @Flag(name: .shortAndLong, help: "Overwrite files that exist.")
  var force = false

  @OptionGroup var decoder: DecoderOptions

  func validate() throws {
    guard 1...100_000 ~= count else { throw ValidationError("--count must be 1…100000, not \(count).") }
    guard 0...100 ~= quality ?? 0 else {
      throw ValidationError("--quality must be 0…100, not \(quality ?? 0).")
    }
    for (name, value) in [("--temperature", temperature), ("--hyper-temperature", hyperTemperature ?? 0)] {
      guard PictureSampler.temperatures ~= value else {
        throw ValidationError("\(name) must be 0…4, not \(value).")
      }
    }
    guard from == nil || hyperTemperature == nil else {
      throw ValidationError("With --from, hyper-latents are not drawn: --hyper-temperature has no meaning.")
    }
    guard from == nil || (size == nil && quality == nil) else {
      throw ValidationError("With --from, size and quality are those of its file.")
    }
  }

  func run() throws {
    let source = try from.map { try file($0) }
    let models = try decoder.library()
    let limits = decoder.resources.limits(holding: source?.bytes.count ?? 0)
    let model = try model(of: source, models, limits)
    let kept = KeptFiles()
    for path in decoder.model { kept.add(path, "is the model") }
    if let from { kept.add(from, "is an input of this command") }
    let names = (0..<count).map { "sample-\($0)" }
    let folder = try OutputFolder(output, force: force, kept: kept)
    try folder.check(["sheet.png"] + names.flatMap { [$0 + ".png"] + (vz ? [$0 + ".vz"] : []) })

    let pictures = ImageDecoder(
      models: ModelLibrary([model]), threads: decoder.resources.threads, limits: limits)
    var (images, bits, pixels) = ([Image](), 0.0, 0)
    for (index, name) in names.enumerated() {
      let (file, image) = try CommandFailure.naming(source?.name ?? name) {
        let file = try draw(index, model, source, limits)
        return (file, try pictures.decode(file.bytes))
      }
      bits += file.modelBits
      pixels += image.width * image.height
      try folder.write(try PNG.write(image), to: name + ".png")
      if vz { try folder.write(file.bytes, to: name + ".vz") }
      // A sheet of 16 million pixels is enough.
      if images.count * image.width * image.height < 1 << 24 { images.append(image) }
    }
    try writeSheet(images, to: folder)
    Messages.line(
      "\(output): \(count) samples, "
        + "\(Rates.text(bits / Double(pixels))) bits per pixel under the model")
  }

  /// A .vz file, or one that is made of a picture.
  private func file(_ path: String) throws -> (name: String, bytes: [UInt8]) {
    let file = try LatentFile(path, decoder.resources)
    guard let image = file.image else { return (file.name, file.bytes) }
    return try CommandFailure.naming(file.name) {
      let model = try decoder.firstModel()
      // Exact pixels have no latents.
      let options = EncoderOptions(
        qualityPosition: model.qualityPosition(75), threads: decoder.resources.threads, effort: 1,
        choosesExactBlocks: false)
      return (file.name, try ImageEncoder(model: model, options: options).encode(image.color).bytes)
    }
  }

  private func draw(
    _ index: Int, _ model: Model, _ source: (name: String, bytes: [UInt8])?, _ limits: VZFile.Limits
  ) throws -> GeneratedFile {
    let sampler = try PictureSampler(
      model: model, temperature: temperature, hyperTemperature: hyperTemperature,
      threads: decoder.resources.threads, limits: limits)
    if let source { return try sampler.sample(from: source.bytes, seed: seed, index: index) }
    let size = size ?? PictureSize(width: 256, height: 256)
    return try sampler.sample(
      width: size.width, height: size.height, quality: quality ?? 75, seed: seed, index: index)
  }

  /// The model of the file, or the one that was named.
  private func model(
    of source: (name: String, bytes: [UInt8])?, _ models: ModelLibrary, _ limits: VZFile.Limits
  ) throws -> Model {
    guard let source else { return try decoder.firstModel() }
    return try CommandFailure.naming(source.name) {
      let header = try VZFile(parsing: source.bytes, limits: limits).header
      guard header.needsModel else { throw FeatureError.noLatents }
      return try models.model(id: header.modelID)
    }
  }

  private func writeSheet(_ images: [Image], to folder: OutputFolder) throws {
    let columns = Int(Double(images.count).squareRoot().rounded(.up))
    guard let sheet = ContactSheet.image(images, columns: columns) else { return }
    try folder.write(try PNG.write(sheet), to: "sheet.png")
  }
}
