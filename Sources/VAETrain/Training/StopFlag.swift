import Synchronization

/// Asks a training run to end after the step at hand, with its checkpoint and model written.
public final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  public init() {}
  public var isSet: Bool { flag.load(ordering: .relaxed) }
  public func set() { flag.store(true, ordering: .relaxed) }
}
