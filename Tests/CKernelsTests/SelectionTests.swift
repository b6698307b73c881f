import CKernels
import Testing

@Suite struct SelectionTests {
  @Test func scalarIsAlwaysThere() {
    var isa = vzk_isa.neon
    #expect(vzk_resolve_isa("scalar", &isa) == .ok)
    #expect(isa == .scalar)
    #expect(vzk_isa_available(.scalar))
  }

  @Test func unknownNamesAreRefused() {
    for name in ["sse", "AVX2", "avx2 ", "auto"] {
      var isa = vzk_isa.neon
      #expect(vzk_resolve_isa(name, &isa) == .unknownISA)
      #expect(isa == .scalar)
    }
  }

  @Test func everyNameSelectsItselfOrIsUnavailable() {
    for raw in 0..<UInt8(VZK_ISA_COUNT) {
      guard let isa = vzk_isa(rawValue: raw) else { continue }
      var resolved = vzk_isa.scalar
      let status = vzk_resolve_isa(vzk_isa_name(isa), &resolved)
      #expect(status == (vzk_isa_available(isa) ? .ok : .unavailableISA))
      #expect(resolved == (vzk_isa_available(isa) ? isa : .scalar))
    }
  }

  @Test func withoutANameTheBestIsTaken() {
    var isa = vzk_isa.scalar
    #expect(vzk_resolve_isa(nil, &isa) == .ok)
    #expect(isa == availableISAs.last)
    #expect(vzk_resolve_isa("", &isa) == .ok)
    #expect(isa == availableISAs.last)
  }

  @Test func theChoiceOfTheProcessIsTheSameOnEveryThread() async {
    var first = vzk_isa.scalar
    let status = vzk_selected_isa(&first)
    await withTaskGroup(of: Bool.self) { [first] group in
      for _ in 0..<8 {
        group.addTask {
          var isa = vzk_isa.scalar
          return vzk_selected_isa(&isa) == status && isa == first
        }
      }
      for await same in group { #expect(same) }
    }
  }
}
