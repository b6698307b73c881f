import Foundation
import VAEZip

/// Everything that a training run continues from: one safetensors file of float32 tensors, each
/// weight four times (values, average, mean, square), with the run's state as JSON in its metadata.
package struct Checkpoint {
  package struct State: Codable {
    var description: NetworkDescription
    var options: TrainingOptions
    package var step: Int
    /// Spent training so far.
    var minutes: Double
  }

  package var state: State
  /// Elements by part and tensor name.
  package var parts: [Parameters.Part: [String: [Float]]]

  private static let key = "vaezip-checkpoint"

  func write(to path: String, specs: [ParameterSpec]) throws {
    var tensors: [String: WeightTensor] = [:]
    for (part, contents) in parts {
      for spec in specs {
        guard let elements = contents[spec.name] else { continue }
        tensors["\(part.rawValue)/\(spec.name)"] = WeightTensor(
          float32: elements, shape: spec.shape)
      }
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

  /// - Throws: `TrainError.checkpoint` if the file is none, or lacks tensors of its own network.
  package init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TrainError.checkpoint(path: path, reason: "can't be read")
    }
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(parsing: [UInt8](data))
    } catch {
      throw TrainError.checkpoint(path: path, reason: "not a checkpoint: \(error)")
    }
    guard let json = file.metadata[Self.key],
      let state = try? JSONDecoder().decode(State.self, from: Data(json.utf8))
    else {
      throw TrainError.checkpoint(path: path, reason: "not a checkpoint of this program")
    }
    self.state = state
    parts = [:]
    let posterior = state.options.posterior == .gaussian
    for part in Parameters.Part.allCases {
      var contents: [String: [Float]] = [:]
      for spec in state.description.parameters(posteriorHead: posterior) {
        guard let tensor = file.tensors["\(part.rawValue)/\(spec.name)"],
          tensor.dtype == .f32, tensor.shape == spec.shape
        else {
          throw TrainError.checkpoint(path: path, reason: "\(spec.name) is missing or misshapen")
        }
        contents[spec.name] = tensor.floats()
      }
      parts[part] = contents
    }
  }

  init(state: State, parameters: Parameters) throws {
    self.state = state
    parts = [:]
    for part in Parameters.Part.allCases { parts[part] = try parameters.read(part) }
  }
}
