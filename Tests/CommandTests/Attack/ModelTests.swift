import Foundation
import TestSupport
import Testing
import VAEZip

/// Model files and checkpoints from strangers: forged, huge, impossible.
@Suite("hostile models and checkpoints", .serialized)
struct ModelTests {
  @Test("a model with the forged id of the built-in one is refused everywhere")
  func forged() throws {
    let vaezip = try Command.withFiles()
    defer { vaezip.remove() }
    try vaezip.write(ForgedModel.bytes(id: Model.builtIn().id), to: "evil.model")
    #expect(try vaezip("compress", "-e1", "good.png", "-o", "photo.vz").status == 0)
    for arguments in [
      ["decompress", "--region", "0,0,9,9", "--model", "evil.model", "photo.vz", "-o", "x.png"],
      ["decompress", "--model", "evil.model", "photo.vz", "-o", "x.png"],
      ["verify", "--model", "evil.model", "photo.vz"], ["info", "evil.model"],
      ["info", "-v", "--model", "evil.model", "photo.vz"],
      ["compress", "--model", "evil.model", "good.png", "-o", "x.vz"],
      ["evaluate", "-q", "50", "--model", "evil.model", "good.png"],
    ] {
      let result = try vaezip.run(arguments)
      #expect(result.status == 1, "\(arguments)")
      #expect(result.errorLines.count == 1, "\(result.error)")
      #expect(result.error.hasPrefix("vaezip: evil.model: model file: forged: "), "\(result.error)")
      #expect(result.output.isEmpty)
    }
    #expect(try vaezip.files().isDisjoint(with: ["x.png", "x.vz"]))
    // In a folder of models, it is never reached.
    let verified = try vaezip.shell("mkdir m; cp evil.model m; VAEZIP_MODELS=m $V verify photo.vz")
    #expect(verified.status == 0, "\(verified.error)")
  }

  #if os(Linux)
  /// 30 million weights in a file of 61 MB, as float16.
  private func large() throws -> [UInt8] {
    let description = NetworkDescription(
      name: "large", transformWidth: 448, latentWidth: 448, hyperWidth: 128, priorWidth: 192,
      contextWidth: 256, analysisBlocks: 8, synthesisBlocks: 12, lambdas: [0.001, 0.01, 0.1])
    // Random weights of good statistics would take long to draw: all are the same small number.
    var tensors = description.parameters().reduce(into: [String: [Float]]()) {
      $0[$1.name] = [Float](repeating: 0.001, count: $1.count)
    }
    tensors["gain.forward"] = tensors["gain.forward"]?.map { _ in 2 }
    tensors["gain.inverse"] = tensors["gain.inverse"]?.map { _ in 2 }
    tensors["hyper.level"] = tensors["hyper.level"]?.map { _ in 24 }
    return try ModelFile(
      network: description, calibration: RandomModel.calibration(description), tensors: tensors
    ).serialized()
  }

  /// The limit holds for models, too, whichever way they are found: what does not fit is refused, and what is
  /// taken stays below.
  @Test("a large model stays within --max-memory", .disabled(if: Command.isSanitized))
  func memory() throws {
    let vaezip = try Command.withFiles()
    defer { vaezip.remove() }
    let model = try large()
    try vaezip.write(model, to: "large.model")
    _ = try vaezip.shell("mkdir m; ln -s ../large.model m/a.model")
    let folder = ["VAEZIP_MODELS": "m"]
    #expect(
      try vaezip("compress", "-e1", "--model", "large.model", "good.png", "-o", "large.vz").status == 0)
    // A picture of 24 × 24 needs the model, and little else.
    let needed = Model.memory(fileSize: model.count)
    for (arguments, environment) in [
      (["compress", "-f", "--model", "large.model", "good.png", "-o", "x.vz"], [:]),
      (["decompress", "-f", "--model", "large.model", "large.vz", "-o", "x.png"], [:]),
      (["verify", "large.vz"], folder), (["verify", "--model", "large.model", "large.vz"], [:]),
      (["info", "-v", "large.vz"], folder), (["info", "large.model"], [:]),
    ] as [([String], [String: String])] {
      let limit = needed + 120 << 20
      let taken = try vaezip.peak(
        arguments + ["--max-memory", "\(limit)"], environment: environment)
      #expect(taken.status == 0, "\(arguments)")
      #expect(taken.bytes < limit, "\(arguments): \(taken.bytes >> 20) MiB of \(limit >> 20)")
      let small = model.count + 40 << 20
      let refused = try vaezip.peak(
        arguments + ["--max-memory", "\(small)"], environment: environment)
      #expect(refused.status == 1, "\(arguments)")
      #expect(refused.bytes < small, "\(arguments): \(refused.bytes >> 20) MiB of \(small >> 20)")
    }
  }
  #endif

  /// Checkpoints that crashed the program once. The states are read before any network is made.
  @Test(
    "a checkpoint that cannot be is one line, status 1",
    .enabled(
      if: ProcessInfo.processInfo.environment["VAEZIP_TORCH"] != nil,
      "libtorch's shim is not on this machine"),
    arguments: [
      ("analysisBlocks", -1), ("hyperWidth", 1 << 62), ("synthesisBlocks", 1_000_000_000),
      ("transformWidth", Int.max), ("latentWidth", Int.min),
    ])
  func checkpoints(member: String, value: Int) throws {
    let vaezip = try Command.withFiles()
    defer { vaezip.remove() }
    let encoded = try JSONEncoder().encode(RandomModel.description())
    var description = try #require(
      try JSONSerialization.jsonObject(with: encoded) as? [String: Any])
    description[member] = value
    let state: [String: Any] = ["description": description, "options": [:], "step": 3, "minutes": 1]
    let json = String(decoding: try JSONSerialization.data(withJSONObject: state), as: UTF8.self)
    try vaezip.write(
      SafetensorsFile(metadata: ["vaezip-checkpoint": json], tensors: [:]).serialized(), to: "bad.ckpt")
    let result = try vaezip.shell(
      "prlimit --as=8000000000 $V train good.png --crop 64 --out t --steps 9 --resume bad.ckpt")
    #expect(result.status == 1, "\(result.error)")
    #expect(result.errorLines.count == 1, "\(result.error)")
    #expect(result.error.hasPrefix("vaezip: bad.ckpt: "), "\(result.error)")
    #expect(try !vaezip.files().contains("t"))
  }

  @Test("a training's model does not replace what it reads")
  func kept() throws {
    let vaezip = try Command.withFiles()
    defer { vaezip.remove() }
    for arguments in [
      ["good.png", "--out", "good.png"], [".", "--out", "model", "--from", "model"],
      ["good.png", "--out", "x.model", "--csv", "model", "--from", "model"], [".", "--out", "new.png"],
    ] {
      let before = try (vaezip.read("good.png"), vaezip.read("model"))
      let result = try vaezip.run(["train"] + arguments)
      #expect(result.status == 1)
      #expect(result.errorLines.count == 1, "\(result.error)")
      #expect(result.error.contains(" stays as it is") || result.error.contains("name of a picture"))
      #expect(try vaezip.read("good.png") == before.0 && vaezip.read("model") == before.1)
    }
  }
}
