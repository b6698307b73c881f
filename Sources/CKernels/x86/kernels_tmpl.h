// The kernels of the x86 instruction sets, written once over a vector type. Included by one file an
// instruction set, which defines first:
//
//   TARGET                 the attribute that enables the instructions
//   vec, LANES             an integer vector, its number of int32 lanes
//   BLOCK                  pixels whose sums fit in registers, two vectors each
//   load, store, zero, repeat16, repeat32, pair_at       memory and constants
//   dot(sum, a, w)         sum + a.lo·w.lo + a.hi·w.hi in each int32 lane
//   and the small functions below, named after what they do.
//
// A panel is 2 · LANES output channels. Its two vectors of sums hold, in each 128-bit lane, 4
// channels of the first half and 4 of the second half of 8 consecutive channels, so that the
// narrowing pack, which works lane by lane, gives channels in natural order.
//
// Why blocks of BLOCK pixels × 2 vectors: each step loads two vectors of weights and broadcasts one
// pair of inputs a pixel, each used twice, so that the multipliers, not the load ports, are the
// limit; and the number of sums hides the latency of the multiply-add.
#pragma once

enum { PANEL = 2 * LANES };

#define INLINE TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

// MARK: Convolution

// Bytes of input that a 1×1 layer works on before it turns to the next panel: together with the
// panel's weights they stay in the first-level cache.
enum { TILE_BYTES = 16 << 10 };

INLINE void store_pixels(const vzk_job *job, int32_t panel, int32_t y, int32_t x, vec v) {
  uint8_t *cell = job->rgb + 8 * y * job->rgbRowStride + 24 * (ptrdiff_t)x;
  uint8_t bytes[PANEL];
  store_bytes(bytes, v);
  UNROLL for (int32_t i = 0; i < PANEL / 8; i++) {
    const int32_t chunk = panel * (PANEL / 8) + i;
    memcpy(cell + vzk_rgb_offset(chunk, job->rgbRowStride), bytes + 8 * i, 8);
  }
}

// `count` output pixels from (x, y) rightwards, one panel of channels.
INLINE void block(const int32_t count, const vzk_job *job, int32_t panel, int32_t y, int32_t x) {
  vec sum[BLOCK][2];
  {
    const vec bias0 = load(job->bias + panel * PANEL);
    const vec bias1 = load(job->bias + panel * PANEL + LANES);
    UNROLL for (int32_t i = 0; i < count; i++) {
      sum[i][0] = bias0;
      sum[i][1] = bias1;
    }
  }

  const ptrdiff_t step = job->inputStep;
  const int16_t *origin = job->input + y * job->inputRowStep + x * step;
  const int16_t *w = job->panels + (ptrdiff_t)panel * PANEL * job->segments * job->run;
  int32_t s = 0;
  do {
    // Four pointers and the step, once and twice, address twelve pixels.
    const int16_t *in0 = origin + job->segmentOffset[s], *in1 = in0 + 3 * step;
#if BLOCK > 6
    const int16_t *in2 = in0 + 6 * step, *in3 = in0 + 9 * step;
#endif
#define PIXEL(i, address) \
  if (i < count) { \
    const vec a = pair_at(address); \
    sum[i][0] = dot(sum[i][0], a, w0); \
    sum[i][1] = dot(sum[i][1], a, w1); \
  }
#define ROW(i, in, k) PIXEL(i, in + 2 * k) PIXEL(i + 1, in + step + 2 * k) PIXEL(i + 2, in + 2 * step + 2 * k)
#if BLOCK > 6
#define STEP(k) \
  { \
    const vec w0 = load(w + 2 * k * PANEL), w1 = load(w + (2 * k + 1) * PANEL); \
    ROW(0, in0, k) ROW(3, in1, k) ROW(6, in2, k) ROW(9, in3, k) \
  }
#else
#define STEP(k) \
  { \
    const vec w0 = load(w + 2 * k * PANEL), w1 = load(w + (2 * k + 1) * PANEL); \
    ROW(0, in0, k) ROW(3, in1, k) \
  }
#endif
    int32_t rest = job->run; // a multiple of 32
    do {
      STEP(0)
      STEP(1)
      w += 4 * PANEL;
      in0 += 4;
      in1 += 4;
#if BLOCK > 6
      in2 += 4;
      in3 += 4;
#endif
      rest -= 4;
    } while (rest > 0);
#undef STEP
#undef ROW
#undef PIXEL
  } while (++s < job->segments);

  const vec shift0 = load(job->shift + panel * PANEL);
  const vec shift1 = load(job->shift + panel * PANEL + LANES);
#define RESULT(i) narrow(shift_right(sum[i][0], shift0), shift_right(sum[i][1], shift1))
  if (job->epilogue == vzk_epilogue_pixels) {
    UNROLL for (int32_t i = 0; i < count; i++) store_pixels(job, panel, y, x + i, RESULT(i));
    return;
  }
  const int32_t channel = panel * PANEL;
  int16_t *out = job->output + y * job->outputRowStep + x * job->outputStep +
                 job->groupOffset[channel / VZK_GROUP] + channel % VZK_GROUP;
  switch (job->epilogue) {
  case vzk_epilogue_linear:
    UNROLL for (int32_t i = 0; i < count; i++) store(out + i * job->outputStep, RESULT(i));
    break;
  case vzk_epilogue_leaky:
    UNROLL for (int32_t i = 0; i < count; i++) {
      const vec v = RESULT(i);
      store(out + i * job->outputStep, max16(v, eighth16(v)));
    }
    break;
  case vzk_epilogue_residual: {
    const int16_t *residual = job->residual + y * job->residualRowStep + x * job->residualStep + channel;
    UNROLL for (int32_t i = 0; i < count; i++) {
      store(out + i * job->outputStep, add16(load(residual + i * job->residualStep), RESULT(i)));
    }
    break;
  }
  case vzk_epilogue_pixels: break;
  }
#undef RESULT
}

