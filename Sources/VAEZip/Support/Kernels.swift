import CKernels

/// The instruction set that a network's weights are packed for and its kernels run on.
package struct Kernels: Sendable, Equatable, CustomStringConvertible {
  package let isa: vzk_isa

  /// A certain instruction set.
  /// - Returns: nil if this machine or this build lacks it.
  package init?(isa: vzk_isa) {
    guard vzk_isa_available(isa) else { return nil }
    self.isa = isa
  }

  /// The best one of this machine, or the one that the environment variable `VAEZIP_ISA` names.
  package static func selected() throws(KernelError) -> Kernels {
    var isa = vzk_isa.scalar
    switch vzk_selected_isa(&isa) {
    case .ok: return Kernels(unchecked: isa)
    case .unavailableISA: throw .unavailable
    default: throw .unknown
    }
  }

  /// All that this machine runs, the plain one first.
  package static var available: [Kernels] {
    (0..<UInt8(VZK_ISA_COUNT)).compactMap { vzk_isa(rawValue: $0).flatMap(Kernels.init(isa:)) }
  }

  private init(unchecked isa: vzk_isa) { self.isa = isa }

  package var description: String { String(cString: vzk_isa_name(isa)) }
}

/// Why the instruction set that the environment variable `VAEZIP_ISA` asks for cannot be used.
public enum KernelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no such instruction set.
  case unknown
  /// This machine does not have it.
  case unavailable

  /// One line for a person.
  public var description: String {
    switch self {
    case .unknown:
      "VAEZIP_ISA names no known instruction set (scalar, avx2, avx512bw, avx512, neon)"
    case .unavailable: "VAEZIP_ISA names an instruction set that this machine does not have"
    }
  }
}

/// The kernels check their arguments. What the checks look for is a mistake of this module, never
/// of a file: shapes, shifts and weights come from `IntegerLayer`, which checked the file's.
@inline(__always)
package func check(_ status: vzk_status) {
  precondition(status == .ok, "kernel refused its arguments: \(status.rawValue)")
}
