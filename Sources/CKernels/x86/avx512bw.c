// AVX-512 without VNNI.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../kernels.h"
#include "unshuffle.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))

TARGET static inline __attribute__((always_inline)) __m512i dot(__m512i sum, __m512i a, __m512i w) {
  return _mm512_add_epi32(sum, _mm512_madd_epi16(a, w));
}

#include "avx512.h"
#include "kernels_tmpl.h"

const vzk_kernels vzk_avx512bw_kernels = X86_TABLE;
#endif
