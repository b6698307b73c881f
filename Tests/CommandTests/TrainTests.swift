import Foundation
import TestSupport
import Testing
import VAEZip

/// `vaezip train` as a program: its messages, signals, and several processes that train together. The
/// trainer itself is tested in VAETrainTests.
@Suite struct TrainTests {
  @Test func withoutLibtorchOneLineSaysHowToGetIt() throws {
    let command = try Command()
    defer { command.remove() }
    let run = try command(
      "train", ".", "--out", "new.model", environment: ["VAEZIP_TORCH": "/none/libvztorch.so"])
    #expect(run.status == 1)
    #expect(run.errorLines.count == 1)
    #expect(run.error.hasPrefix("vaezip: training needs libtorch"))
    #expect(run.error.contains("apt-get install"))
    #expect(!run.error.contains("?"))
    #expect(try command.files() == [])
  }

  /// Two processes on this machine, as torchrun would start them, against one with their batches
  /// together: they learn the same, but for the order of sums.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["VAEZIP_TORCH"] != nil,
      "libtorch's shim is not on this machine"))
  func twoProcessesTrainAsOne() async throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(PNG.write(TestImage.make(160, 128)), to: "a.png")
    let arguments = [
      "train", "a.png", "--steps", "3", "--crop", "64", "-T", "1", "--latent", "64", "--levels", "2",
      "--analysis-blocks", "1", "--synthesis-blocks", "1", "--flat-crops", "0.5", "--downscaled", "0.5",
      "--decay", "0",
    ]
    let port = "\(Int.random(in: 20000...30000))"
    @Sendable func process(_ rank: Int) throws -> Command.Result {
      try command.run(
        arguments + ["--batch", "2", "--out", "two.model"],
        environment: [
          "RANK": "\(rank)", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
        ])
    }
    async let second = process(1)
    let first = try process(0)
    #expect(first.status == 0)
    #expect(try await second.status == 0)
    #expect(try command.run(arguments + ["--batch", "4", "--out", "one.model"]).status == 0)

    // Adam's first moments: sums of the gradients of all steps.
    func moments(_ name: String) throws -> [String: [Float]] {
      try SafetensorsFile(parsing: command.read(name)).tensors
        .filter { $0.key.hasPrefix("mean/") }.mapValues { $0.floats() }
    }
    let (one, two) = try (moments("one.model.ckpt"), moments("two.model.ckpt"))
    var (difference, size) = (0.0, 0.0)
    for (name, values) in one {
      for (a, b) in zip(values, try #require(two[name])) {
        difference += Double((a - b) * (a - b))
        size += Double(a * a)
      }
    }
    #expect(size > 0)
    #expect(difference.squareRoot() < 1e-3 * size.squareRoot())
  }

  /// Options for a tiny network that learns from a picture.
  private static let tiny = [
    "train", "a.png", "--out", "a.model", "--crop", "64", "--batch", "1", "-T", "1", "--latent", "64",
    "--levels", "2", "--analysis-blocks", "0", "--synthesis-blocks", "0",
  ]

  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["VAEZIP_TORCH"] != nil,
      "libtorch's shim is not on this machine"), arguments: [SIGINT, SIGTERM])
  func aSignalEndsTheTrainingWithCheckpointAndModel(number: Int32) throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(PNG.write(TestImage.make(160, 128)), to: "a.png")
    let process = command.makeProcess(Self.tiny + ["--minutes", "600", "--csv", "a.csv"])
    process.standardError = FileHandle.nullDevice
    try process.run()
    // The CSV file appears when training begins.
    while try !command.files().contains("a.csv"), process.isRunning { usleep(10_000) }
    sleep(2)
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    #expect(try command.files() == ["a.png", "a.csv", "a.model", "a.model.ckpt"])
    _ = try Model(contentsOf: command.read("a.model"))
    // The checkpoint can be resumed.
    let rest = try command.run(Self.tiny + ["--resume", "a.model.ckpt", "--steps", "1"])
    #expect(rest.status == 0)
  }

  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["VAEZIP_TORCH"] != nil,
      "libtorch's shim is not on this machine"))
  func whatCannotBeUsedIsNamedInOneLine() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(PNG.write(TestImage.make(160, 128)), to: "a.png")
    try command.write(Array("nonsense".utf8), to: "bad.ckpt")
    try command.write(Array(#"{"transformWidth": -32}"#.utf8), to: "bad.json")
    let before = try command.files()
    for (arguments, name) in [
      (["--resume", "bad.ckpt"], "bad.ckpt"), (["--resume", "none.ckpt"], "none.ckpt"),
      (["--network", "bad.json"], "bad.json"), (["--network", "none.json"], "none.json"),
      (["--valid", "none"], "none"), (["--out", "none/a.model"], "none/a.model"),
      (["--out", "."], "."),
    ] {
      // The network's options exclude a file of it.
      let run = try command.run(["train", "a.png", "--out", "a.model", "--steps", "1"] + arguments)
      #expect(run.status == 1, "\(arguments)")
      #expect(run.errorLines.count == 1 && run.error.hasPrefix("vaezip: \(name): "), "\(run.error)")
      #expect(try command.files() == before)
    }
  }

  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["VAEZIP_TORCH"] != nil,
      "libtorch's shim is not on this machine"))
  func picturesThatCannotBeReadAreSkippedAndCounted() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(PNG.write(TestImage.make(160, 128)), to: "a.png")
    try command.write(PNG.write(TestImage.make(20, 20)), to: "small.png")
    try command.write(Array("nonsense".utf8), to: "b.png")
    #expect(mkfifo(command.directory.appending(path: "c.png").path, 0o600) == 0)
    let run = try command.run(
      Self.tiny.map { $0 == "a.png" ? "." : $0 } + ["--steps", "1", "--decay", "0"])
    #expect(run.status == 0)
    #expect(run.error.contains("1 images, 0 Mpixel, 2 unreadable files left out, 1 smaller than a crop"))
  }

  @Test(
    "A textbook's VAE from training to its evidence lower bound",
    .enabled(
      if: ProcessInfo.processInfo.environment["VAEZIP_TORCH"] != nil,
      "libtorch's shim is not on this machine"))
  func gaussianPosterior() throws {
    let command = try Command()
    defer { command.remove() }
    try command.write(PNG.write(TestImage.make(160, 128)), to: "a.png")
    try command.write(PNG.write(TestImage.make(15, 15)), to: "b.png")
    let training = try command.run(Self.tiny + ["--steps", "2", "--posterior", "gaussian"])
    #expect(training.status == 0, "\(training.error)")
    let arguments = ["--model", "a.model", "--posterior", "gaussian", "-q", "10,60.5"]
    let run = try command.run(
      ["evaluate", "a.png", "b.png", "--csv", "r.csv", "--json", "r.json"] + arguments)
    #expect(run.status == 0 && run.errorLines.isEmpty, "\(run.error)")
    #expect(run.text.contains("elbo_nats"))

    let object = try JSONSerialization.jsonObject(with: Data(try command.read("r.json")))
    let results = try #require((object as? [String: Any])?["results"] as? [[String: Any]])
    let rows = results.filter { $0["codec"] as? String == "vae" && $0["file"] as? String == "a.png" }
    #expect(rows.compactMap { $0["quality"] as? Double } == [10, 60.5])
    for row in rows {
      func figure(_ name: String) throws -> Double { try #require(row[name] as? Double, "\(name)") }
      let (d, beta, kl) = (try figure("mse"), try figure("beta"), try figure("model_bpp"))
      #expect(d > 0 && beta > 0 && kl > 0)
      #expect(abs(try figure("objective") - (d + beta * kl)) < 1e-9 * d)
      // A Gaussian decoder of the variance 3β / (2 ln 2), in nats per sample.
      let variance = 3 * beta / (2 * log(2))
      let bound = -(d / (2 * variance) + 0.5 * log(2 * Double.pi * variance) + log(2) * kl / 3)
      #expect(abs(try figure("elbo_nats_per_dimension") - bound) < 1e-9 * abs(bound))
      #expect(abs(try figure("psnr") - 10 * log10(255 * 255 / d)) < 1e-9)
      #expect(row["bytes"] is NSNull && row["note"] as? String == "sampled latents, not coded")
    }
    let small = results.filter { $0["codec"] as? String == "vae" && $0["file"] as? String == "b.png" }
    #expect(small.allSatisfy { $0["mse"] is NSNull && ($0["note"] as? String)?.contains("16×16") == true })
    let table = String(decoding: try command.read("r.csv"), as: UTF8.self)
    #expect(table.split(separator: "\n").filter { $0.contains(",vae,") }.count == 4 + 2)

    // The built-in model, and one without standard deviations.
    let builtIn = try command("evaluate", "a.png", "--posterior", "gaussian")
    #expect(builtIn.status == 2 && builtIn.error.contains("needs a --model"))
    try command.write(try RandomModel.bytes(), to: "uniform.model")
    let uniform = try command(
      "evaluate", "a.png", "--model", "uniform.model", "--posterior", "gaussian")
    #expect(uniform.status == 1 && uniform.errorLines.count == 1, "\(uniform.error)")
    #expect(uniform.error.hasPrefix("vaezip: uniform.model: has no Gaussian posterior"))
  }

  @Test(arguments: [
    [], ["."], [".", "--out", "m", "--minutes", "1", "--steps", "1"],
    [".", "--out", "m", "--steps", "0"], [".", "--out", "m", "--crop", "100"],
    [".", "--out", "m", "--posterior", "laplace"], [".", "--out", "m", "--distortion", "l1"],
    [".", "--out", "m", "--width", "100"], [".", "--out", "m", "--optimizer", "sgd"],
    [".", "--out", "m", "--decay", "2"], [".", "--out", "m", "--distortion", "bce=1,mse=1"],
    [".", "--out", "m", "--network", "n.json", "--levels", "3"],
    [".", "--out", "m", "--from", "photo", "--resume", "m.ckpt"], [".", "--out", "m", "--threads", "-1"],
  ])
  func wrongOptions(arguments: [String]) throws {
    let command = try Command()
    defer { command.remove() }
    let run = try command.run(["train"] + arguments)
    #expect(run.status == 2)
    #expect(try command.files() == [])
  }
}
