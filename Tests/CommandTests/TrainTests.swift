import Foundation
import Testing
import VAEZip

/// What `vaezip train` says before it trains, and several processes that train together; the trainer
/// itself is tested in VAETrainTests.
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
    try command.write(PNG.write(Fixtures.image(160, 128)), to: "a.png")
    let arguments = [
      "train", "a.png", "--steps", "3", "--crop", "64", "-T", "1", "--latent", "64", "--levels", "2",
      "--analysis-blocks", "1", "--synthesis-blocks", "1", "--evening", "0.5", "--smaller", "0.5",
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

  @Test(arguments: [
    [], ["."], [".", "--out", "m", "--minutes", "1", "--steps", "1"],
    [".", "--out", "m", "--steps", "0"], [".", "--out", "m", "--crop", "100"],
    [".", "--out", "m", "--posterior", "laplace"], [".", "--out", "m", "--loss", "l1"],
    [".", "--out", "m", "--width", "100"],
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
