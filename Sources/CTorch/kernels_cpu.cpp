// The plain C++ twins of kernels.cu: no tricks, so that they can be read as the definition.
#include "kernels.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <vector>

#include "elements.h"

namespace vzk {
namespace {

// ---- elements of the three types

float half_to_float(uint16_t h) {
  uint32_t sign = static_cast<uint32_t>(h & 0x8000) << 16, e = (h >> 10) & 31, m = h & 0x3FF;
  if (e == 0) {
    float value = std::ldexp(static_cast<float>(m), -24);
    return sign ? -value : value;
  }
  uint32_t bits = sign | (e == 31 ? 0x7F800000u : (e + 112) << 23) | m << 13;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

uint16_t float_to_half(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  float magnitude = std::fabs(value);
  if (!(magnitude < 65520.0f)) return sign | (value != value ? 0x7E00 : 0x7C00);
  if (magnitude < 0x1p-14f) return sign | static_cast<uint16_t>(std::nearbyint(magnitude * 0x1p24f));
  uint32_t m = (bits & 0x7FFFFFFF) - (112u << 23);
  return sign | static_cast<uint16_t>((m + 0xFFF + (m >> 13 & 1)) >> 13);
}

uint16_t float_to_bfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  if (value != value) return 0x7FC0;
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

} // namespace

float load(Type type, const void *p, int64_t i) {
  if (type == Type::float32) return static_cast<const float *>(p)[i];
  uint16_t h = static_cast<const uint16_t *>(p)[i];
  if (type == Type::float16) return half_to_float(h);
  uint32_t bits = static_cast<uint32_t>(h) << 16;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

void store(Type type, void *p, int64_t i, float value) {
  if (type == Type::float32)
    static_cast<float *>(p)[i] = value;
  else
    static_cast<uint16_t *>(p)[i] = type == Type::float16 ? float_to_half(value) : float_to_bfloat16(value);
}

namespace {

/// Runs `body(first, last)` over parts of 0 ..< count on as many threads as there are processors.
template <typename F>
void in_parts(int64_t count, int64_t least, F body) {
  int64_t processors = std::max<int64_t>(1, std::thread::hardware_concurrency());
  int64_t parts = std::max<int64_t>(1, std::min(processors, count / std::max<int64_t>(1, least)));
  std::vector<std::thread> others;
  for (int64_t part = 1; part < parts; part++) {
    others.emplace_back([=] { body(count * part / parts, count * (part + 1) / parts); });
  }
  body(0, count / parts);
  for (auto &other : others) other.join();
}

// ---- depthwise convolution

/// Calls visit(tap, neighbor's index) for the neighbors of (b, y, x) that are inside.
template <typename F>
void each_neighbor(const Shape &s, int64_t b, int64_t y, int64_t x, F visit) {
  for (int ky = 0; ky < 3; ky++) {
    for (int kx = 0; kx < 3; kx++) {
      int64_t v = y + ky - 1, u = x + kx - 1;
      if (v < 0 || v >= s.height || u < 0 || u >= s.width) continue;
      visit(ky * 3 + kx, ((b * s.height + v) * s.width + u) * s.channels);
    }
  }
}

template <typename F>
void each_position(const Shape &s, F visit) {
  for (int64_t b = 0; b < s.batch; b++)
    for (int64_t y = 0; y < s.height; y++)
      for (int64_t x = 0; x < s.width; x++) visit(b, y, x, ((b * s.height + y) * s.width + x) * s.channels);
}

void depthwise(Shape s, Type t, const void *x, float slope, const float *w, const float *bias, void *y,
               void *) {
  std::vector<float> sum(s.channels);
  each_position(s, [&](int64_t b, int64_t row, int64_t column, int64_t at) {
    for (int64_t c = 0; c < s.channels; c++) sum[c] = bias ? bias[c] : 0;
    each_neighbor(s, b, row, column, [&](int tap, int64_t from) {
      for (int64_t c = 0; c < s.channels; c++) sum[c] += w[c * 9 + tap] * act(load(t, x, from + c), slope);
    });
    for (int64_t c = 0; c < s.channels; c++) store(t, y, at + c, sum[c]);
  });
}

void depthwise_data(Shape s, Type t, const void *g, const float *w, const void *x, float slope, void *out,
                    float *sums, float *, void *) {
  std::vector<float> sum(s.channels);
  std::vector<double> total(s.channels, 0);
  each_position(s, [&](int64_t b, int64_t row, int64_t column, int64_t at) {
    std::fill(sum.begin(), sum.end(), 0.0f);
    each_neighbor(s, b, row, column, [&](int tap, int64_t from) {
      for (int64_t c = 0; c < s.channels; c++) sum[c] += w[c * 9 + 8 - tap] * load(t, g, from + c);
    });
    for (int64_t c = 0; c < s.channels; c++) {
      float value = sum[c] * act_gradient(load(t, x, at + c), slope);
      store(t, out, at + c, value);
      total[c] += value;
    }
  });
  if (sums) std::copy(total.begin(), total.end(), sums);
}

void depthwise_weight(Shape s, Type t, const void *x, float slope, const void *g, float *gw, float *gb,
                      float *, void *) {
  std::vector<double> weight(s.channels * 9, 0), bias(s.channels, 0);
  each_position(s, [&](int64_t b, int64_t row, int64_t column, int64_t at) {
    for (int64_t c = 0; c < s.channels; c++) bias[c] += load(t, g, at + c);
    each_neighbor(s, b, row, column, [&](int tap, int64_t from) {
      for (int64_t c = 0; c < s.channels; c++) {
        weight[c * 9 + tap] += load(t, g, at + c) * act(load(t, x, from + c), slope);
      }
    });
  });
  std::copy(weight.begin(), weight.end(), gw);
  std::copy(bias.begin(), bias.end(), gb);
}

// ---- over [rows, channels]

/// value(i) for each element: stored to `out` (or not, if null) and added up by channel (or not).
template <typename F>
void mapped(int64_t rows, int64_t channels, Type t, void *out, float *sums, F value) {
  std::vector<double> total(channels, 0);
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t c = 0; c < channels; c++) {
      float v = value(row * channels + c);
      if (out) store(t, out, row * channels + c, v);
      total[c] += v;
    }
  }
  if (sums) std::copy(total.begin(), total.end(), sums);
}

void activate(int64_t rows, int64_t channels, Type t, void *x, float slope, void *) {
  mapped(rows, channels, t, x, nullptr, [=](int64_t i) { return act(load(t, x, i), slope); });
}
void activate_back(int64_t rows, int64_t channels, Type t, const void *g, const void *y, float slope,
                   void *out, float *sums, float *, void *) {
  mapped(rows, channels, t, out, sums,
         [=](int64_t i) { return load(t, g, i) * act_gradient(load(t, y, i), slope); });
}
void add(int64_t rows, int64_t channels, Type t, const void *a, const void *b, void *c, float *sums, float *,
         void *) {
  mapped(rows, channels, t, c, sums, [=](int64_t i) { return load(t, a, i) + load(t, b, i); });
}
void column_sums(int64_t rows, int64_t channels, Type t, const void *x, float *sums, float *, void *) {
  mapped(rows, channels, t, nullptr, sums, [=](int64_t i) { return load(t, x, i); });
}

// ---- crops

void crops(const CropImage *images, const CropRecord *records, int64_t count, int64_t size, float *out,
           void *) {
  in_parts(count * size, 16, [=](int64_t first, int64_t last) {
    for (int64_t line = first; line < last; line++) {
      const CropRecord &r = records[line / size];
      const CropImage &image = images[r.image];
      for (int64_t b = 0; b < size; b++) {
        int i, j;
        float rgb[3];
        crop_place(r.flips, static_cast<int>(size), static_cast<int>(line % size), static_cast<int>(b), &i,
                   &j);
        crop_pixel(reinterpret_cast<const uint8_t *>(image.address), static_cast<int>(image.width),
                   static_cast<int>(image.height), r.x, r.y, r.step, i, j, rgb);
        for (int k = 0; k < 3; k++) out[(line * size + b) * 3 + k] = (rgb[k] - 128) / 128;
      }
    }
  });
}

// ---- latent

/// Whether the first pass codes the element.
bool is_first(const Shape &s, bool dual, int64_t position, int64_t c) {
  return ((position / s.width % s.height + position % s.width + (dual && c >= s.channels / 2)) & 1) == 0;
}

void first_pass(Shape s, bool dual, const float *v, const float *prior, float *out, void *) {
  int64_t m = s.channels;
  for (int64_t p = 0; p < s.positions(); p++) {
    for (int64_t c = 0; c < m; c++) {
      float mean = prior[p * 2 * m + c];
      out[p * m + c] = is_first(s, dual, p, c) ? std::nearbyint(v[p * m + c] - mean) + mean : 0.0f;
    }
  }
}

/// Calls visit(element, whether the change counts, its index in the priors, mean, raw, noise).
template <typename F>
void each_latent(const Shape &s, bool dual, const float *prior, const float *change, Noise n, int64_t first,
                 int64_t last, F visit) {
  int64_t m = s.channels, area = s.height * s.width;
  uint64_t key = noise_key(n.seed, n.stream, *n.step);
  for (int64_t p = first; p < last; p++) {
    uint64_t sample = static_cast<uint64_t>(n.first_sample + p / area);
    for (int64_t c = 0; c < m; c++) {
      int64_t i = p * 2 * m + c;
      bool changes = change && !is_first(s, dual, p, c);
      float mean = prior[i] + (changes ? change[i] : 0.0f);
      float raw = prior[i + m] + (changes ? change[i + m] : 0.0f);
      visit(p * m + c, changes, i, mean, raw, noise(key, (sample * m + c) * area + p % area));
    }
  }
}

void latent(Shape s, bool dual, const float *v, const float *prior, const float *change, Noise n,
            float *decoded, float *bits, float *, void *) {
  int64_t area = s.height * s.width;
  in_parts(s.batch, 1, [=](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; b++) {
      double sum = 0;
      each_latent(s, dual, prior, change, n, b * area, (b + 1) * area,
                  [&](int64_t e, bool, int64_t, float mean, float raw, float u) {
                    decoded[e] = std::nearbyint(v[e] - mean) + mean;
                    sum += rate_bits(v[e] - mean + u, raw);
                  });
      bits[b] = static_cast<float>(sum);
    }
  });
}

void latent_back(Shape s, bool dual, const float *v, const float *prior, const float *change, Noise n,
                 const float *g_decoded, const float *g_bits, float *g_v, float *g_prior, float *g_change,
                 void *) {
  int64_t area = s.height * s.width, m = s.channels;
  in_parts(s.batch, 1, [=](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; b++) {
      each_latent(s, dual, prior, change, n, b * area, (b + 1) * area,
                  [&](int64_t e, bool changes, int64_t i, float mean, float raw, float u) {
                    RateTerms terms = rate_terms(v[e] - mean + u, raw);
                    float by_value = terms.by_value * g_bits[b], by_raw = terms.by_raw * g_bits[b];
                    g_v[e] = g_decoded[e] + by_value;
                    g_prior[i] = -by_value;
                    g_prior[i + m] = by_raw;
                    if (g_change) {
                      g_change[i] = changes ? -by_value : 0.0f;
                      g_change[i + m] = changes ? by_raw : 0.0f;
                    }
                  });
    }
  });
}

