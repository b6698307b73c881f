// NEON, on 64-bit ARM. Simple rather than fast: panels of 8 channels, blocks of 8 pixels, the
// widening multiply-add by a lane. Compared with scalar under emulation (qemu-aarch64: all kernels,
// equal); not yet run, nor measured, on an ARM machine.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "../kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { PANEL = 8, BLOCK = 8 };

typedef struct pair {
  int32x4_t low, high;
} pair;

INLINE int32x4_t load32(const int32_t *p) { return vld1q_s32(p); }

// sat16(sums >> shift), with the shifts negated.
INLINE int16x8_t narrow(pair sums, pair negative) {
  return vcombine_s16(vqmovn_s32(vshlq_s32(sums.low, negative.low)),
                      vqmovn_s32(vshlq_s32(sums.high, negative.high)));
}

INLINE pair negated(const int32_t *shift) {
  return (pair){vnegq_s32(load32(shift)), vnegq_s32(load32(shift + 4))};
}

// MARK: Convolution

INLINE void block(const int32_t count, const vzk_job *job, int32_t panel, int32_t y, int32_t x) {
  pair sum[BLOCK];
  const int32_t channel = panel * PANEL;
  UNROLL for (int32_t i = 0; i < count; i++) {
    sum[i] = (pair){load32(job->bias + channel), load32(job->bias + channel + 4)};
  }

  const ptrdiff_t step = job->inputStep;
  const int16_t *origin = job->input + y * job->inputRowStep + x * step;
  const int16_t *w = job->panels + (ptrdiff_t)channel * job->segments * job->run;
  for (int32_t s = 0; s < job->segments; s++) {
    const int16_t *in = origin + job->segmentOffset[s];
    for (int32_t k = 0; k < job->run; k += 8) {
      int16x8_t a[BLOCK];
      UNROLL for (int32_t i = 0; i < count; i++) a[i] = vld1q_s16(in + i * step + k);
#define STEP(lane) \
  { \
    const int16x8_t weights = vld1q_s16(w + PANEL * lane); \
    UNROLL for (int32_t i = 0; i < count; i++) { \
      sum[i].low = vmlal_laneq_s16(sum[i].low, vget_low_s16(weights), a[i], lane); \
      sum[i].high = vmlal_high_laneq_s16(sum[i].high, weights, a[i], lane); \
    } \
  }
      STEP(0)
      STEP(1)
      STEP(2)
      STEP(3)
      STEP(4)
      STEP(5)
      STEP(6)
      STEP(7)
#undef STEP
      w += 8 * PANEL;
    }
  }

  const pair shift = negated(job->shift + channel);
  UNROLL for (int32_t i = 0; i < count; i++) {
    int16x8_t v = narrow(sum[i], shift);
    if (job->epilogue == vzk_epilogue_pixels) {
      uint8_t *cell = job->rgb + 8 * y * job->rgbRowStride + 24 * (ptrdiff_t)(x + i);
      vst1_u8(cell + vzk_rgb_offset(panel, job->rgbRowStride), vqmovun_s16(v));
      continue;
    }
    if (job->epilogue == vzk_epilogue_leaky) {
      v = vmaxq_s16(v, vshrq_n_s16(v, 3));
    } else if (job->epilogue == vzk_epilogue_residual) {
      const int16_t *residual =
        job->residual + y * job->residualRowStep + (x + i) * job->residualStep + channel;
      v = vqaddq_s16(vld1q_s16(residual), v);
    }
    int16_t *out = job->output + y * job->outputRowStep + (x + i) * job->outputStep +
                   job->groupOffset[channel / VZK_GROUP] + channel % VZK_GROUP;
    vst1q_s16(out, v);
  }
}