#define DEFINE_BLOCK(count) \
  TARGET __attribute__((noinline)) static void block##count(const vzk_job *job, int32_t panel, int32_t y, \
                                                            int32_t x) { \
    block(count, job, panel, y, x); \
  }
#if BLOCK > 6
DEFINE_BLOCK(12)
DEFINE_BLOCK(8)
#else
DEFINE_BLOCK(6)
#endif
DEFINE_BLOCK(4)
DEFINE_BLOCK(2)
DEFINE_BLOCK(1)
#undef DEFINE_BLOCK

TARGET static void segment(const vzk_job *job, int32_t panel, int32_t y, int32_t x, int32_t end) {
#if BLOCK > 6
  for (; end - x >= 12; x += 12) block12(job, panel, y, x);
  for (; end - x >= 8; x += 8) block8(job, panel, y, x);
#else
  for (; end - x >= 6; x += 6) block6(job, panel, y, x);
#endif
  for (; end - x >= 4; x += 4) block4(job, panel, y, x);
  for (; end - x >= 2; x += 2) block2(job, panel, y, x);
  for (; end - x >= 1; x += 1) block1(job, panel, y, x);
}

TARGET static void convolve(const vzk_job *job) {
  const int32_t panels = job->groups * VZK_GROUP / PANEL, width = job->width;
  if (job->segments > 1) {
    // 3×3: a panel's weights fill a part of the second-level cache; keep them there.
    for (int32_t panel = 0; panel < panels; panel++) {
      for (int32_t y = 0; y < job->rows; y++) segment(job, panel, y, 0, width);
    }
    return;
  }
  int32_t tile = TILE_BYTES / (job->run * (int32_t)sizeof(int16_t)) / BLOCK * BLOCK;
  if (tile < BLOCK) tile = BLOCK;
  for (int32_t y = 0; y < job->rows; y++) {
    for (int32_t x = 0; x < width; x += tile) {
      const int32_t end = width - x < tile ? width : x + tile;
      for (int32_t panel = 0; panel < panels; panel++) segment(job, panel, y, x, end);
    }
  }
}

// MARK: Depthwise

// Pixels of a row that are done for one panel before the next: their input stays in the
// first-level cache.
enum { STRETCH = 32 };

