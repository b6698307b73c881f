import Foundation
import Testing

/// What `vaezip train` says before it trains; training itself is tested in VAETrainTests.
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

  @Test(arguments: [
    [], ["."], [".", "--out", "m", "--minutes", "1", "--steps", "1"],
    [".", "--out", "m", "--steps", "0"], [".", "--out", "m", "--crop", "100"],
    [".", "--out", "m", "--posterior", "laplace"], [".", "--out", "m", "--loss", "l1"],
    [".", "--out", "m", "--width", "100"], [".", "--out", "m", "--threads", "-1"],
  ])
  func wrongOptions(arguments: [String]) throws {
    let command = try Command()
    defer { command.remove() }
    let run = try command.run(["train"] + arguments)
    #expect(run.status == 2)
    #expect(try command.files() == [])
  }
}
