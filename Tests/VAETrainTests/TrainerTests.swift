import Foundation
import Testing
import VAETrain
import VAEZip

/// Runs where the shim over libtorch is (`.ci/run` builds it); the other suites run everywhere.
private let torch = try? Torch.load()

@Suite("Trainer", .usesLibtorch, .enabled(if: torch != nil, "libtorch's shim is not on this machine"))
struct TrainerTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "vaezip-train-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 0..<3 { try Self.picture(index).write(to: url("image\(index).png")) }
  }

  private func url(_ name: String) -> URL { URL(fileURLWithPath: folder + "/" + name) }

  /// A smooth picture with an edge, other for each index.
  private static func picture(_ index: Int) throws -> Data {
    let (width, height) = (160, 144)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let wave = sin(Double(x) / (9 + Double(index))) + cos(Double(y) / 13)
        let edge = x + index * 20 > y ? 30 : -30
        for shift in [0, 20, 40] { pixels.append(UInt8(128 + Int(wave * 25) + edge - shift)) }
      }
    }
    let image = Image(width: width, height: height, channels: .rgb, pixels: pixels)
    return Data(try PNG.write(image))
  }

  private func trainer(
    steps: Int, start: TrainingStart = .blockDCT, environment: [String: String] = [:],
    network: (NetworkDescription) -> NetworkDescription = { $0 },
    _ change: (inout TrainingOptions) -> Void
  ) throws -> Trainer {
    let torch = try #require(torch)
    var options = TrainingOptions()
    options.length = .steps(steps)
    options.batch = 2
    options.cropSize = 64
    options.warmUpSteps = 2
    options.seed = 3
    options.decay = 0
    change(&options)
    let isNew = if case .blockDCT = start { true } else { false }
    return try Trainer(
      torch: torch, images: [folder], validation: [], start: start,
      network: { network(isNew ? tinyDescription : $0) }, options: options, threads: 1,
      group: WorkerGroup(torch, environment: environment), cuda: false,
      log: TrainingLog(csvPath: folder + "/log.csv"), stop: StopFlag())
  }

  private func trainer(
    steps: Int, start: TrainingStart = .blockDCT, environment: [String: String] = [:]
  ) throws -> Trainer {
    try trainer(steps: steps, start: start, environment: environment) { _ in }
  }

  /// A trainer that goes on with another network.
  private func grown(
    from start: TrainingStart, network: (inout NetworkDescription) -> Void
  ) throws -> Trainer {
    try trainer(
      steps: 1, start: start,
      network: {
        var changed = $0
        network(&changed)
        return changed
      }
    ) { _ in }
  }

  /// The loss before and after a run.
  private func losses(
    of trainer: Trainer, batches: Int
  ) throws -> (before: Double, after: Double) {
    let before = try trainer.loss(batches: batches)
    try trainer.run(checkpointPath: folder + "/losses.ckpt")
    return (before, try trainer.loss(batches: batches))
  }

  @Test(
    "A few steps lower the loss", arguments: Posterior.allCases,
    ["mse", "bce", "mse=0.6,ssimulacra2=0.4"])
  func learns(posterior: Posterior, distortion: String) throws {
    let distortion = try #require(Distortion(parsing: distortion))
    let loss = try losses(
      of: trainer(steps: 30) {
        $0.posterior = posterior
        $0.distortion = distortion
      }, batches: 4)
    #expect(loss.after < loss.before)
    #expect(loss.after.isFinite)
  }

  @Test("Images that arrive while training are learned from", arguments: [false, true])
  func arrivingImages(takesDeviceSteps: Bool) throws {
    let trainer = try trainer(steps: 4) {
      $0.watchesFolders = true
      $0.takesDeviceSteps = takesDeviceSteps
      $0.downscaledShare = 0.5
    }
    #expect(trainer.imageCount == 3)
    try Self.picture(7).write(to: url("late.png"))
    trainer.watcher?.look()
    trainer.watcher?.look()
    try trainer.run(checkpointPath: folder + "/watched.ckpt")
    #expect(trainer.imageCount == 4)
  }

  @Test("Layers that compute in bfloat16 learn what those in float32 do")
  func bfloat16() throws {
    let exact = try losses(of: trainer(steps: 30), batches: 4)
    let rounded = try losses(of: trainer(steps: 30) { $0.bfloat16 = true }, batches: 4)
    #expect(rounded.before != exact.before)
    #expect(abs(rounded.before - exact.before) < 0.02 * exact.before)
    #expect(abs(rounded.after - exact.after) < 0.1 * (exact.before - exact.after))
  }

  @Test("At a flat-crop weight w, a crop of relative cost c adds c^(1 − w) to the loss")
  func flatCrops() throws {
    /// Of the same batch of one crop each time.
    func loss(_ weight: Double) throws -> Double {
      try trainer(steps: 1) {
        $0.batch = 1
        $0.flatCropWeight = weight
      }.loss(batches: 1)
    }
    let (plain, half, whole) = try (loss(0), loss(0.5), loss(1))
    #expect(abs(half - plain.squareRoot()) < 1e-4 * plain)
    #expect(abs(whole - 1) < 1e-4)
  }

  @Test("MS-SSIM while learning is the one that evaluate measures", arguments: [64, 192, 256])
  func structuralSimilarity(size: Int) throws {
    let torch = try #require(torch)
    func image(_ noise: Int) -> Image {
      var pixels: [UInt8] = []
      for y in 0..<size {
        for x in 0..<size {
          for c in 0..<3 { pixels.append(UInt8((x * (c + 1) + 2 * y) % 200 + (x * y + c) % noise)) }
        }
      }
      return Image(width: size, height: size, channels: .rgb, pixels: pixels)
    }
    for noise in [2, 20, 50] {
      let expected = 1 - (try Metrics.msssim(image(1), image(noise)))
      let found = try StructuralSimilarity.dissimilarity(torch, image(1), image(noise))
      #expect(abs(found - expected) < 1e-5 + 1e-3 * expected)
    }
  }

  @Test(
    "A metric's share changes what is learned, not the loss's value",
    arguments: ["mse=0.2,ms-ssim=0.8", "mse=1,ssimulacra2=1", "mse=1,ms-ssim=1,ssimulacra2=2"])
  func sharesTheDistortion(text: String) throws {
    let distortion = try #require(Distortion(parsing: text))
    let plain = try losses(of: trainer(steps: 5), batches: 1)
    let mixed = try losses(of: trainer(steps: 5) { $0.distortion = distortion }, batches: 1)
    #expect(abs(mixed.before - plain.before) < 2e-3 * plain.before)
    #expect(mixed.after.isFinite && abs(mixed.after - plain.after) > 1e-5 * plain.after)
  }

  @Test("Crops are cut from downscaled copies where those are large enough")
  func downscaled() throws {
    func loss(_ share: Double, seed: UInt64 = 3) throws -> Double {
      try trainer(steps: 1) {
        $0.seed = seed
        $0.downscaledShare = share
      }.loss(batches: 2)
    }
    // A downscaled picture is busier for each pixel.
    #expect(try loss(1) > loss(0))
    #expect(try loss(1) == loss(1))
  }

  @Test("Crops are mirrored and transposed unless they have an upright", arguments: [false, true])
  func flips(flips: Bool) throws {
    let torch = try #require(torch)
    var pixels = [UInt8](repeating: 0, count: 64 * 64 * 3)
    pixels[0] = 255
    let path = folder + "/corner"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data(try PNG.write(Image(width: 64, height: 64, channels: .rgb, pixels: pixels)))
      .write(to: URL(fileURLWithPath: path + "/corner.png"))
    let source = try CropSource(
      TrainingImages([path], cropSize: 64, threads: 1, seed: 1), downscaledShare: 0, flips: flips,
      torch: torch, device: .cpu)
    var random = SplitMix64(seed: 5)
    let crops = try source.crops(64, size: 64, using: &random).converted(to: .float32).floats()
    // The four places that the corner's red comes to.
    let corners = [0, 63, 63 * 64, 63 * 64 + 63].map { 3 * $0 }
    let counts = corners.map { corner in (0..<64).filter { crops[$0 * pixels.count + corner] == 255 }.count }
    #expect(counts.reduce(0, +) == 64)
    #expect(flips ? counts.allSatisfy { $0 > 4 } : counts[0] == 64)
  }

  @Test("Qualities are scaled by crops of their own size, or by the largest that an image has")
  func cropOfASmallerImage() throws {
    let torch = try #require(torch)
    let path = folder + "/wide"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let image = Image(
      width: 96, height: 64, channels: .rgb, pixels: (0..<96 * 64 * 3).map { UInt8($0 / 3 % 96) })
    try Data(try PNG.write(image)).write(to: URL(fileURLWithPath: path + "/wide.png"))
    let source = try CropSource(
      TrainingImages([path], cropSize: 32, threads: 1, seed: 1), downscaledShare: 0, flips: false,
      torch: torch, device: .cpu)
    var random = SplitMix64(seed: 5)
    for (size, side) in [(32, 32), (64, 64), (256, 64)] {
      let crop = try source.crop(upTo: size, using: &random)
      #expect(crop.width == side && crop.height == side)
      // A row counts on from its column; all rows are alike.
      let row = (0..<side).map { crop.pixels[3 * $0] }
      #expect(row == (0..<side).map { row[0] + UInt8($0) })
      #expect(crop.pixels.suffix(3 * side) == crop.pixels.prefix(3 * side))
    }
  }

  @Test("The exported model is a whole model file", arguments: Posterior.allCases)
  func exports(posterior: Posterior) throws {
    let trainer = try trainer(steps: 2) { $0.posterior = posterior }
    try trainer.run(checkpointPath: folder + "/b.ckpt")
    let bytes = try trainer.export(name: "test") { _ in }.serialized()
    let file = try ModelFile(parsing: bytes)
    #expect(file.network.name == "test")
    #expect(file.hasPosteriorHead == (posterior == .gaussian))
    #expect(file.calibration.count == tinyDescription.calibratedActivations.count)
    #expect(
      file.qualityPositions != ModelFile.standardQualityPositions(levels: tinyDescription.levels))
    // The model runs: the integer codec reads what the trainer wrote.
    let model = try Model(contentsOf: bytes)
    #expect(model.network.levels == tinyDescription.levels)
  }

  /// The same network twice, in floating point here and in integers there: a layer that differs, a
  /// mask that is shifted, a scale that is off would show.
  @Test("The integer codec reaches what the network reaches in floating point")
  func integersAgree() throws {
    let trainer = try trainer(steps: 60)
    try trainer.run(checkpointPath: folder + "/c.ckpt")
    // The floating-point rate is that of Gaussians; the exported tables are fitted.
    var file = try trainer.export(name: "test") { _ in }
    let fitted = try Model(contentsOf: file.serialized())
    file.tensors[ScaleTables.tensorName] = WeightTensor(
      int32: ScaleTables.gaussian().tensor, shape: ScaleTables.tensorShape)
    let model = try Model(contentsOf: file.serialized())
    let image = try PNG.read([UInt8](try Self.picture(5))).image
    #expect(abs(try trainer.integerCost(of: file, on: [image])) < 4)
    for (level, expected) in try trainer.figures(of: image).enumerated() {
      let options = EncoderOptions(
        qualityPosition: level * 256, effort: 1, choosesExactPixels: false)
      let encoded = try ImageEncoder(model: model, options: options).encodeTrial(image)
      let psnr = try Metrics.psnr(image, encoded.reconstruction)
      let rate = encoded.statistics.modelBits / Double(image.width * image.height)
      #expect(abs(psnr - expected.psnr) < 0.25, "level \(level): dB")
      #expect(abs(rate / expected.bitsPerPixel - 1) < 0.06, "level \(level): bits per pixel")
      let better = try ImageEncoder(model: fitted, options: options).encodeTrial(image)
      let samePixels = better.reconstruction == encoded.reconstruction
      #expect(samePixels)
      #expect(better.statistics.modelBits < encoded.statistics.modelBits)
    }
  }

  @Test("Calibration finds back from a position that is too fine")
  func calibrates() throws {
    let trainer = try trainer(steps: 2)
    try trainer.run(checkpointPath: folder + "/calibration.ckpt")
    var file = try trainer.export(name: "test") { _ in }
    let image = try PNG.read([UInt8](try Self.picture(5))).image
    func psnr() throws -> Double {
      let options = EncoderOptions(quality: 100, effort: 1, choosesExactPixels: false)
      let encoder = try ImageEncoder(model: Model(contentsOf: file.serialized()), options: options)
      return try Metrics.psnr(image, encoder.encodeTrial(image).reconstruction)
    }
    let good = try psnr()
    file.calibration["synthesis.trunk"] = 15
    let saturated = try psnr()
    file.calibration = try Calibration(file: file, images: [image], threads: 1)
      .refined(file.calibration)
    #expect(saturated < good - 3)
    #expect(try psnr() > good - 0.2)
  }

  @Test("Resuming continues: 2 + 2 steps from a checkpoint give what 4 steps give")
  func resumes() throws {
    let whole = try trainer(steps: 4)
    try whole.run(checkpointPath: folder + "/whole.ckpt")
    // The first half ends early, by its flag, on the schedule of the whole.
    let half = try trainer(steps: 4)
    try half.run(checkpointPath: folder + "/half.ckpt", until: 2)
    let rest = try trainer(steps: 4, start: .checkpoint(folder + "/half.ckpt"))
    try rest.run(checkpointPath: folder + "/rest.ckpt")
    let expected = try Checkpoint(path: folder + "/whole.ckpt")
    let found = try Checkpoint(path: folder + "/rest.ckpt")
    #expect(found.state.step == expected.state.step)
    for part in Parameters.Part.allCases { #expect(found.parts[part] == expected.parts[part]) }
  }

  @Test("A model's weights are where --from begins: fine-tuning starts at its loss")
  func fromModel() throws {
    let trained = try trainer(steps: 40)
    try trained.run(checkpointPath: folder + "/d.ckpt")
    let image = try PNG.read([UInt8](try Self.picture(4))).image
    let file = try ModelFile(parsing: trained.export(name: "test") { _ in }.serialized())
    let expected = try trained.figures(of: image)
    let found = try trainer(steps: 1, start: .model(file)).figures(of: image)
    for (expected, found) in zip(expected, found) {
      // The file has binary16.
      #expect(abs(found.psnr - expected.psnr) < 0.05)
      #expect(abs(found.bitsPerPixel / expected.bitsPerPixel - 1) < 0.01)
    }
  }

  @Test("A grown network begins where the smaller one was, and between and beyond its levels")
  func grows() throws {
    let trained = try trainer(steps: 40)
    try trained.run(checkpointPath: folder + "/e.ckpt")
    let start = TrainingStart.checkpoint(folder + "/e.ckpt")
    let image = try PNG.read([UInt8](try Self.picture(4))).image
    let expected = try trained.figures(of: image)
    let grown = try grown(from: start) { network in
      network.analysisBlocks += 1
      network.synthesisBlocks += 2
      network.contextBlocks += 1
      network.lambdas = [0.001, 0.001 * 10.0.squareRoot(), 0.01, 0.1, 1]
    }
    let found = try grown.figures(of: image)
    for (old, new) in [(0, 0), (1, 2), (2, 3)] {
      #expect(abs(found[new].psnr - expected[old].psnr) < 1e-3)
      #expect(abs(found[new].bitsPerPixel / expected[old].bitsPerPixel - 1) < 1e-4)
    }
    for (low, high) in zip(found, found.dropFirst()) { #expect(low.bitsPerPixel < high.bitsPerPixel) }
    // It learns with all of its weights.
    try grown.run(checkpointPath: folder + "/f.ckpt", until: 41)

    #expect(throws: TrainError.self) { _ = try self.grown(from: start) { $0.latentWidth = 96 } }
    #expect(throws: TrainError.self) { _ = try self.grown(from: start) { $0.synthesisBlocks = 0 } }
  }

  @Test(
    "An environment that contradicts itself is refused",
    arguments: [["WORLD_SIZE": "two"], ["RANK": "1"], ["WORLD_SIZE": "2", "RANK": "2"]])
  func badEnvironment(environment: [String: String]) throws {
    #expect(throws: TrainError.self) { _ = try trainer(steps: 1, environment: environment) }
  }

  @Test("Learning goes on with simulated integers, and the codec's then cost little")
  func simulatesIntegers() throws {
    let floats = try trainer(steps: 40)
    try floats.run(checkpointPath: folder + "/floats.ckpt")
    let start = TrainingStart.checkpoint(folder + "/floats.ckpt")
    let tuned = try trainer(steps: 60, start: start) { $0.integers = true }
    let before = try tuned.loss(batches: 4)
    try tuned.run(checkpointPath: folder + "/tuned.ckpt")
    #expect(try tuned.loss(batches: 4) < before)
    // The same steps without it: the codec's integers then cost more.
    let plain = try trainer(steps: 60, start: start)
    try plain.run(checkpointPath: folder + "/plain.ckpt")
    let image = try PNG.read([UInt8](try Self.picture(4))).image
    func cost(_ trainer: Trainer) throws -> Double {
      try trainer.integerCost(of: try trainer.export(name: "test") { _ in }, on: [image])
    }
    #expect(try cost(tuned) < cost(plain))
  }

  @Test("A decay branches off a checkpoint from which training goes on as if there had been none")
  func decays() throws {
    try trainer(steps: 4) { $0.decay = 0.5 }.run(checkpointPath: folder + "/branch.ckpt")
    let branch = try Checkpoint(path: folder + "/branch.ckpt")
    let decayed = try Checkpoint(path: folder + "/branch.decayed.ckpt")
    #expect(branch.state.step == 3 && branch.state.isDecayed == false)
    #expect(decayed.state.step == 4 && decayed.state.isDecayed == true)
    // The undecayed half is that of a run that never decays.
    let plain = try trainer(steps: 4)
    try plain.run(checkpointPath: folder + "/plain.ckpt", until: 3)
    #expect(try Checkpoint(path: folder + "/plain.ckpt").parts == branch.parts)
    // A run from the decayed weights leaves the undecayed ones alone.
    try trainer(steps: 5, start: .checkpoint(folder + "/branch.decayed.ckpt"))
      .run(checkpointPath: folder + "/branch.ckpt")
    #expect(try Checkpoint(path: folder + "/branch.ckpt").parts == branch.parts)
  }

  @Test("Each optimizer learns, and its state survives a checkpoint", arguments: OptimizerKind.allCases)
  func optimizers(kind: OptimizerKind) throws {
    let loss = try losses(
      of: trainer(steps: 30) {
        $0.optimizer = kind
        $0.learningRate = 3e-4
      }, batches: 4)
    #expect(loss.after < loss.before)
    let whole = try trainer(steps: 4) { $0.optimizer = kind }
    try whole.run(checkpointPath: folder + "/whole.ckpt")
    try trainer(steps: 4) { $0.optimizer = kind }.run(
      checkpointPath: folder + "/half.ckpt", until: 2)
    try trainer(steps: 4, start: .checkpoint(folder + "/half.ckpt")) { $0.optimizer = kind }
      .run(checkpointPath: folder + "/rest.ckpt")
    let expected = try Checkpoint(path: folder + "/whole.ckpt")
    let found = try Checkpoint(path: folder + "/rest.ckpt")
    #expect(found.parts == expected.parts)
    #expect(found.optimizer == expected.optimizer)
    #expect(found.optimizer.isEmpty == (kind != .soap))
    // Another optimizer begins with moments of its own.
    let other = try trainer(steps: 6, start: .checkpoint(folder + "/whole.ckpt")) {
      $0.optimizer = kind == .adam ? .muon : .adam
    }
    try other.run(checkpointPath: folder + "/other.ckpt")
    #expect(try other.loss(batches: 1).isFinite)
  }

  @Test("A model is written at once, and better ones after it")
  func exportsInSteps() throws {
    let trainer = try trainer(steps: 20)
    try trainer.run(checkpointPath: folder + "/steps.ckpt")
    var models: [ModelFile] = []
    let last = try trainer.export(name: "test") { models.append($0) }
    #expect(models.count >= 3 && models.last == last)
    for file in models { _ = try Model(contentsOf: file.serialized()) }
    // A run that was stopped keeps the first.
    trainer.stop.set()
    models = []
    try trainer.export(name: "test") { models.append($0) }
    #expect(models.count == 1)
  }

  /// Steps on a network with a dual checkerboard.
  private func dual(
    from start: TrainingStart = .blockDCT, steps: Int = 20
  ) throws -> Trainer {
    try trainer(
      steps: steps, start: start,
      network: {
        var changed = $0
        changed.latentWidth = 64
        changed.passMask = .dualCheckerboard
        return changed
      }
    ) { _ in }
  }

  @Test("A network with a dual checkerboard learns, and its model codes")
  func dualCheckerboard() throws {
    let trainer = try dual()
    let loss = try losses(of: trainer, batches: 4)
    #expect(loss.after < loss.before)
    let file = try trainer.export(name: "test") { _ in }
    #expect(file.network.passMask == .dualCheckerboard)
    #expect(file.preview != nil)
    let model = try Model(contentsOf: file.serialized())
    let image = try PNG.read(Array(Self.picture(5))).image
    let encoded = try ImageEncoder(model: model).encodeTrial(image)
    let decoded = try ImageDecoder(models: ModelLibrary([model])).decode(encoded.bytes)
    #expect(decoded == encoded.reconstruction)
    #expect(try Metrics.psnr(image, decoded) > 20)
    // It goes on as what it is, and not as anything else.
    let state = try dual(from: .checkpoint(folder + "/losses.ckpt"), steps: 21)
    #expect(abs(try state.loss(batches: 4) - loss.after) < 1e-6 * loss.after)
    #expect(throws: TrainError.self) {
      _ = try grown(from: .checkpoint(folder + "/losses.ckpt")) { $0.passMask = .checkerboard }
    }
  }

  @Test("A network that gets a dual checkerboard decodes as before")
  func growsDualCheckerboard() throws {
    let simple = try trainer(
      steps: 6,
      network: {
        var changed = $0
        changed.latentWidth = 64
        return changed
      }
    ) { _ in }
    try simple.run(checkpointPath: folder + "/simple.ckpt")
    let before = try simple.figures(of: figureImage())
    let grown = try dual(from: .checkpoint(folder + "/simple.ckpt"), steps: 7)
    let after = try grown.figures(of: figureImage())
    // Rounding is around other means, so not to the last digit.
    for (one, other) in zip(before, after) { #expect(abs(one.psnr - other.psnr) < 0.1) }
  }

  private func figureImage() throws -> Image {
    try PNG.read(Array(Self.picture(6))).image
  }

  @Test("No GPU, where one is asked for, is an error", .enabled(if: torch?.hasCUDA == false))
  func noCUDA() throws {
    let torch = try #require(torch)
    #expect(throws: TrainError.self) {
      _ = try Trainer(
        torch: torch, images: [folder], validation: [], start: .blockDCT, network: { $0 },
        options: TrainingOptions(), threads: 1, group: WorkerGroup(torch), cuda: true,
        log: TrainingLog(csvPath: nil), stop: StopFlag())
    }
  }

  @Test("What is not a checkpoint is refused")
  func badCheckpoints() throws {
    try Data("nonsense".utf8).write(to: url("bad.ckpt"))
    #expect(throws: TrainError.self) { _ = try trainer(steps: 1, start: .checkpoint(folder + "/bad.ckpt")) }
    #expect(throws: TrainError.self) { _ = try trainer(steps: 1, start: .checkpoint(folder + "/none.ckpt")) }
  }
}

