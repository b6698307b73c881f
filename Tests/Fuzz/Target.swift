import Foundation

// What libFuzzer calls: one program, whose target the environment's VZ_FUZZ names. `run` beside this
// file builds it from the library's sources and these, as one module, so targets see internals.

/// Something that reads untrusted bytes.
protocol FuzzTarget {
  /// Reads an input. Whatever it is, nothing may trap, and errors must be typed.
  func run(_ input: [UInt8]) throws
  /// A few inputs to begin with.
  func seeds() throws -> [[UInt8]]
}

nonisolated(unsafe) private var target: (any FuzzTarget)?

/// - Parameter program: its path; OSS-Fuzz has a program for each target, `vaezip_png` for `png`.
private func makeTarget(program: String) throws -> (any FuzzTarget)? {
  let file = program.split(separator: "/").last ?? ""
  let named = file.hasPrefix("vaezip_") ? String(file.dropFirst("vaezip_".count)) : nil
  return switch ProcessInfo.processInfo.environment["VZ_FUZZ"] ?? named {
  case "png": PNGTarget()
  case "image": ImageTarget()
  case "container": ContainerTarget()
  case "model": try ModelTarget()
  case "symbols": try SymbolTarget()
  case "decompress": try DecompressTarget()
  case "exact": ExactTarget()
  case "roundtrip": RoundTripTarget(try RandomModel.model(seed: 1), pixels: 1 << 12)
  case "photo": RoundTripTarget(try Model.builtIn(), pixels: 1 << 20)
  default: nil
  }
}

/// With `VZ_SEEDS`, writes the target's seeds into that directory, and ends.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _: UnsafeMutablePointer<CInt>?,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
  do {
    let program = arguments?.pointee?.pointee.map { String(cString: $0) } ?? ""
    guard let made = try makeTarget(program: program) else {
      print("VZ_FUZZ must be png, image, container, model, symbols, exact, decompress, roundtrip or photo")
      exit(2)
    }
    target = made
    guard let directory = ProcessInfo.processInfo.environment["VZ_SEEDS"] else { return 0 }
    for (index, seed) in try made.seeds().enumerated() {
      try Data(seed).write(to: URL(fileURLWithPath: directory).appending(path: "seed\(index)"))
    }
    exit(0)
  } catch {
    print(error)
    exit(2)
  }
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try target?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
  } catch {
    preconditionFailure("\(error)")
  }
  return 0
}

/// An error must say something, in one line.
func check(_ error: some Error) {
  let line = "\(error)"
  precondition(!line.isEmpty && !line.contains("\n"), line)
}
