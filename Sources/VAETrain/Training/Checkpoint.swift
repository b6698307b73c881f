import Foundation
import VAEZip

/// Everything that a training run continues from: one safetensors file of float32 tensors, each
/// weight four times (values, average, mean, square), what the optimizer keeps beside them, and the
/// run's state as JSON in its metadata.
package struct Checkpoint {
  package struct State: Codable {
    var description: NetworkDescription
    var options: TrainingOptions
    package var step: Int
    /// Spent training so far.
    var minutes: Double
    /// The step at which the optimizer's moments were zero; nil is 0.
    var firstStep: Int?
    /// Whether the learning rate has begun to fall: such weights are a release, not to go on from.
    package var isDecayed: Bool?
  }

  package var state: State
  /// Elements by part and tensor name.
  package var parts: [Parameters.Part: [String: [Float]]]
  /// Elements by the names of `Optimizer.state`.
  package var optimizer: [String: [Float]]

  private static let key = "vaezip-checkpoint"
  /// Bytes of a file at most.
  private static let mostBytes = 16 << 30

  init(state: State, parameters: Parameters, optimizer: Optimizer) throws {
    self.state = state
    parts = [:]
    for part in Parameters.Part.allCases { parts[part] = try parameters.read(part) }
    self.optimizer = try optimizer.readState()
  }

  func write(to path: String, layout: ParameterLayout) throws {
    var tensors: [String: WeightTensor] = [:]
    for (part, contents) in parts {
      for spec in layout.specs {
        guard let elements = contents[spec.name] else { continue }
        tensors["\(part.rawValue)/\(spec.name)"] = WeightTensor(
          float32: elements, shape: spec.shape)
      }
    }
    for spec in Optimizer.state(state.options.optimizer, layout) {
      guard let elements = optimizer[spec.name] else { continue }
      tensors[spec.name] = WeightTensor(float32: elements, shape: spec.shape)
    }
    let json = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
    let file = SafetensorsFile(metadata: [Self.key: json], tensors: tensors)
    do {
      // Atomic: a run that is cut off leaves the checkpoint before.
      try Data(file.serialized()).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw TrainError.file(path: path, reason: "can't be written: \(error.localizedDescription)")
    }
  }
}

extension Checkpoint {
  /// - Throws: `TrainError.checkpoint` if the file is none, contradicts itself, or lacks tensors of its
  ///   own network. Nothing is allocated for a network before its description is checked.
  package init(path: String) throws {
    func failure(_ reason: String) -> TrainError { .checkpoint(path: path, reason: reason) }
    let file = try Self.read(path)
    guard let json = file.metadata[Self.key] else {
      throw failure("not a checkpoint of this program")
    }
    do {
      state = try JSONDecoder().decode(State.self, from: Data(json.utf8))
    } catch {
      throw failure("its state can't be read: not a checkpoint of this version")
    }
    if let reason = state.description.problem { throw failure("invalid network: \(reason)") }
    guard state.step >= 0, 0...state.step ~= state.firstStep ?? 0 else {
      throw failure("its step is \(state.step)")
    }
    guard state.minutes.isFinite, state.minutes >= 0 else {
      throw failure("its time is \(state.minutes) minutes")
    }
    let specs = state.description.parameters(
      posteriorHead: state.options.posterior == .gaussian)
    func elements(_ name: String, _ spec: ParameterSpec) throws -> [Float] {
      guard let tensor = file.tensors[name], tensor.dtype == .f32, tensor.shape == spec.shape else {
        throw failure("\(name) is missing or misshapen")
      }
      let elements = tensor.floats()
      guard elements.allSatisfy(\.isFinite) else {
        throw failure("\(name) has an element that is not a finite number")
      }
      return elements
    }
    parts = [:]
    for part in Parameters.Part.allCases {
      var contents: [String: [Float]] = [:]
      for spec in specs { contents[spec.name] = try elements("\(part.rawValue)/\(spec.name)", spec) }
      if part == .square, let name = contents.first(where: { $1.contains { $0 < 0 } })?.key {
        throw failure("\(part.rawValue)/\(name) is negative")
      }
      parts[part] = contents
    }
    optimizer = [:]
    for spec in Optimizer.state(state.options.optimizer, ParameterLayout(specs)) {
      optimizer[spec.name] = try elements(spec.name, spec)
    }
  }

  private static func read(_ path: String) throws -> SafetensorsFile {
    func failure(_ reason: String) -> TrainError { .checkpoint(path: path, reason: reason) }
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
      let size = attributes[.size] as? Int
    else { throw failure("can't be read: no such file") }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw failure("not a regular file")
    }
    guard size <= mostBytes else { throw failure("larger than \(mostBytes) bytes") }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw failure("can't be read")
    }
    do {
      return try SafetensorsFile(parsing: [UInt8](data))
    } catch {
      throw failure("not a checkpoint: \(error)")
    }
  }
}
