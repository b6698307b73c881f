// How fast the machine can multiply and add, with nothing else in the way: sums in registers, enough
// of them to hide the latency.
#include "ckernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define REPEAT12(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

__attribute__((target("avx512f,avx512bw,avx512vnni"))) static int64_t peak_avx512(int64_t steps) {
  __m512i s[12], a = _mm512_set1_epi16(1);
  for (int i = 0; i < 12; i++) s[i] = _mm512_setzero_si512();
  for (int64_t step = 0; step < steps; step++) {
#define X(i) __asm__ volatile("vpdpwssd %1, %1, %0" : "+v"(s[i]) : "v"(a));
    REPEAT12(X)
#undef X
  }
  return steps * 12 * 32;
}

__attribute__((target("avx512f,avx512bw"))) static int64_t peak_avx512bw(int64_t steps) {
  __m512i s[12], p, a = _mm512_set1_epi16(1);
  for (int i = 0; i < 12; i++) s[i] = _mm512_setzero_si512();
  for (int64_t step = 0; step < steps; step++) {
#define X(i) __asm__ volatile("vpmaddwd %2, %2, %1\n\tvpaddd %1, %0, %0" : "+v"(s[i]), "=&v"(p) : "v"(a));
    REPEAT12(X)
#undef X
  }
  return steps * 12 * 32;
}

__attribute__((target("avx2"))) static int64_t peak_avx2(int64_t steps) {
  __m256i s[12], p, a = _mm256_set1_epi16(1);
  for (int i = 0; i < 12; i++) s[i] = _mm256_setzero_si256();
  for (int64_t step = 0; step < steps; step++) {
#define X(i) __asm__ volatile("vpmaddwd %2, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(s[i]), "=&x"(p) : "x"(a));
    REPEAT12(X)
#undef X
  }
  return steps * 12 * 16;
}
#endif

int64_t vzk_peak(vzk_isa isa, int64_t steps) {
  if (!vzk_isa_available(isa)) return 0;
#if defined(__x86_64__)
  switch (isa) {
  case vzk_isa_avx512: return peak_avx512(steps);
  case vzk_isa_avx512bw: return peak_avx512bw(steps);
  case vzk_isa_avx2: return peak_avx2(steps);
  default: return 0;
  }
#else
  (void)steps;
  return 0;
#endif
}
