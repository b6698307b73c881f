import Testing

/// Tests that use libtorch run one at a time: its random generator and its number of threads belong to the whole
/// process.
struct UsesLibtorch: SuiteTrait, TestTrait, TestScoping {
  private static let turn = Turn()

  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    await Self.turn.take()
    do {
      try await function()
    } catch {
      await Self.turn.giveBack()
      throw error
    }
    await Self.turn.giveBack()
  }
}

extension Trait where Self == UsesLibtorch {
  static var usesLibtorch: UsesLibtorch { UsesLibtorch() }
}

/// A lock that suspends instead of blocking.
private actor Turn {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func giveBack() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}
