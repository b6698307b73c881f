// Vectors of 512 bits, for kernels_tmpl.h. The including file defines TARGET and dot().
#pragma once

typedef __m512i vec;
#define LANES 16
// 24 of the 32 registers hold sums.
#define BLOCK 12

#define PRIMITIVE TARGET static inline __attribute__((always_inline))

PRIMITIVE vec load(const void *p) { return _mm512_loadu_si512(p); }
PRIMITIVE void store(void *p, vec v) { _mm512_storeu_si512(p, v); }
PRIMITIVE vec zero(void) { return _mm512_setzero_si512(); }
PRIMITIVE vec repeat16(int32_t v) { return _mm512_set1_epi16((int16_t)v); }
PRIMITIVE vec repeat32(int32_t v) { return _mm512_set1_epi32(v); }
PRIMITIVE vec pair_at(const int16_t *p) {
  int32_t pair;
  memcpy(&pair, p, sizeof pair);
  return _mm512_set1_epi32(pair);
}
PRIMITIVE vec add32(vec a, vec b) { return _mm512_add_epi32(a, b); }
PRIMITIVE vec sub32(vec a, vec b) { return _mm512_sub_epi32(a, b); }
PRIMITIVE vec shift_right(vec a, vec count) { return _mm512_srav_epi32(a, count); }
PRIMITIVE vec shift_left(vec a, vec count) { return _mm512_sllv_epi32(a, count); }
// Saturates int32 to int16, lane by lane.
PRIMITIVE vec narrow(vec low, vec high) { return _mm512_packs_epi32(low, high); }
PRIMITIVE vec add16(vec a, vec b) { return _mm512_adds_epi16(a, b); }
PRIMITIVE vec max16(vec a, vec b) { return _mm512_max_epi16(a, b); }
PRIMITIVE vec min16(vec a, vec b) { return _mm512_min_epi16(a, b); }
PRIMITIVE vec eighth16(vec a) { return _mm512_srai_epi16(a, 3); }
PRIMITIVE vec sixteenth16(vec a) { return _mm512_srai_epi16(a, 4); }
PRIMITIVE vec multiply_low16(vec a, vec b) { return _mm512_mullo_epi16(a, b); }
PRIMITIVE vec multiply_high16(vec a, vec b) { return _mm512_mulhi_epi16(a, b); }
PRIMITIVE vec interleave_low(vec a, vec b) { return _mm512_unpacklo_epi16(a, b); }
PRIMITIVE vec interleave_high(vec a, vec b) { return _mm512_unpackhi_epi16(a, b); }
PRIMITIVE vec even_lanes(vec a, vec b) { return _mm512_shuffle_i32x4(a, b, 0x88); }
PRIMITIVE vec odd_lanes(vec a, vec b) { return _mm512_shuffle_i32x4(a, b, 0xdd); }
// As unsigned: −32768 gives 32768.
PRIMITIVE vec absolute16(vec a) { return _mm512_abs_epi16(a); }
PRIMITIVE vec with_sign16(vec magnitude, vec sign) {
  return _mm512_mask_sub_epi16(magnitude, _mm512_movepi16_mask(sign), zero(), magnitude);
}
// The signs of int16, one bit each.
typedef uint32_t signs16;
PRIMITIVE signs16 negative16(vec a) { return _mm512_movepi16_mask(a); }
// An eighth, rounded to the nearest, ties away from zero.
PRIMITIVE vec rounded_eighth16(vec a) {
  return _mm512_mulhrs_epi16(_mm512_adds_epi16(a, _mm512_srai_epi16(a, 15)), repeat16(1 << 12));
}
PRIMITIVE vec rounded_eighth_where16(vec a, signs16 where) {
  return _mm512_mask_blend_epi16(where, a, rounded_eighth16(a));
}
PRIMITIVE vec float_bits_by_12(vec u) {
  return _mm512_srli_epi32(_mm512_castps_si512(_mm512_cvtepi32_ps(u)), 12);
}
// int16 to bytes, clamped to 0…255.
PRIMITIVE void store_bytes(uint8_t *p, vec v) {
  _mm256_storeu_si256((__m256i *)p, _mm512_cvtusepi16_epi8(_mm512_max_epi16(v, zero())));
}
