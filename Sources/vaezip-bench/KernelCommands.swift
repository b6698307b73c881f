import ArgumentParser
import CKernels

/// `vaezip-bench check`
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare the kernels of every instruction set of this machine with the scalar ones.")

  @Option(help: "Rounds of random shapes.")
  var rounds = 20
  @Option(help: "Seed of the random shapes and numbers.")
  var seed: UInt64 = 1

  func run() throws {
    var random = Random(state: seed)
    var failures = 0
    var count = 0
    for round in 0..<rounds {
      for item in Case.random(&random) {
        count += 1
        let wrong = InstructionSets.all.filter { !agrees(item, $0) }.map(InstructionSets.name)
        if wrong.isEmpty { continue }
        failures += 1
        print("FAILED round \(round), \(item.name): \(wrong.joined(separator: ", "))")
      }
    }
    print("\(count - failures) of \(count) cases agree (seed \(seed))")
    if failures > 0 { throw ExitCode.failure }
  }

  private func agrees(_ item: Case, _ isa: vzk_isa) -> Bool {
    let (expected, actual) = (item.job(.scalar), item.job(isa))
    return expected.run() == .ok && actual.run() == .ok
      && expected.output.contents == actual.output.contents
  }
}

/// `vaezip-bench kernels`
struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Measure the kernels of every instruction set, one thread, best of several.")

  @Option(help: "Seed of the random numbers.")
  var seed: UInt64 = 1

  func run() {
    var random = Random(state: seed)
    let isas = InstructionSets.all
    print(
      "| 10⁹ a second (% of the peak) | " + isas.map(InstructionSets.name).joined(separator: " | ") + " |")
    print("|---|" + isas.map { _ in "--:|" }.joined())
    let peaks = isas.map { Clock.peak($0, threads: 1) }
    print("| peak | " + peaks.map { $0 > 0 ? decimal($0) : "" }.joined(separator: " | ") + " |")
    for item in Case.network(&random) {
      let cells = zip(isas, peaks).map { isa, peak in
        let speed = measure(item, isa)
        return decimal(speed)
          + (item.isProduct && peak > 0 ? " (\(Int((100 * speed / peak).rounded())))" : "")
      }
      print("| \(item.name) | " + cells.joined(separator: " | ") + " |")
    }
  }

  /// 10⁹ units of work a second.
  private func measure(_ item: Case, _ isa: vzk_isa) -> Double {
    let job = item.job(isa)
    return Clock.best(work: item.work) { _ = job.run() }
  }
}

/// What this machine has.
enum InstructionSets {
  static var all: [vzk_isa] {
    (0..<UInt8(VZK_ISA_COUNT)).compactMap(vzk_isa.init(rawValue:)).filter(vzk_isa_available)
  }

  static func name(_ isa: vzk_isa) -> String { String(cString: vzk_isa_name(isa)) }
}

extension Case {
  /// Whether work is counted in multiply-adds.
  var isProduct: Bool { name.contains("×") && !name.hasPrefix("packing") }
}
