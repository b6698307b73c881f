import Foundation
import Testing
import VAETrain
import VAEZip

/// Checkpoints are files: whatever they say, reading one ends in an error or in tensors of the right
/// sizes.
@Suite("Checkpoints")
struct CheckpointTests {
  private let path = NSTemporaryDirectory() + "vaezip-checkpoint-" + UUID().uuidString + ".ckpt"

  private func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    var options = TrainingOptions()
    change(&options)
    return options
  }

  /// The file of a new network, as JSON state and tensors.
  private func file(optimizer: OptimizerKind = .adam) throws -> SafetensorsFile {
    var tensors: [String: WeightTensor] = [:]
    for spec in tinyDescription.parameters() {
      for part in Parameters.Part.allCases {
        tensors["\(part.rawValue)/\(spec.name)"] = WeightTensor(
          float32: Array(repeating: 0.5, count: spec.count), shape: spec.shape)
      }
    }
    let state: [String: Any] = [
      "description": try JSONSerialization.jsonObject(with: JSONEncoder().encode(tinyDescription)),
      "options": try JSONSerialization.jsonObject(
        with: JSONEncoder().encode(options { $0.optimizer = optimizer })),
      "step": 7, "minutes": 1.5,
    ]
    return SafetensorsFile(metadata: ["vaezip-checkpoint": try json(state)], tensors: tensors)
  }

  private func json(_ object: Any) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
  }

  /// The same file with a changed state.
  private func file(state change: (inout [String: Any]) -> Void) throws -> SafetensorsFile {
    var file = try file()
    let text = try #require(file.metadata["vaezip-checkpoint"])
    var state = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    change(&state)
    file.metadata["vaezip-checkpoint"] = try json(state)
    return file
  }

  private func read(_ file: SafetensorsFile) throws -> Checkpoint {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(file.serialized()).write(to: URL(fileURLWithPath: path))
    return try Checkpoint(path: path)
  }

  private func expectRefused(_ file: SafetensorsFile, _ comment: Comment? = nil) {
    let error = #expect(throws: TrainError.self, comment) { _ = try read(file) }
    #expect(error?.description.contains("\n") == false, comment)
  }

  @Test("A whole one is read")
  func whole() throws {
    #expect(try read(file()).state.step == 7)
  }

  @Test("One of an older version is read: what it does not say has its usual value")
  func older() throws {
    let old = try file { state in
      state["options"] = [
        "length": ["minutes": ["_0": 60]], "posterior": "uniform", "distortion": "mse",
        "similarity": 0.25, "batch": 8, "cropSize": 128, "rate": 0.001, "warmUpSteps": 300,
        "averageDecay": 0.999, "gradientNorm": 1, "evening": 0.7, "seed": 1, "bfloat16": true,
      ]
    }
    #expect(try read(old).state.step == 7)
  }

  @Test(
    "Networks that can't be are refused before memory is taken",
    arguments: [
      ("analysisBlocks", -1), ("analysisBlocks", 1 << 40), ("synthesisBlocks", 65), ("transformWidth", 0),
      ("transformWidth", -192), ("transformWidth", 1 << 60), ("latentWidth", 33), ("hyperWidth", 2048),
    ])
  func networks(key: String, value: Int) throws {
    expectRefused(
      try file { state in
        var description = state["description"] as? [String: Any] ?? [:]
        description[key] = value
        state["description"] = description
      })
  }

  @Test("Contradictory or impossible states are refused")
  func states() throws {
    func changed(_ key: String, _ value: Any?) throws -> SafetensorsFile {
      try file { $0[key] = value }
    }
    for (key, value) in [
      ("step", -1), ("step", "many"), ("step", 1e300), ("minutes", -1), ("minutes", "long"),
      ("description", 5), ("options", []), ("firstStep", 8), ("firstStep", -1), ("step", nil),
      ("description", nil),
    ] as [(String, Any?)] {
      expectRefused(try changed(key, value), "\(key) \(String(describing: value))")
    }
    for levels in [[], [1], [2, 1], [-1, 1]] as [[Double]] {
      expectRefused(
        try file { state in
          var description = state["description"] as? [String: Any] ?? [:]
          description["lambdas"] = levels
          state["description"] = description
        })
    }
    var none = try file()
    none.metadata = [:]
    expectRefused(none)
    none.metadata = ["vaezip-checkpoint": "{"]
    expectRefused(none)
  }

  @Test("Tensors that are missing, misshapen, of another type, not finite or negative are refused")
  func tensors() throws {
    let whole = try file()
    let name = "values/synthesis.out.weight"
    let tensor = try #require(whole.tensors[name])
    func changed(_ name: String, _ tensor: WeightTensor?) -> SafetensorsFile {
      var file = whole
      file.tensors[name] = tensor
      return file
    }
    expectRefused(changed(name, nil))
    expectRefused(changed(name, WeightTensor(float32: [1, 2], shape: [2])))
    expectRefused(changed(name, WeightTensor(float16: tensor.floats(), shape: tensor.shape)))
    for bad in [Float.nan, .infinity] {
      var elements = tensor.floats()
      elements[5] = bad
      for part in Parameters.Part.allCases {
        expectRefused(
          changed(
            "\(part.rawValue)/synthesis.out.weight",
            WeightTensor(float32: elements, shape: tensor.shape)))
      }
    }
    expectRefused(
      changed(
        "square/synthesis.out.weight",
        WeightTensor(float32: tensor.floats().map { -$0 }, shape: tensor.shape)))
    // SOAP's covariances and bases are missing.
    expectRefused(try file(optimizer: .soap))
  }

  @Test("Cut and damaged files are refused or whole, and never trap")
  func damage() throws {
    let bytes = try file().serialized()
    defer { try? FileManager.default.removeItem(atPath: path) }
    for length in [0, 1, 7, 8, 9, 100, 5000, bytes.count / 2, bytes.count - 1] {
      try Data(bytes.prefix(length)).write(to: URL(fileURLWithPath: path))
      #expect(throws: TrainError.self) { _ = try Checkpoint(path: path) }
    }
    for place in stride(from: 0, to: 6000, by: 37) {
      var damaged = bytes
      damaged[place] ^= 0x15
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      do { _ = try Checkpoint(path: path) } catch is TrainError {}
    }
  }

  @Test("What is no regular file is refused", arguments: ["/none/x.ckpt", "/", "/dev/zero"])
  func irregular(path: String) {
    #expect(throws: TrainError.self) { _ = try Checkpoint(path: path) }
  }
}
