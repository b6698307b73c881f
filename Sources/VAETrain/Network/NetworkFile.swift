import Foundation
import VAEZip

extension NetworkDescription {
  /// Why no network can be like this; nil if one can.
  package var problem: String? {
    do throws(ModelError) {
      try ModelFile.validate(self)
      return nil
    } catch {
      if case .invalidDescription(let reason) = error { return reason }
      return "\(error)"
    }
  }

  /// The network that a JSON file describes, for example
  ///
  /// ```json
  /// {"transformWidth": 256, "analysisBlocks": 5, "synthesisBlocks": 7}
  /// ```
  ///
  /// - Parameters:
  ///   - path: its keys are the properties of `NetworkDescription`.
  ///   - base: has what the file doesn't say.
  /// - Throws: `TrainError.file`: unreadable, no JSON object, unknown keys, or values out of range.
  package init(jsonFile path: String, base: NetworkDescription) throws {
    func failure(_ reason: String) -> TrainError { .file(path: path, reason: reason) }
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: target)
    guard attributes?[.type] as? FileAttributeType == .typeRegular,
      attributes?[.size] as? Int ?? .max <= 1 << 20,
      let data = FileManager.default.contents(atPath: path)
    else { throw failure("can't be read as a network: no regular file of at most 1 MiB") }
    let changes: [String: Any]
    do {
      guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
        throw failure("not a JSON object")
      }
      changes = object
    } catch let error as TrainError {
      throw error
    } catch {
      throw failure("not JSON")
    }
    let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(base))
    guard var merged = encoded as? [String: Any] else { throw failure("not JSON") }
    for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
      guard merged[key] != nil || key == "masks" else {
        let known = (Array(merged.keys) + ["masks"]).sorted().joined(separator: ", ")
        throw failure("unknown key \(key.debugDescription.prefix(64)); known are \(known)")
      }
      merged[key] = value
    }
    do {
      self = try JSONDecoder().decode(
        NetworkDescription.self, from: JSONSerialization.data(withJSONObject: merged))
    } catch DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context) {
      let key = context.codingPath.first?.stringValue ?? "a value"
      throw failure("\(key) is not of the right type, or out of range")
    } catch {
      throw failure("not a network")
    }
    if let problem { throw failure(problem) }
  }
}
