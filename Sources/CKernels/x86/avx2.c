// AVX2.
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../kernels.h"
#include "unshuffle.h"

#define TARGET __attribute__((target("avx2")))

typedef __m256i vec;
#define LANES 8
// 12 of the 16 registers hold sums.
#define BLOCK 6

#define PRIMITIVE TARGET static inline __attribute__((always_inline))

PRIMITIVE vec load(const void *p) { return _mm256_loadu_si256((const vec *)p); }
PRIMITIVE void store(void *p, vec v) { _mm256_storeu_si256((vec *)p, v); }
PRIMITIVE vec zero(void) { return _mm256_setzero_si256(); }
PRIMITIVE vec repeat16(int32_t v) { return _mm256_set1_epi16((int16_t)v); }
PRIMITIVE vec repeat32(int32_t v) { return _mm256_set1_epi32(v); }
PRIMITIVE vec pair_at(const int16_t *p) {
  int32_t pair;
  memcpy(&pair, p, sizeof pair);
  return _mm256_set1_epi32(pair);
}
PRIMITIVE vec dot(vec sum, vec a, vec w) { return _mm256_add_epi32(sum, _mm256_madd_epi16(a, w)); }
PRIMITIVE vec add32(vec a, vec b) { return _mm256_add_epi32(a, b); }
PRIMITIVE vec sub32(vec a, vec b) { return _mm256_sub_epi32(a, b); }
PRIMITIVE vec shift_right(vec a, vec count) { return _mm256_srav_epi32(a, count); }
PRIMITIVE vec shift_left(vec a, vec count) { return _mm256_sllv_epi32(a, count); }
// Saturates int32 to int16, lane by lane.
PRIMITIVE vec narrow(vec low, vec high) { return _mm256_packs_epi32(low, high); }
PRIMITIVE vec add16(vec a, vec b) { return _mm256_adds_epi16(a, b); }
PRIMITIVE vec max16(vec a, vec b) { return _mm256_max_epi16(a, b); }
PRIMITIVE vec min16(vec a, vec b) { return _mm256_min_epi16(a, b); }
PRIMITIVE vec eighth16(vec a) { return _mm256_srai_epi16(a, 3); }
PRIMITIVE vec sixteenth16(vec a) { return _mm256_srai_epi16(a, 4); }
PRIMITIVE vec multiply_low16(vec a, vec b) { return _mm256_mullo_epi16(a, b); }
PRIMITIVE vec multiply_high16(vec a, vec b) { return _mm256_mulhi_epi16(a, b); }
PRIMITIVE vec interleave_low(vec a, vec b) { return _mm256_unpacklo_epi16(a, b); }
PRIMITIVE vec interleave_high(vec a, vec b) { return _mm256_unpackhi_epi16(a, b); }
PRIMITIVE vec even_lanes(vec a, vec b) { return _mm256_permute2x128_si256(a, b, 0x20); }
PRIMITIVE vec odd_lanes(vec a, vec b) { return _mm256_permute2x128_si256(a, b, 0x31); }
// As unsigned: −32768 gives 32768.
PRIMITIVE vec absolute16(vec a) { return _mm256_abs_epi16(a); }
PRIMITIVE vec with_sign16(vec magnitude, vec sign) { return _mm256_sign_epi16(magnitude, sign); }
// The signs of int16, one bit each.
typedef uint16_t signs16;
PRIMITIVE signs16 negative16(vec a) {
  const vec bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, zero()), 0xd8);
  return (signs16)_mm256_movemask_epi8(bytes);
}
// An eighth, rounded to the nearest, ties away from zero.
PRIMITIVE vec rounded_eighth16(vec a) {
  return _mm256_mulhrs_epi16(_mm256_adds_epi16(a, _mm256_srai_epi16(a, 15)), repeat16(1 << 12));
}
PRIMITIVE vec rounded_eighth_where16(vec a, signs16 where) {
  const vec bit =
    _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, INT16_MIN);
  const vec chosen = _mm256_cmpeq_epi16(_mm256_and_si256(repeat16(where), bit), bit);
  return _mm256_blendv_epi8(a, rounded_eighth16(a), chosen);
}
PRIMITIVE vec float_bits_by_12(vec u) {
  return _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(u)), 12);
}
// int16 to bytes, clamped to 0…255.
PRIMITIVE void store_bytes(uint8_t *p, vec v) {
  _mm_storeu_si128((__m128i *)p, _mm_packus_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
}

#include "kernels_tmpl.h"

// MARK: Pixels

// Which bytes of a row's first (0…15) and last (8…23) 16 bytes make up 8 values of one color.
TARGET static inline __attribute__((always_inline)) __m128i color_mask(int32_t color, bool last) {
  int8_t mask[16];
  for (int32_t i = 0; i < 16; i++) {
    const int32_t byte = 3 * i + color;
    mask[i] = (int8_t)(i >= 8 || (byte >= 16) != last ? -1 : byte - (last ? 8 : 0));
  }
  return _mm_loadu_si128((const __m128i *)mask);
}

TARGET void vzk_avx2_unshuffle(const uint8_t *rgb, ptrdiff_t rgbRowStride, int16_t *output,
                               ptrdiff_t outputPixelStride, int32_t width) {
  __m128i masks[3][2];
  UNROLL for (int32_t c = 0; c < 3; c++) {
    masks[c][0] = color_mask(c, false);
    masks[c][1] = color_mask(c, true);
  }
  const __m128i middle = _mm_set1_epi16(128);
  for (int32_t x = 0; x < width; x++) {
    for (int32_t dy = 0; dy < 8; dy++) {
      const uint8_t *in = rgb + dy * rgbRowStride + 24 * (ptrdiff_t)x;
      int16_t *out = output + x * outputPixelStride + 8 * dy;
      const __m128i first = _mm_loadu_si128((const __m128i *)in);
      const __m128i last = _mm_loadu_si128((const __m128i *)(in + 8));
      UNROLL for (int32_t c = 0; c < 3; c++) {
        const __m128i bytes =
          _mm_or_si128(_mm_shuffle_epi8(first, masks[c][0]), _mm_shuffle_epi8(last, masks[c][1]));
        _mm_storeu_si128((__m128i *)(out + 64 * c), _mm_sub_epi16(_mm_cvtepu8_epi16(bytes), middle));
      }
    }
  }
}

const vzk_kernels vzk_avx2_kernels = X86_TABLE;
#endif
