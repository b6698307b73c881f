import CKernels
import Testing

@Test func selection() {
  var isa = vzk_isa.scalar
  #expect(vzk_resolve_isa("scalar", &isa) == .ok)
  #expect(isa == .scalar)
  #expect(vzk_resolve_isa("x", &isa) == .unknownISA)
}