static void convolve(const vzk_job *job) {
  const int32_t panels = job->groups * VZK_GROUP / PANEL;
  for (int32_t y = 0; y < job->rows; y++) {
    // Panels innermost over 64 pixels: their input stays in the first-level cache.
    for (int32_t tile = 0; tile < job->width; tile += 64) {
      const int32_t end = job->width - tile < 64 ? job->width : tile + 64;
      for (int32_t panel = 0; panel < panels; panel++) {
        int32_t x = tile;
        for (; end - x >= 8; x += 8) block(8, job, panel, y, x);
        for (; end - x >= 4; x += 4) block(4, job, panel, y, x);
        for (; end - x >= 1; x += 1) block(1, job, panel, y, x);
      }
    }
  }
}

// MARK: Depthwise

static void depthwise(const vzk_depthwise *call) {
  const vzk_packed *packed = call->weights;
  const ptrdiff_t step = call->inputPixelStride;
  for (int32_t channel = 0; channel < packed->shape.outputs; channel += PANEL) {
    const int32_t *bias = vzk_packed_bias(packed) + channel;
    const pair start = {load32(bias), load32(bias + 4)};
    const pair shift = negated(vzk_packed_shift(packed) + channel);
    int16x8_t w[9];
    UNROLL for (int32_t i = 0; i < 9; i++) {
      w[i] = vld1q_s16(vzk_packed_panels(packed) + channel * 9 + i * PANEL);
    }
    const int16_t *rows[3] = {call->above + channel, call->here + channel, call->below + channel};
    for (int32_t x = 0; x < call->width; x++) {
      pair sum = start;
      UNROLL for (int32_t i = 0; i < 9; i++) {
        const int16x8_t a = vld1q_s16(rows[i / 3] + (x + i % 3) * step);
        sum.low = vmlal_s16(sum.low, vget_low_s16(a), vget_low_s16(w[i]));
        sum.high = vmlal_high_s16(sum.high, a, w[i]);
      }
      vst1q_s16(call->output + x * call->outputPixelStride + channel, narrow(sum, shift));
    }
  }
}

// MARK: Pixels

static void unshuffle(const uint8_t *rgb, ptrdiff_t rgbRowStride, int16_t *output,
                      ptrdiff_t outputPixelStride, int32_t width) {
  const int16x8_t middle = vdupq_n_s16(128);
  for (int32_t x = 0; x < width; x++) {
    for (int32_t dy = 0; dy < 8; dy++) {
      const uint8x8x3_t pixels = vld3_u8(rgb + dy * rgbRowStride + 24 * (ptrdiff_t)x);
      int16_t *out = output + x * outputPixelStride + 8 * dy;
      UNROLL for (int32_t c = 0; c < 3; c++) {
        const int16x8_t v = vreinterpretq_s16_u16(vmovl_u8(pixels.val[c]));
        vst1q_s16(out + 64 * c, vsubq_s16(v, middle));
      }
    }
  }
}

// MARK: Latents

static void gain(vzk_source input, const int16_t *gains, const int32_t *shift, vzk_sink output,
                 int32_t channels, int32_t width) {
  for (int32_t c = 0; c < channels; c += PANEL) {
    const int16x8_t g = vld1q_s16(gains + c);
    const pair negative = negated(shift + c);
    const int32x4_t one = vdupq_n_s32(1);
    const int32x4_t half0 = vshlq_s32(one, vsubq_s32(load32(shift + c), one));
    const int32x4_t half1 = vshlq_s32(one, vsubq_s32(load32(shift + c + 4), one));
    for (int32_t x = 0; x < width; x++) {
      const int16x8_t v = vld1q_s16(input.values + x * input.pixelStride + c);
      const pair sums = {vmlal_s16(half0, vget_low_s16(v), vget_low_s16(g)), vmlal_high_s16(half1, v, g)};
      vst1q_s16(output.values + x * output.pixelStride + c, narrow(sums, negative));
    }
  }
}

// See compand_magnitude in kernels_tmpl.h: the bits of an exact conversion to float.
INLINE int16x4_t compand_magnitude(uint16x4_t magnitude, int32_t fraction) {
  const uint32x4_t u = vaddq_u32(vmovl_u16(magnitude), vdupq_n_u32(1u << fraction));
  const uint32x4_t bits = vshrq_n_u32(vreinterpretq_u32_f32(vcvtq_f32_u32(u)), 12);
  return vmovn_s32(vsubq_s32(vreinterpretq_s32_u32(bits), vdupq_n_s32((127 + fraction) << 11)));
}

