import CTorch
import Foundation

/// The processes that train one model together: each takes its share of every batch, and all take
/// the same steps, since gradients are summed over the group (torch's c10d with Gloo).
///
/// A launcher such as torchrun starts them and says in the environment who is who: `RANK`,
/// `WORLD_SIZE`, `LOCAL_RANK`, `MASTER_ADDR`, `MASTER_PORT`. Without these there is one process.
public final class WorkerGroup: @unchecked Sendable {
  // Unchecked: immutable; c10d's group is used by one thread at a time.
  private let torch: Torch
  private let handle: OpaquePointer?
  /// This process' number, 0 ..< count. Rank 0 writes files and the log.
  public let rank: Int
  /// Number of processes.
  public let count: Int
  /// This process' number among those of its machine: the CUDA device that it takes.
  public let localRank: Int

  /// Joins the group that the environment describes; waits until all are there.
  ///
  /// - Throws: `TrainError.environment` if the variables contradict each other; `TrainError.torch`
  ///   if the group can't be joined.
  public init(
    _ torch: Torch, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    self.torch = torch
    func number(_ name: String, _ range: ClosedRange<Int>, default standard: Int) throws -> Int {
      guard let text = environment[name] else { return standard }
      guard let value = Int(text), range.contains(value) else {
        throw TrainError.environment(
          name: name, expected: "\(range.lowerBound)…\(range.upperBound)", found: text)
      }
      return value
    }
    count = try number("WORLD_SIZE", 1...65536, default: 1)
    rank = try number("RANK", 0...count - 1, default: 0)
    localRank = try number("LOCAL_RANK", 0...rank, default: 0)
    guard count > 1 else {
      handle = nil
      return
    }
    let port = try number("MASTER_PORT", 1...65535, default: 29500)
    handle = torch.api.join(
      environment["MASTER_ADDR"] ?? "127.0.0.1", Int32(port), Int32(rank), Int32(count),
      environment["TORCHELASTIC_USE_AGENT_STORE"] == "True" ? 1 : 0)
    try torch.check()
  }

  deinit { if handle != nil { torch.api.leave(handle) } }

  /// Replaces a tensor by its sum over all processes, which all get bit for bit alike.
  func sum(_ tensor: Tensor) {
    if count > 1 { _ = torch.api.all_reduce(handle, tensor.handle) }
  }

  /// What rank 0 says, whatever this process says.
  func agreed(_ values: [Double]) throws -> [Double] {
    guard count > 1 else { return values }
    let tensor = Tensor.floats(
      torch, values.map { rank == 0 ? Float($0) : 0 }, [values.count])
    sum(tensor)
    return try tensor.floats().map(Double.init)
  }
}
