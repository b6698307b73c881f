import CTorch

/// Runs the same work again and again. On a GPU it is recorded once and launched as one CUDA graph from
/// then on; elsewhere it simply runs.
///
/// What `body` reads and leaves must be in the same tensors each time. It must neither read from the
/// device nor make tensors from the host's data.
package final class StepGraph {
  private let torch: Torch
  private let device: Tensor.Device
  private let isEnabled: Bool
  private var graph: OpaquePointer?
  private var runs = 0

  /// Why the work could not be recorded; it then runs as it does elsewhere.
  package private(set) var refusal: String?

  /// Runs before the recording: libraries choose their algorithms and take their memory in them.
  private static let warmUps = 4

  /// - Parameter isEnabled: whether to record at all.
  package init(_ torch: Torch, device: Tensor.Device, isEnabled: Bool) {
    self.torch = torch
    self.device = device
    self.isEnabled = isEnabled && device != .cpu
  }

  deinit { if graph != nil { torch.api.release_graph(graph) } }

  package func run(_ body: () -> Void) throws {
    runs += 1
    guard isEnabled, refusal == nil, runs > Self.warmUps else { return body() }
    if graph == nil { try record(body) }
    guard graph != nil else { return body() }
    _ = torch.api.replay(graph)
  }

  private func record(_ body: () -> Void) throws {
    try torch.check()
    graph = torch.api.begin_graph(device.rawValue)
    if graph != nil {
      body()
      _ = torch.api.end_graph(graph)
    }
    do {
      try torch.check()
    } catch {
      refusal = "\(error)"
      if graph != nil { torch.api.release_graph(graph) }
      graph = nil
    }
  }
}