// ---- steps

void judge(const float *g, int64_t count, const float *control, float *state, float *, void *) {
  double squares = 0;
  for (int64_t i = 0; i < count; i++) squares += static_cast<double>(g[i]) * g[i];
  judge_sum(static_cast<float>(squares), control[control_max_norm], control[control_max_scale], state);
}

void adam(AdamVectors a, double beta1, double beta2, double epsilon, const float *control, const float *state,
          void *) {
  AdamRates r(beta1, beta2, epsilon);
  float factor = state[state_factor];
  if (factor == 0) {
    std::fill(a.gradients, a.gradients + a.count, 0.0f);
    return;
  }
  in_parts(a.count, 1 << 16, [=](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; i++) {
      float g = a.gradients[i] * factor;
      float m = a.mean[i] * r.beta1 + g * r.rest1;
      float v = a.square[i] * r.beta2 + g * g * r.rest2;
      float p = a.values[i] - control[control_rate] * m / (std::sqrt(v) / control[control_root] + r.epsilon);
      a.mean[i] = m;
      a.square[i] = v;
      a.values[i] = p;
      a.average[i] += (1 - control[control_decay]) * (p - a.average[i]);
      a.gradients[i] = 0;
    }
  });
}

const Kernels table = {
  depthwise,
  depthwise_data,
  depthwise_weight,
  activate,
  activate_back,
  add,
  column_sums,
  crops,
  first_pass,
  latent,
  latent_back,
  judge,
  adam,
  [] { return static_cast<const char *>(nullptr); },
};

} // namespace

const Kernels &cpu() { return table; }

} // namespace vzk
