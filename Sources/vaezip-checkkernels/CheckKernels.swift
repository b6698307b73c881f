import ArgumentParser
import CKernels

/// Compares the kernels of all instruction sets, bit for bit, with the scalar ones; measures them.
@main
struct CheckKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vaezip-checkkernels",
    abstract: "Check the kernels of every instruction set of this machine against scalar.")

  @Flag(help: "Measure 10⁹ multiply-adds (or values) a second, one thread, best of several.")
  var bench = false
  @Option(help: "Rounds of random shapes.")
  var rounds = 20
  @Option(help: "Seed of the random shapes and numbers.")
  var seed: UInt64 = 1

  private var isas: [vzk_isa] {
    (0..<UInt8(VZK_ISA_COUNT)).compactMap(vzk_isa.init(rawValue:)).filter(vzk_isa_available)
  }

  func run() throws {
    var random = Random(state: seed)
    let names = isas.map { String(cString: vzk_isa_name($0)) }
    print(pad(bench ? "10⁹ a second" : "checking", -44) + names.map { pad($0, 10) }.joined())
    var failures = 0
    if bench {
      for item in Case.network(&random) {
        let speeds = isas.map { pad(oneDecimal(measure(item, $0)), 10) }
        print(pad(item.name, -44) + speeds.joined())
      }
    } else {
      var count = 0
      for round in 0..<rounds {
        for item in Case.random(&random) {
          count += 1
          let wrong = isas.filter { !agrees(item, $0) }.map { String(cString: vzk_isa_name($0)) }
          if wrong.isEmpty { continue }
          failures += 1
          print("FAILED round \(round), \(item.name): \(wrong.joined(separator: ", "))")
        }
      }
      print("\(count - failures) of \(count) cases agree (seed \(seed))")
    }
    if failures > 0 { throw ExitCode.failure }
  }

  private func agrees(_ item: Case, _ isa: vzk_isa) -> Bool {
    let (expected, actual) = (item.job(.scalar), item.job(isa))
    return expected.run() == .ok && actual.run() == .ok
      && expected.output.contents == actual.output.contents
  }

  /// 10⁹ units of work a second.
  private func measure(_ item: Case, _ isa: vzk_isa) -> Double {
    let job = item.job(isa)
    let clock = ContinuousClock()
    func seconds(_ repetitions: Int) -> Double {
      let time = clock.measure { for _ in 0..<repetitions { _ = job.run() } }
      return time / .seconds(1)
    }
    // Samples of about 5 ms, for about 100 ms.
    let repetitions = max(1, Int(0.005 / max(seconds(1), seconds(1), 1e-7)))
    let best = (0..<20).map { _ in seconds(repetitions) }.min() ?? .infinity
    return Double(item.work * repetitions) / best * 1e-9
  }

  private func oneDecimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// Padded on the left; with a negative width on the right.
  private func pad(_ text: String, _ width: Int) -> String {
    let spaces = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? text + spaces : spaces + text
  }
}