@Suite("Training images")
struct TrainingImagesTests {
  @Test("A downscaled picture shows the same: flat stays flat, a ramp a ramp, fine stripes go")
  func downscales() {
    let (width, height) = (60, 45)
    func picture(_ value: (Int, Int) -> Int) -> Image {
      var pixels: [UInt8] = []
      for y in 0..<height {
        for x in 0..<width { pixels += [value(x, y), 255 - value(x, y), 77].map { UInt8($0) } }
      }
      return Image(width: width, height: height, channels: .rgb, pixels: pixels)
    }
    let ramp = picture { x, y in 2 * x + 3 * y }
    #expect(ramp.downscaled(by: 1) == ramp)
    let smaller = ramp.downscaled(by: 1.5)
    #expect(smaller.width == 40 && smaller.height == 30)
    for (x, y) in [(5, 5), (20, 17), (34, 24)] {
      // Its middle was at this place of the ramp.
      let expected = 2 * ((Double(x) + 0.5) * 1.5 - 0.5) + 3 * ((Double(y) + 0.5) * 1.5 - 0.5)
      let place = 3 * (y * 40 + x)
      #expect(abs(Double(smaller.pixels[place]) - expected) <= 1)
      #expect(abs(Double(smaller.pixels[place + 1]) - (255 - expected)) <= 1)
      #expect(smaller.pixels[place + 2] == 77)
    }
    let stripes = picture { x, _ in x % 2 * 200 }.downscaled(by: 2)
    for x in 3..<27 { #expect(abs(Int(stripes.pixels[3 * (10 * 30 + x)]) - 100) < 12) }
  }

  @Test("A folder without images, and a missing one, are named in the error")
  func empty() throws {
    let folder = NSTemporaryDirectory() + "vaezip-empty-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    #expect(throws: TrainError.self) {
      _ = try TrainingImages([folder], cropSize: 64, threads: 1, seed: 1)
    }
    #expect(throws: TrainError.self) {
      _ = try TrainingImages([folder + "/none"], cropSize: 64, threads: 1, seed: 1)
    }
  }
}
