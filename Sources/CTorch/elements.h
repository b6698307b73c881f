#pragma once
#include <cmath>
#include <cstdint>

// What a kernel computes for one element, for both of its twins.

#ifdef __CUDACC__
#define VZK_BOTH __host__ __device__ __forceinline__
#else
#define VZK_BOTH inline
#endif

namespace vzk {

VZK_BOTH float act(float x, float slope) { return x > 0 ? x : x * slope; }
VZK_BOTH float act_gradient(float x, float slope) { return x > 0 ? 1.0f : slope; }

// ---- noise

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
VZK_BOTH uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

constexpr uint64_t golden = 0x9E3779B97F4A7C15ull;

VZK_BOTH uint64_t noise_key(uint64_t seed, uint32_t stream, int64_t step) {
  return mixed(mixed(seed + golden * (stream + 1)) + golden * static_cast<uint64_t>(step));
}

/// Uniform in −1/2 ≤ u < 1/2, a multiple of 2^-24; `index` is the element's place in [B, C, H, W].
VZK_BOTH float noise(uint64_t key, uint64_t index) {
  return static_cast<float>(mixed(key + golden * index) >> 40) * 0x1p-24f - 0.5f;
}

// ---- rate

// A raw scale level r stands for level 16 + 8 r, held in 0…63, and that for the standard deviation
// 0.11 · (64 / 0.11)^(level / 63). Comparisons are such that NaN stays NaN, for `judge` to see.
constexpr float level_offset = 16, level_scale = 8;
constexpr float log_smallest = -2.207274913189721f; // ln 0.11
constexpr float log_ratio = 0.10105012692935544f;   // ln(64 / 0.11) / 63

struct RateTerms {
  float bits;
  float by_value; // ∂bits / ∂value
  float by_raw;   // ∂bits / ∂raw, for a positive gradient of bits
};

/// −log₂ of the probability of the unit interval around `value` under a zero-mean Gaussian; at least
/// 1e-9 of it.
VZK_BOTH float rate_bits(float value, float raw) {
  float free = raw * level_scale + level_offset;
  float level = free < 0 ? 0.0f : free > 63 ? 63.0f : free;
  float inverse = expf(-(level * log_ratio + log_smallest)) * 0.70710678118654752f;
  float magnitude = fabsf(value);
  float p = 0.5f * (erfcf((magnitude - 0.5f) * inverse) - erfcf((magnitude + 0.5f) * inverse));
  return -log2f(p < 1e-9f ? 1e-9f : p);
}

/// The same with its derivatives. Bounds pass a gradient that leads back inside: that of a probability
/// below 1e-9 always does.
VZK_BOTH RateTerms rate_terms(float value, float raw) {
  float free = raw * level_scale + level_offset;
  float level = free < 0 ? 0.0f : free > 63 ? 63.0f : free;
  float inverse = expf(-(level * log_ratio + log_smallest)) * 0.70710678118654752f;
  float magnitude = fabsf(value);
  float low = (magnitude - 0.5f) * inverse, high = (magnitude + 0.5f) * inverse;
  float p = 0.5f * (erfcf(low) - erfcf(high));
  float held = p < 1e-9f ? 1e-9f : p;
  constexpr float inverse_root_pi = 0.56418958354775629f, inverse_ln2 = 1.4426950408889634f;
  float at_low = expf(-low * low), at_high = expf(-high * high);
  float by_p = -inverse_ln2 / held;
  float p_by_magnitude = -inverse_root_pi * inverse * (at_low - at_high);
  // ∂p/∂ln σ, as ∂inverse/∂ln σ = −inverse.
  float p_by_log = inverse_root_pi * (at_low * low - at_high * high);
  RateTerms terms;
  terms.bits = -log2f(held);
  terms.by_value = by_p * p_by_magnitude * (value > 0 ? 1.0f : value < 0 ? -1.0f : 0.0f);
  float by_level = by_p * p_by_log * log_ratio;
  // A descent subtracts the gradient: below 0 it must be negative, above 63 positive.
  bool passes = (!(free < 0) || by_level < 0) && (!(free > 63) || by_level > 0);
  terms.by_raw = passes ? by_level * level_scale : 0.0f;
  return terms;
}

// ---- crops

/// Keys' cubic (1981), a = −1/2.
VZK_BOTH float cubic(float t) {
  t = fabsf(t);
  if (t < 1) return (1.5f * t - 2.5f) * t * t + 1;
  if (t < 2) return ((-0.5f * t + 2.5f) * t - 4) * t + 2;
  return 0;
}

/// One pixel of a crop, from the window's column i and row j (before flips): three values 0…255.
VZK_BOTH void crop_pixel(const uint8_t *pixels, int width, int height, float x, float y, float step, int i,
                         int j, float out[3]) {
  float cx = x + (static_cast<float>(i) + 0.5f) * step - 0.5f;
  float cy = y + (static_cast<float>(j) + 0.5f) * step - 0.5f;
  int x0 = static_cast<int>(ceilf(cx - 2 * step)), x1 = static_cast<int>(floorf(cx + 2 * step));
  int y0 = static_cast<int>(ceilf(cy - 2 * step)), y1 = static_cast<int>(floorf(cy + 2 * step));
  float scale = 1 / step, sums[3] = {0, 0, 0}, total = 0;
  for (int v = y0; v <= y1; v++) {
    float wy = cubic((static_cast<float>(v) - cy) * scale);
    if (wy == 0) continue;
    int row = v < 0 ? 0 : v >= height ? height - 1 : v;
    float line[3] = {0, 0, 0}, line_total = 0;
    for (int u = x0; u <= x1; u++) {
      float wx = cubic((static_cast<float>(u) - cx) * scale);
      int column = u < 0 ? 0 : u >= width ? width - 1 : u;
      const uint8_t *p = pixels + (static_cast<int64_t>(row) * width + column) * 3;
      for (int k = 0; k < 3; k++) line[k] += wx * static_cast<float>(p[k]);
      line_total += wx;
    }
    for (int k = 0; k < 3; k++) sums[k] += wy * line[k];
    total += wy * line_total;
  }
  for (int k = 0; k < 3; k++) out[k] = floorf(fminf(fmaxf(sums[k] / total, 0.0f), 255.0f) + 0.5f);
}

/// The window's column and row of the crop's pixel in row a, column b.
VZK_BOTH void crop_place(int flips, int size, int a, int b, int *i, int *j) {
  int row = flips & 4 ? b : a, column = flips & 4 ? a : b;
  *i = flips & 1 ? size - 1 - column : column;
  *j = flips & 2 ? size - 1 - row : row;
}

// ---- steps

/// What the sum of squares says: fills the step's part of `state`; see kernels.h.
VZK_BOTH void judge_sum(float squares, float max_norm, float max_scale, float *state) {
  float scale = state[0];
  float norm = sqrtf(squares) / scale;
  bool good = norm - norm == 0; // neither infinite nor NaN
  state[2] = good ? fminf(1.0f, max_norm / fmaxf(norm, 1e-30f)) / scale : 0.0f;
  state[3] = norm;
  if (good) {
    state[5] = 0;
    state[1] += 1;
    if (state[1] >= 1000) {
      state[1] = 0;
      state[0] = fminf(scale * 2, max_scale);
    }
  } else {
    state[4] += 1;
    state[5] += 1;
    state[1] = 0;
    state[0] = fmaxf(scale * 0.5f, 1.0f);
  }
}

} // namespace vzk