static void compand(vzk_source input, int32_t fraction, vzk_sink output, int32_t channels, int32_t width) {
  for (int32_t x = 0; x < width; x++) {
    for (int32_t c = 0; c < channels; c += PANEL) {
      const int16x8_t v = vld1q_s16(input.values + x * input.pixelStride + c);
      const uint16x8_t magnitude = vreinterpretq_u16_s16(vabsq_s16(v));
      const int16x8_t result = vcombine_s16(compand_magnitude(vget_low_u16(magnitude), fraction),
                                            compand_magnitude(vget_high_u16(magnitude), fraction));
      vst1q_s16(output.values + x * output.pixelStride + c,
                vbslq_s16(vcltzq_s16(v), vnegq_s16(result), result));
    }
  }
}

static void quantize(vzk_source values, vzk_source mean, int32_t fraction, vzk_sink symbols, int32_t channels,
                     int32_t width) {
  const int32x4_t half = vdupq_n_s32((1 << fraction) >> 1), shift = vdupq_n_s32(-fraction);
  for (int32_t x = 0; x < width; x++) {
    for (int32_t c = 0; c < channels; c += PANEL) {
      const int16x8_t v = vld1q_s16(values.values + x * values.pixelStride + c);
      const int16x8_t m = vld1q_s16(mean.values + x * mean.pixelStride + c);
      const pair sums = {vaddq_s32(vsubl_s16(vget_low_s16(v), vget_low_s16(m)), half),
                         vaddq_s32(vsubl_high_s16(v, m), half)};
      vst1q_s16(symbols.values + x * symbols.pixelStride + c, narrow(sums, (pair){shift, shift}));
    }
  }
}

static void dequantize(vzk_source symbols, vzk_source mean, int32_t fraction, vzk_sink values,
                       int32_t channels, int32_t width) {
  const int32x4_t up = vdupq_n_s32(fraction);
  for (int32_t x = 0; x < width; x++) {
    for (int32_t c = 0; c < channels; c += PANEL) {
      const int16x8_t q = vld1q_s16(symbols.values + x * symbols.pixelStride + c);
      const int16x8_t m = vld1q_s16(mean.values + x * mean.pixelStride + c);
      const int32x4_t low = vshlq_s32(vmovl_s16(vget_low_s16(q)), up);
      const int32x4_t high = vshlq_s32(vmovl_high_s16(q), up);
      vst1q_s16(
        values.values + x * values.pixelStride + c,
        vcombine_s16(vqmovn_s32(vaddw_s16(low, vget_low_s16(m))), vqmovn_s32(vaddw_high_s16(high, m))));
    }
  }
}

static void levels(vzk_source raw, uint8_t *out, ptrdiff_t levelStride, int32_t channels, int32_t width) {
  for (int32_t x = 0; x < width; x++) {
    for (int32_t c = 0; c < channels; c += PANEL) {
      const int16x8_t v = vld1q_s16(raw.values + x * raw.pixelStride + c);
      const int16x8_t level = vaddq_s16(vshrq_n_s16(vqaddq_s16(v, vdupq_n_s16(8)), 4), vdupq_n_s16(16));
      vst1_u8(out + x * levelStride + c, vqmovun_s16(vminq_s16(level, vdupq_n_s16(63))));
    }
  }
}

const vzk_kernels vzk_neon_kernels = {
  .layout = {.panel = PANEL, .depth = 1, .laneOrder = false},
  .convolve = convolve,
  .depthwise = depthwise,
  .unshuffle = unshuffle,
  .gain = gain,
  .compand = compand,
  .quantize = quantize,
  .dequantize = dequantize,
  .levels = levels,
  .signs = vzk_plain_signs,
  .gate = vzk_plain_gate,
};
#endif
