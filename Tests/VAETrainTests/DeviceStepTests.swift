import CTorch
import Foundation
import Testing
import VAETrain
import VAEZip

private let torch = try? Torch.load()

/// Steps that nobody waits for, and the pieces that they consist of, on the CPU: there all of it runs
/// but the CUDA kernels themselves, which `Sources/CTorch/check` compares with their twins.
@Suite("Device step", .usesLibtorch, .enabled(if: torch != nil, "libtorch's shim is not on this machine"))
struct DeviceStepTests {
  private let torch: Torch

  init() throws {
    torch = try Torch.load()
    torch.setThreads(1)
    torch.setSeed(1)
  }

  private func network(seed: UInt64 = 1) throws -> TorchNetwork {
    let network = TorchNetwork(torch, tinyDescription, posteriorHead: false, device: .cpu)
    var random = SplitMix64(seed: seed)
    var values: [String: [Float]] = [:]
    for spec in network.parameters.specs {
      let inputs = max(spec.shape.dropFirst().reduce(1, *), 1)
      let scale = spec.name.hasPrefix("gain") ? 0.3 : 0.7 / Double(inputs).squareRoot()
      values[spec.name] = (0..<spec.count).map { _ in Float(random.uniform(-scale, scale)) }
    }
    try network.parameters.write(.values, values)
    return network
  }

