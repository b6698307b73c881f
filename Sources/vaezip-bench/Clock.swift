import CKernels
import Dispatch

/// Measuring.
enum Clock {

  /// 10⁹ units of work a second: samples of about 5 ms, for about 100 ms, the best of them.
  static func best(work: Int, _ body: () -> Void) -> Double {
    func sample(_ repetitions: Int) -> Double {
      seconds { for _ in 0..<repetitions { body() } }
    }
    let repetitions = max(1, Int(0.005 / max(sample(1), sample(1), 1e-7)))
    let best = (0..<20).map { _ in sample(repetitions) }.min() ?? .infinity
    return Double(work * repetitions) / best * 1e-9
  }

  /// 10⁹ multiply-adds a second of an instruction set, on some threads at once.
  static func peak(_ isa: vzk_isa, threads: Int) -> Double {
    let steps: Int64 = 400_000
    let work = Int(vzk_peak(isa, 1)) * Int(steps) * threads
    guard work > 0 else { return 0 }
    return best(work: work) {
      DispatchQueue.concurrentPerform(iterations: threads) { _ in _ = vzk_peak(isa, steps) }
    }
  }
}

/// With one decimal.
func decimal(_ value: Double) -> String {
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