// Upper two rows in pairs (above, here); lower row in pairs of neighbors. Each is formed once and
// used for up to three outputs.
TARGET static void depthwise(const vzk_depthwise *call) {
  const vzk_packed *packed = call->weights;
  const ptrdiff_t step = call->inputPixelStride;
  for (int32_t first = 0; first < call->width; first += STRETCH) {
    const int32_t count = call->width - first < STRETCH ? call->width - first : STRETCH;
    for (int32_t channel = 0; channel < packed->shape.outputs; channel += PANEL) {
      const int32_t *bias = vzk_packed_bias(packed) + channel;
      const int32_t *shift = vzk_packed_shift(packed) + channel;
      const int16_t *weights = vzk_packed_panels(packed) + channel * 10;
      const vec bias0 = load(bias), bias1 = load(bias + LANES);
      const vec shift0 = load(shift), shift1 = load(shift + LANES);
      vec w[10];
      UNROLL for (int32_t i = 0; i < 10; i++) w[i] = load(weights + i * PANEL);

      const int16_t *above = call->above + first * step + channel;
      const int16_t *here = call->here + first * step + channel;
      const int16_t *below = call->below + first * step + channel;
      int16_t *out = call->output + first * call->outputPixelStride + channel;

      vec a = load(above), b = load(here);
      vec upper0 = interleave_low(a, b), upper0h = interleave_high(a, b);
      a = load(above + step);
      b = load(here + step);
      vec upper1 = interleave_low(a, b), upper1h = interleave_high(a, b);
      vec last = load(below + step);
      a = load(below);
      vec lower0 = interleave_low(a, last), lower0h = interleave_high(a, last);
      for (int32_t x = 0; x < count; x++) {
        above += step;
        here += step;
        below += step;
        a = load(above + step);
        b = load(here + step);
        const vec upper2 = interleave_low(a, b), upper2h = interleave_high(a, b);
        const vec next = load(below + step);
        const vec lower1 = interleave_low(last, next), lower1h = interleave_high(last, next);
        vec sum0 = dot(dot(bias0, upper0, w[0]), upper1, w[2]);
        vec sum1 = dot(dot(bias1, upper0h, w[1]), upper1h, w[3]);
        sum0 = dot(dot(dot(sum0, upper2, w[4]), lower0, w[6]), lower1, w[8]);
        sum1 = dot(dot(dot(sum1, upper2h, w[5]), lower0h, w[7]), lower1h, w[9]);
        store(out, narrow(shift_right(sum0, shift0), shift_right(sum1, shift1)));
        out += call->outputPixelStride;
        upper0 = upper1;
        upper0h = upper1h;
        upper1 = upper2;
        upper1h = upper2h;
        lower0 = lower1;
        lower0h = lower1h;
        last = next;
      }
    }
  }
}

// MARK: Latents

// The int32 values of the low and high interleaved halves of 16-bit products, sums and so on are
// in lane order; these bring per-channel int32 parameters into it.
INLINE vec lane_order_low(const int32_t *p) { return even_lanes(load(p), load(p + LANES)); }
INLINE vec lane_order_high(const int32_t *p) { return odd_lanes(load(p), load(p + LANES)); }

TARGET static void gain(vzk_source input, const int16_t *gains, const int32_t *shift, vzk_sink output,
                        int32_t channels, int32_t width) {
  for (int32_t c = 0; c < channels; c += PANEL) {
    const vec g = load(gains + c);
    const vec shift0 = lane_order_low(shift + c), shift1 = lane_order_high(shift + c);
    const vec one = repeat32(1);
    const vec half0 = shift_left(one, sub32(shift0, one));
    const vec half1 = shift_left(one, sub32(shift1, one));
    const int16_t *in = input.values + c;
    int16_t *out = output.values + c;
    for (int32_t x = 0; x < width; x++) {
      const vec v = load(in), low = multiply_low16(v, g), high = multiply_high16(v, g);
      const vec product0 = interleave_low(low, high), product1 = interleave_high(low, high);
      store(out,
            narrow(shift_right(add32(product0, half0), shift0), shift_right(add32(product1, half1), shift1)));
      in += input.pixelStride;
      out += output.pixelStride;
    }
  }
}

// An integer below 2^24 converts to float exactly, and then its exponent and the top 11 bits of its
// mantissa, side by side, are the companded value but for a constant: no float arithmetic at all.
INLINE vec compand_magnitude(vec u, vec offset) { return sub32(float_bits_by_12(u), offset); }