  private func image(_ width: Int, _ height: Int, seed: UInt64 = 5) -> Image {
    var random = SplitMix64(seed: seed)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          pixels.append(UInt8((x * (c + 1) + 2 * y) % 180 + Int(random.next() % 40)))
        }
      }
    }
    return Image(width: width, height: height, channels: .rgb, pixels: pixels)
  }

  private func table(_ images: [Image]) throws -> CropTable {
    let table = CropTable(torch, capacity: images.count, device: .cpu)
    for image in images { table.add(image) }
    try torch.check()
    return table
  }

  private func random(_ shape: [Int], scale: Float = 1, seed: UInt64 = 3) -> Tensor {
    var random = SplitMix64(seed: seed)
    let values = (0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-1, 1)) * scale }
    return .floats(torch, values, shape)
  }

  /// A leaf, and where its gradient goes.
  private func leaf(_ values: Tensor) -> (value: Tensor, gradient: Tensor) {
    let flat = values.reshape([values.count]).copied()
    let gradient = Tensor.zeros(torch, [values.count])
    return (.parameter(flat, gradients: gradient, start: 0, shape: values.shape), gradient)
  }

  private func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
    let (x, y) = (try a.floats(), try b.floats())
    #expect(x.count == y.count)
    let error = zip(x, y).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }
    return (error / max(y.reduce(0.0) { $0 + Double($1 * $1) }, 1e-30)).squareRoot()
  }

  // MARK: Network

  @Test("The fused network is the network: rates, errors and gradients", arguments: [1, 2] as [Int32])
  func fusedNetwork(kernels: Int32) throws {
    // By the decoded pixels: what has noise differs.
    torch.use(.init(rawValue: kernels) ?? .kernels)
    defer { torch.use(.kernels) }
    let positions = [0.3, 2.0]
    let pixels = Tensor.concatenate(
      [image(64, 64), image(64, 64, seed: 8)].map { .pixels(torch, $0) }, dimension: 0)
    let (plain, other) = (try network(), try network())
    let fused = FusedNetwork(
      other, type: .float32, noise: .init(seed: 1, step: .int64(torch, 4)))
    let expected = plain.forward(
      pixels, positions: positions, posterior: .uniform, sampling: true)
    let found = fused.forward(pixels, levelWeights: other.levelWeights(positions))
    #expect(try distance(found.squaredError, expected.squaredError) < 1e-4)
    // Noise of other numbers moves the rate by a few percent of so few latents.
    #expect(try distance(found.bitsPerPixel, expected.bitsPerPixel) < 0.05)

    expected.squaredError.sum().backward()
    found.squaredError.sum().backward()
    try torch.check()
    #expect(try distance(other.parameters.gradients, plain.parameters.gradients) < 1e-3)
  }

  @Test("Trunks in 16 bits compute nearly the same")
  func sixteenBits() throws {
    let pixels = Tensor.pixels(torch, image(64, 64))
    let network = try network()
    func pass(_ type: Tensor.ElementType) throws -> (FusedNetwork.Pass, Tensor) {
      network.parameters.gradients.zero()
      let fused = FusedNetwork(
        network, type: type, noise: .init(seed: 1, step: .int64(torch, 4)))
      let pass = fused.forward(pixels, levelWeights: network.levelWeights([1.4]))
      (pass.squaredError * 0.01 + pass.bitsPerPixel).sum().backward()
      try torch.check()
      return (pass, network.parameters.gradients.copied())
    }
    let (exact, gradients) = try pass(.float32)
    let (rounded, roundedGradients) = try pass(.bfloat16)
    #expect(try distance(rounded.squaredError, exact.squaredError) < 0.03)
    #expect(try distance(rounded.bitsPerPixel, exact.bitsPerPixel) < 0.03)
    #expect(try distance(roundedGradients, gradients) < 0.2)
    #expect(try distance(roundedGradients, gradients) > 0)
  }

  @Test(
    "The latent's rate and gradients are those of RateModel, its noise uniform", arguments: [false, true])
  func latent(isDual: Bool) throws {
    let (channels, height, width) = (8, 6, 5)
    let shape = [2, channels, height, width]
    let change = leaf(random([2, 2 * channels, height, width], seed: 4))
    let prior = leaf(random([2, 2 * channels, height, width], scale: 2, seed: 5))
    let v = leaf(random(shape, scale: 6, seed: 6))
    let noise = Tensor.NoiseSource(seed: 9, step: .int64(torch, 77))
    let coded = v.value.codedLatent(
      prior: prior.value, change: change.value, noise: noise, stream: 1, isDual: isDual)
    (coded.bits.sum() + (coded.latent * random(shape, seed: 7)).sum()).backward()

    // The same in plain operations.
    let mask = (0..<channels * height * width).map { index -> Float in
      let (x, y, c) = (index % width, index / width % height, index / (width * height))
      return Float((x + y + (isDual && c >= channels / 2 ? 1 : 0)) & 1)
    }
    let second = Tensor.floats(torch, mask, [1, channels, height, width])
    let change2 = leaf(random([2, 2 * channels, height, width], seed: 4))
    let prior2 = leaf(random([2, 2 * channels, height, width], scale: 2, seed: 5))
    let v2 = leaf(random(shape, scale: 6, seed: 6))
    let (meanChange, rawChange) = change2.value.halves()
    let (mean1, raw1) = prior2.value.halves()
    let mean = mean1 + meanChange * second
    let raw = raw1 + rawChange * second
    let uniform = Tensor.floats(
      torch, NoiseReference(seed: 9, stream: 1, step: 77).values(2 * channels * height * width), shape)
    let bits = RateModel.bits(
      v2.value - mean + uniform,
      logDeviation: RateModel.logDeviation(level: raw.affine(8, 16)))
    let decoded = (v2.value - mean).roundedStraightThrough() + mean
    (bits.sum() + (decoded * random(shape, seed: 7)).sum()).backward()
    try torch.check()

    #expect(try distance(coded.latent, decoded) < 1e-6)
    #expect(try distance(coded.bits, bits.sumBySample()) < 1e-5)
    for (found, expected) in [(v, v2), (prior, prior2), (change, change2)] {
      #expect(try distance(found.gradient, expected.gradient) < 1e-3)
    }
    let first = v.value.firstPass(prior: prior.value, isDual: isDual)
    #expect(try distance(first, decoded * second.affine(-1, 1)) < 1e-6)
  }

  // MARK: Crops

  @Test("Crops at step 1 are the picture's own pixels, mirrored and transposed")
  func crops() throws {
    let picture = image(37, 29)
    let table = try table([image(20, 20, seed: 2), picture])
    for flips in 0..<8 {
      let record = CropRecord(image: 1, x: 6, y: 3, step: 1, flips: Int32(flips))
      let found = try table.crops([record], size: 16).floats()
      var expected: [Float] = []
      for c in 0..<3 {
        for a in 0..<16 {
          for b in 0..<16 {
            var (row, column) = flips & 4 == 0 ? (a, b) : (b, a)
            if flips & 1 != 0 { column = 15 - column }
            if flips & 2 != 0 { row = 15 - row }
            let place = 3 * ((row + 3) * picture.width + column + 6) + c
            expected.append((Float(picture.pixels[place]) - 128) / 128)
          }
        }
      }
      #expect(found == expected)
    }
  }

  @Test("Scaled crops show the same: a ramp stays one, stripes become gray")
  func scaledCrops() throws {
    let (width, height) = (96, 80)
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width { pixels += [UInt8(2 * x), UInt8(2 * y), UInt8(x % 2 * 200)] }
    }
    let picture = Image(width: width, height: height, channels: .rgb, pixels: pixels)
    let record = CropRecord(image: 0, x: 4.5, y: 3.25, step: 2, flips: 0)
    let found = try table([picture]).crops([record], size: 32).floats().map { $0 * 128 + 128 }
    for a in 2..<30 {
      for b in 2..<30 {
        #expect(abs(found[a * 32 + b] - Float(2 * (4.5 + (Double(b) + 0.5) * 2 - 0.5))) <= 1)
        #expect(abs(found[1024 + a * 32 + b] - Float(2 * (3.25 + (Double(a) + 0.5) * 2 - 0.5))) <= 1)
        #expect(abs(found[2048 + a * 32 + b] - 100) < 16)
      }
    }
  }

  @Test("Drawn crops are inside their images and of all scales from 0.4 to 1")
  func draws() throws {
    let table = try table([image(64, 70), image(200, 90), image(40, 300)])
    var random = SplitMix64(seed: 1)
    let records = table.draw(500, size: 64, scaledShare: 0.5, using: &random)
    let sizes: [(Float, Float)] = [(64, 70), (200, 90), (40, 300)]
    for record in records {
      let (width, height) = sizes[Int(record.image)]
      #expect(record.image != 2 && record.step >= 1 && record.step <= 2.5)
      #expect(record.x >= 0 && record.x + 64 * record.step <= width + 0.01)
      #expect(record.y >= 0 && record.y + 64 * record.step <= height + 0.01)
      if record.step == 1 { #expect(record.x == record.x.rounded() && record.y == record.y.rounded()) }
    }
    #expect(Set(records.map(\.flips)).count == 8)
    let upright = table.draw(100, size: 64, scaledShare: 0.5, flips: false, using: &random)
    #expect(upright.allSatisfy { $0.flips == 0 })
    #expect(records.filter { $0.step == 1 }.count > 200)
    #expect(records.contains { $0.step > 1.3 })
  }

  // MARK: Steps

  private func values(_ step: Int, _ table: CropTable, batch: Int = 2) -> StepInput.Values {
    var random = SplitMix64(seed: UInt64(step))
    let crops = table.draw(batch, size: 64, scaledShare: 0.4, using: &random)
    let positions = (0..<batch).map { _ in random.uniform(0, Double(tinyDescription.levels - 1)) }
    return .init(
      step: step, optimizerStep: step, positions: positions, crops: crops, learningRate: 1e-3, decay: 0.9,
      gradientNorm: 1)
  }

  @Test("Adam's step on the device is the host's, clipping included")
  func adam() throws {
    let (one, other) = (try network(), try network())
    let count = one.parameters.values.count
    let control = StepInput(
      torch, batch: 1, lambdas: tinyDescription.lambdas, maxLossScale: 1, device: .cpu)
    let table = try table([image(64, 64)])
    for step in 1...5 {
      // Of norm below and above 1.
      let gradient = random([count], scale: step % 2 == 0 ? 1e-4 : 1, seed: UInt64(step))
      one.parameters.gradients.copy(from: gradient)
      let norm = one.parameters.squaredGradientNorm().item.squareRoot()
      _ = torch.api.adam(
        one.parameters.values.handle, one.parameters.gradients.handle, one.parameters.mean.handle,
        one.parameters.square.handle, one.parameters.average.handle, 1e-3, 0.9, 0.999, 1e-8,
        Int64(step), min(1, 1 / norm), 0.9)

      let p = other.parameters
      p.gradients.copy(from: gradient)
      control.fill(values(step, table, batch: 1))
      var initial = [Float](repeating: 0, count: VZT_STATE_COUNT)
      initial[VZT_LOSS_SCALE] = 1
      let state = Tensor.floats(torch, initial, [initial.count])
      _ = torch.api.judge(p.gradients.handle, control.control.handle, state.handle)
      _ = torch.api.adam_judged(
        p.values.handle, p.gradients.handle, p.mean.handle, p.square.handle, p.average.handle,
        0.9, 0.999, 1e-8, control.control.handle, state.handle)
      try torch.check()
      #expect(abs(try state.floats()[VZT_NORM] - Float(norm)) < 1e-3 * Float(norm))
    }
    for part in Parameters.Part.allCases {
      #expect(try distance(other.parameters.vector(part), one.parameters.vector(part)) < 1e-5)
    }
    #expect(try other.parameters.gradients.floats().allSatisfy { $0 == 0 })
  }

  private func step(
    _ network: TorchNetwork, _ table: CropTable, takesAdam: Bool = true
  ) throws -> DeviceStep {
    try DeviceStep(
      network, crops: table, batch: 2, cropSize: 64,
      options: .init(takesAdam: takesAdam))
  }

  @Test("Steps learn, and the report adds them up by level")
  func learns() throws {
    let network = try network()
    let table = try table([image(100, 90)])
    let step = try step(network, table)
    var losses: [Double] = []
    for round in 0..<2 {
      for index in 1...20 { try step.run(values(round * 20 + index, table)) }
      let report = try step.report()
      losses.append(report.loss)
      #expect(report.steps == 20 && report.skipped == 0 && report.gradientNorm > 0)
      #expect(report.levels.map(\.count).reduce(0, +) == 40)
      for level in report.levels where level.count > 0 {
        #expect(level.bitsPerPixel > 0 && level.psnr.isFinite)
      }
    }
    #expect(losses[1] < losses[0])
  }

  @Test("The same steps give the same bits, whatever was before")
  func repeats() throws {
    let table = try table([image(100, 90)])
    func after(_ warmUp: Bool) throws -> [Float] {
      let network = try network()
      if warmUp { _ = try random([100]).floats() }
      let step = try step(network, table)
      for index in 1...3 { try step.run(values(index, table)) }
      return try network.parameters.values.floats()
    }
    #expect(try after(false) == after(true))
  }

  @Test("A step without finite gradients changes nothing and is counted")
  func skips() throws {
    let network = try network()
    let table = try table([image(100, 90)])
    let step = try step(network, table)
    try step.run(values(1, table))
    let before = try Parameters.Part.allCases.map { try network.parameters.vector($0).floats() }
    network.parameters.gradients.copy(
      from: .floats(
        torch, [Float](repeating: .nan, count: network.parameters.gradients.count),
        [network.parameters.gradients.count]))
    try step.run(values(2, table))
    let report = try step.report()
    #expect(report.steps == 1 && report.skipped == 1 && report.badRun == 1)
    #expect(try Parameters.Part.allCases.map { try network.parameters.vector($0).floats() } == before)
    try step.run(values(3, table))
    let next = try step.report()
    #expect(next.steps == 1 && next.skipped == 0 && next.badRun == 0)
  }

  @Test("Where another optimizer steps, gradients are left for it, clipped")
  func leavesGradients() throws {
    let network = try network()
    let table = try table([image(100, 90)])
    let step = try step(network, table, takesAdam: false)
    let before = try network.parameters.values.floats()
    try step.run(values(1, table))
    #expect(try network.parameters.values.floats() == before)
    let norm = network.parameters.squaredGradientNorm().item.squareRoot()
    #expect(norm > 0 && norm < 1 + 1e-4)
  }

  /// A trainer that takes a device's steps on the CPU.
  private func trainer(
    _ folder: String, steps: Int, optimizer: OptimizerKind = .adam,
    start: TrainingStart = .blockDCT
  ) throws -> Trainer {
    var options = TrainingOptions()
    options.length = .steps(steps)
    options.takesDeviceSteps = true
    options.optimizer = optimizer
    options.learningRate = 3e-4
    options.distortion = try #require(Distortion(parsing: "mse=0.7,ms-ssim=0.3"))
    options.batch = 2
    options.cropSize = 64
    options.downscaledShare = 0.4
    options.warmUpSteps = 2
    let isNew = if case .blockDCT = start { true } else { false }
    return try Trainer(
      torch: torch, images: [folder], validation: [], start: start,
      network: { isNew ? tinyDescription : $0 }, options: options, threads: 1,
      group: WorkerGroup(torch, environment: [:]), cuda: false,
      log: TrainingLog(csvPath: folder + "/log.csv"), stop: StopFlag())
  }

  private func pictures() throws -> String {
    let folder = NSTemporaryDirectory() + "vaezip-device-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 0..<2 {
      try Data(try PNG.write(image(160, 144, seed: UInt64(index))))
        .write(to: URL(fileURLWithPath: folder + "/image\(index).png"))
    }
    return folder
  }

  @Test("A trainer learns by such steps, with each optimizer", arguments: OptimizerKind.allCases)
  func trains(optimizer: OptimizerKind) throws {
    let folder = try pictures()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let trainer = try trainer(folder, steps: 40, optimizer: optimizer)
    let before = try trainer.loss(batches: 4)
    try trainer.run(checkpointPath: folder + "/a.ckpt")
    #expect(try trainer.loss(batches: 4) < before)
    let log = try String(contentsOfFile: folder + "/log.csv", encoding: .utf8)
    #expect(log.contains("\ntrain,40,"))
  }

  @Test("Resuming goes on as if there had been no break")
  func resumes() throws {
    let folder = try pictures()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try trainer(folder, steps: 6).run(checkpointPath: folder + "/whole.ckpt", until: 4)
    try trainer(folder, steps: 6).run(checkpointPath: folder + "/half.ckpt", until: 2)
    try trainer(folder, steps: 6, start: .checkpoint(folder + "/half.ckpt"))
      .run(checkpointPath: folder + "/rest.ckpt", until: 4)
    let expected = try Checkpoint(path: folder + "/whole.ckpt")
    let found = try Checkpoint(path: folder + "/rest.ckpt")
    for part in Parameters.Part.allCases { #expect(found.parts[part] == expected.parts[part]) }
  }

  @Test("On the CPU the graph simply runs its work")
  func graph() throws {
    let graph = StepGraph(torch, device: .cpu, isEnabled: true)
    var runs = 0
    for _ in 0..<7 { try graph.run { runs += 1 } }
    #expect(runs == 7 && graph.refusal == nil)
  }

  @Test("What a GPU is needed for fails with a message")
  func noGPU() throws {
    guard !torch.hasCUDA else { return }
    _ = Tensor.zeros(torch, [1], device: .cuda(0))
    #expect(throws: TrainError.self) { try torch.check() }
    _ = torch.api.begin_graph(Tensor.Device.cuda(0).rawValue)
    #expect(throws: TrainError.self) { try torch.check() }
  }
}

/// The shim's noise, written anew: uniform in −1/2 ..< 1/2 by the element's place in [B, C, H, W].
private struct NoiseReference {
  let seed: UInt64, stream: UInt64, step: UInt64
  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

  init(seed: UInt64, stream: UInt64, step: UInt64) {
    (self.seed, self.stream, self.step) = (seed, stream, step)
  }

  private func mixed(_ value: UInt64) -> UInt64 {
    var z = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  func values(_ count: Int) -> [Float] {
    let key = mixed(mixed(seed &+ Self.golden &* (stream + 1)) &+ Self.golden &* step)
    return (0..<count).map {
      Float(mixed(key &+ Self.golden &* UInt64($0)) >> 40) * 0x1p-24 - 0.5
    }
  }
}
