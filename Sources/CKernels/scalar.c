// The reference: plain loops that define the bits of every other instruction set.
#include <string.h>

#include "kernels.h"

static inline int16_t sat16(int32_t v) {
  return (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

// a + b modulo 2^32.
static inline int32_t wrap_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static inline int32_t dot(const int16_t *a, const int16_t *w, int32_t count, int32_t sum) {
  uint32_t total = (uint32_t)sum;
  for (int32_t k = 0; k < count; k++) total += (uint32_t)((int32_t)a[k] * w[k]);
  return (int32_t)total;
}

static void store(const vzk_job *job, int32_t y, int32_t x, int32_t channel, int16_t v) {
  const int32_t group = channel / VZK_GROUP, rest = channel % VZK_GROUP;
  if (job->epilogue == vzk_epilogue_pixels) {
    uint8_t *cell = job->rgb + 8 * y * job->rgbRowStride + 24 * (ptrdiff_t)x;
    cell[vzk_rgb_offset(channel / 8, job->rgbRowStride) + channel % 8] = (uint8_t)(v < 0     ? 0
                                                                                   : v > 255 ? 255
                                                                                             : v);
    return;
  }
  if (job->epilogue == vzk_epilogue_leaky) {
    const int16_t eighth = (int16_t)(v >> 3);
    v = v > eighth ? v : eighth;
  } else if (job->epilogue == vzk_epilogue_residual) {
    v = sat16(job->residual[y * job->residualRowStep + x * job->residualStep + channel] + v);
  }
  job->output[y * job->outputRowStep + x * job->outputStep + job->groupOffset[group] + rest] = v;
}

static void convolve(const vzk_job *job) {
  const ptrdiff_t length = (ptrdiff_t)job->segments * job->run;
  for (int32_t y = 0; y < job->rows; y++) {
    for (int32_t x = 0; x < job->width; x++) {
      const int16_t *input = job->input + y * job->inputRowStep + x * job->inputStep;
      for (int32_t channel = 0; channel < job->groups * VZK_GROUP; channel++) {
        const int16_t *w = job->panels + channel * length;
        int32_t sum = job->bias[channel];
        for (int32_t s = 0; s < job->segments; s++) {
          sum = dot(input + job->segmentOffset[s], w + (ptrdiff_t)s * job->run, job->run, sum);
        }
        store(job, y, x, channel, sat16(sum >> job->shift[channel]));
      }
    }
  }
}

static void depthwise(const vzk_depthwise *call) {
  const vzk_packed *packed = call->weights;
  const int32_t channels = packed->shape.outputs;
  const int32_t *bias = vzk_packed_bias(packed), *shift = vzk_packed_shift(packed);
  const int16_t *weights = vzk_packed_panels(packed); // [channels][9]
  const int16_t *rows[3] = {call->above, call->here, call->below};
  for (int32_t x = 0; x < call->width; x++) {
    for (int32_t c = 0; c < channels; c++) {
      int32_t sum = bias[c];
      for (int32_t tap = 0; tap < 9; tap++) {
        const int16_t a = rows[tap / 3][(x + tap % 3) * call->inputPixelStride + c];
        sum = wrap_add(sum, (int32_t)a * weights[c * 9 + tap]);
      }
      call->output[x * call->outputPixelStride + c] = sat16(sum >> shift[c]);
    }
  }
}

static void unshuffle(const uint8_t *rgb, ptrdiff_t rgbRowStride, int16_t *output,
                      ptrdiff_t outputPixelStride, int32_t width) {
  for (int32_t x = 0; x < width; x++) {
    int16_t *out = output + x * outputPixelStride;
    for (int32_t dy = 0; dy < 8; dy++) {
      const uint8_t *in = rgb + dy * rgbRowStride + 24 * (ptrdiff_t)x;
      for (int32_t dx = 0; dx < 8; dx++) {
        for (int32_t c = 0; c < 3; c++) out[64 * c + 8 * dy + dx] = (int16_t)(in[3 * dx + c] - 128);
      }
    }
  }
}

static void gain(vzk_source input, const int16_t *gains, const int32_t *shift, vzk_sink output,
                 int32_t channels, int32_t width) {
  for (int32_t x = 0; x < width; x++) {
    const int16_t *in = input.values + x * input.pixelStride;
    int16_t *out = output.values + x * output.pixelStride;
    for (int32_t c = 0; c < channels; c++) {
      out[c] = sat16(((int32_t)in[c] * gains[c] + (1 << (shift[c] - 1))) >> shift[c]);
    }
  }
}

static inline int16_t compand_one(int32_t v, int32_t fraction) {
  const uint32_t u = (uint32_t)(v < 0 ? -v : v) + (1u << fraction); // < 2^17
  const int32_t top = 31 - __builtin_clz(u);
  const int32_t magnitude = (top - fraction - 1) * 2048 + (int32_t)((u << 11) >> top);
  return (int16_t)(v < 0 ? -magnitude : magnitude);
}

static void compand(vzk_source input, int32_t fraction, vzk_sink output, int32_t channels, int32_t width) {
  for (int32_t x = 0; x < width; x++) {
    const int16_t *in = input.values + x * input.pixelStride;
    int16_t *out = output.values + x * output.pixelStride;
    for (int32_t c = 0; c < channels; c++) out[c] = compand_one(in[c], fraction);
  }
}

static void quantize(vzk_source values, vzk_source mean, int32_t fraction, vzk_sink symbols, int32_t channels,
                     int32_t width) {
  const int32_t half = (1 << fraction) >> 1;
  for (int32_t x = 0; x < width; x++) {
    const int16_t *v = values.values + x * values.pixelStride;
    const int16_t *m = mean.values + x * mean.pixelStride;
    int16_t *out = symbols.values + x * symbols.pixelStride;
    for (int32_t c = 0; c < channels; c++) out[c] = sat16((v[c] - m[c] + half) >> fraction);
  }
}

static void dequantize(vzk_source symbols, vzk_source mean, int32_t fraction, vzk_sink values,
                       int32_t channels, int32_t width) {
  for (int32_t x = 0; x < width; x++) {
    const int16_t *q = symbols.values + x * symbols.pixelStride;
    const int16_t *m = mean.values + x * mean.pixelStride;
    int16_t *out = values.values + x * values.pixelStride;
    for (int32_t c = 0; c < channels; c++) out[c] = sat16(q[c] * (1 << fraction) + m[c]);
  }
}

static void levels(vzk_source raw, uint8_t *out, ptrdiff_t levelStride, int32_t channels, int32_t width) {
  for (int32_t x = 0; x < width; x++) {
    const int16_t *in = raw.values + x * raw.pixelStride;
    uint8_t *row = out + x * levelStride;
    for (int32_t c = 0; c < channels; c++) {
      const int32_t level = 16 + ((in[c] + 8) >> 4);
      row[c] = (uint8_t)(level < 0 ? 0 : level > 63 ? 63 : level);
    }
  }
}

void vzk_plain_signs(const int16_t *values, uint8_t *bits, int32_t count) {
  for (int32_t i = 0; i < count; i += 8) {
    uint8_t byte = 0;
    for (int32_t k = 0; k < 8; k++) byte |= (uint8_t)((values[i + k] < 0) << k);
    bits[i / 8] = byte;
  }
}

void vzk_plain_gate(int16_t *values, const uint8_t *bits, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    if (bits[i / 8] >> i % 8 & 1) values[i] = (int16_t)((values[i] + 4 - (values[i] < 0)) >> 3);
  }
}

const vzk_kernels vzk_scalar_kernels = {
  .layout = {.panel = 1, .depth = 1, .laneOrder = false},
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