TARGET static void compand(vzk_source input, int32_t fraction, vzk_sink output, int32_t channels,
                           int32_t width) {
  const vec one = repeat32(1 << fraction), offset = repeat32((127 + fraction) << 11);
  for (int32_t x = 0; x < width; x++) {
    const int16_t *in = input.values + x * input.pixelStride;
    int16_t *out = output.values + x * output.pixelStride;
    for (int32_t c = 0; c < channels; c += PANEL) {
      const vec v = load(in + c), magnitude = absolute16(v);
      const vec low = add32(interleave_low(magnitude, zero()), one);
      const vec high = add32(interleave_high(magnitude, zero()), one);
      const vec result = narrow(compand_magnitude(low, offset), compand_magnitude(high, offset));
      store(out + c, with_sign16(result, v));
    }
  }
}

TARGET static void quantize(vzk_source values, vzk_source mean, int32_t fraction, vzk_sink symbols,
                            int32_t channels, int32_t width) {
  const vec half = repeat32((1 << fraction) >> 1), difference = repeat32((int32_t)0xffff0001);
  const vec shift = repeat32(fraction);
  for (int32_t x = 0; x < width; x++) {
    const int16_t *in = values.values + x * values.pixelStride;
    const int16_t *means = mean.values + x * mean.pixelStride;
    int16_t *out = symbols.values + x * symbols.pixelStride;
    for (int32_t c = 0; c < channels; c += PANEL) {
      const vec v = load(in + c), m = load(means + c);
      const vec low = dot(half, interleave_low(v, m), difference);
      const vec high = dot(half, interleave_high(v, m), difference);
      store(out + c, narrow(shift_right(low, shift), shift_right(high, shift)));
    }
  }
}

TARGET static void dequantize(vzk_source symbols, vzk_source mean, int32_t fraction, vzk_sink values,
                              int32_t channels, int32_t width) {
  // q · 2^16 >> (16 − fraction) = q · 2^fraction.
  const vec up = repeat32(16 - fraction), full = repeat32(16);
  for (int32_t x = 0; x < width; x++) {
    const int16_t *in = symbols.values + x * symbols.pixelStride;
    const int16_t *means = mean.values + x * mean.pixelStride;
    int16_t *out = values.values + x * values.pixelStride;
    for (int32_t c = 0; c < channels; c += PANEL) {
      const vec q = load(in + c), m = load(means + c);
      const vec low =
        add32(shift_right(interleave_low(zero(), q), up), shift_right(interleave_low(zero(), m), full));
      const vec high =
        add32(shift_right(interleave_high(zero(), q), up), shift_right(interleave_high(zero(), m), full));
      store(out + c, narrow(low, high));
    }
  }
}

TARGET static void levels(vzk_source raw, uint8_t *out, ptrdiff_t levelStride, int32_t channels,
                          int32_t width) {
  for (int32_t x = 0; x < width; x++) {
    const int16_t *in = raw.values + x * raw.pixelStride;
    for (int32_t c = 0; c < channels; c += PANEL) {
      const vec level = add16(sixteenth16(add16(load(in + c), repeat16(8))), repeat16(16));
      store_bytes(out + x * levelStride + c, min16(level, repeat16(63)));
    }
  }
}

// MARK: Gradients

TARGET static void signs(const int16_t *values, uint8_t *bits, int32_t count) {
  for (int32_t i = 0; i < count; i += PANEL) {
    const signs16 negative = negative16(load(values + i));
    memcpy(bits + i / 8, &negative, sizeof negative);
  }
}

TARGET static void gate(int16_t *values, const uint8_t *bits, int32_t count) {
  for (int32_t i = 0; i < count; i += PANEL) {
    signs16 negative;
    memcpy(&negative, bits + i / 8, sizeof negative);
    store(values + i, rounded_eighth_where16(load(values + i), negative));
  }
}

#define X86_TABLE \
  { \
    .layout = {.panel = PANEL, .depth = 2, .laneOrder = true}, .convolve = convolve, .depthwise = depthwise, \
    .unshuffle = vzk_avx2_unshuffle, .gain = gain, .compand = compand, .quantize = quantize, \
    .dequantize = dequantize, .levels = levels, .signs = signs, .gate = gate \
  }
