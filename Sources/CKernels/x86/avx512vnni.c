// AVX-512 with VNNI: vpdpwssd multiplies pairs of int16 and adds them to int32 in one instruction.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../kernels.h"
#include "unshuffle.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

// Not the intrinsic: clang splits it into vpmaddwd and vpaddd where it tunes for Intel or for no
// processor in particular, which halves the speed.
TARGET static inline __attribute__((always_inline)) __m512i dot(__m512i sum, __m512i a, __m512i w) {
  __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w));
  return sum;
}

#include "avx512.h"
#include "kernels_tmpl.h"

const vzk_kernels vzk_avx512_kernels = X86_TABLE;
#endif
