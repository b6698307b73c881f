// Chooses the instruction set, checks arguments, calls the table's functions.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

// MARK: Instruction sets

static const char *const names[VZK_ISA_COUNT] = {"scalar", "avx2", "avx512bw", "avx512", "neon"};

static struct {
  pthread_once_t once;
  const vzk_kernels *tables[VZK_ISA_COUNT]; // null: not available
  vzk_isa selected;
  vzk_status status;
} state = {.once = PTHREAD_ONCE_INIT};

static void find_tables(void) {
  state.tables[vzk_isa_scalar] = &vzk_scalar_kernels;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) {
    state.tables[vzk_isa_avx2] = &vzk_avx2_kernels;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
      state.tables[vzk_isa_avx512bw] = &vzk_avx512bw_kernels;
      if (__builtin_cpu_supports("avx512vnni")) {
        state.tables[vzk_isa_avx512] = &vzk_avx512_kernels;
      }
    }
  }
#elif defined(__aarch64__)
  state.tables[vzk_isa_neon] = &vzk_neon_kernels;
#endif
}

static vzk_status resolve(const char *name, vzk_isa *isa) {
  *isa = vzk_isa_scalar;
  if (name == NULL || *name == 0) {
    for (int32_t i = 0; i < VZK_ISA_COUNT; i++) {
      if (state.tables[i] != NULL) *isa = (vzk_isa)i;
    }
    return vzk_status_ok;
  }
  for (int32_t i = 0; i < VZK_ISA_COUNT; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    if (state.tables[i] == NULL) return vzk_status_unavailable_isa;
    *isa = (vzk_isa)i;
    return vzk_status_ok;
  }
  return vzk_status_unknown_isa;
}

static void initialize(void) {
  find_tables();
  state.status = resolve(getenv("VAEZIP_ISA"), &state.selected);
}

vzk_status vzk_selected_isa(vzk_isa *isa) {
  pthread_once(&state.once, initialize);
  *isa = state.selected;
  return state.status;
}

vzk_status vzk_resolve_isa(const char *name, vzk_isa *isa) {
  pthread_once(&state.once, initialize);
  return resolve(name, isa);
}

const char *vzk_isa_name(vzk_isa isa) { return isa < VZK_ISA_COUNT ? names[isa] : "unknown"; }

bool vzk_isa_available(vzk_isa isa) {
  pthread_once(&state.once, initialize);
  return isa < VZK_ISA_COUNT && state.tables[isa] != NULL;
}

const vzk_kernels *vzk_table(vzk_isa isa) {
  return vzk_isa_available(isa) ? state.tables[isa] : &vzk_scalar_kernels;
}

// MARK: Convolutions

vzk_status vzk_convolve(const vzk_convolution *call) {
  const vzk_packed *packed = call->weights;
  if (packed == NULL || packed->magic != VZK_MAGIC_CONVOLUTION) return vzk_status_bad_weights;
  const vzk_shape shape = packed->shape;
  const bool pixels = shape.shuffle == vzk_shuffle_by8rgb;
  if (call->stride != 1 && call->stride != 2) return vzk_status_bad_shape;
  if (call->width < 0 || call->rows < 0) return vzk_status_bad_shape;
  if (pixels != (call->epilogue == vzk_epilogue_pixels)) return vzk_status_bad_shape;
  if (call->input == NULL) return vzk_status_bad_shape;
  if (pixels ? call->rgb == NULL : call->output == NULL) return vzk_status_bad_shape;
  if (call->epilogue == vzk_epilogue_residual &&
      (call->residual == NULL || shape.shuffle != vzk_shuffle_none)) {
    return vzk_status_bad_shape;
  }

  vzk_job job = {
    .input = call->input,
    .inputStep = call->stride * call->inputPixelStride,
    .inputRowStep = call->stride * call->inputRowStride,
    .bias = vzk_packed_bias(packed),
    .shift = vzk_packed_shift(packed),
    .panels = vzk_packed_panels(packed),
    .groups = shape.outputs / VZK_GROUP,
    .width = call->width,
    .rows = call->rows,
    .epilogue = call->epilogue,
    .output = call->output,
    .outputStep = call->outputPixelStride,
    .outputRowStep = call->outputRowStride,
    .residual = call->residual,
    .residualStep = call->residualPixelStride,
    .residualRowStep = call->residualRowStride,
    .rgb = call->rgb,
    .rgbRowStride = call->rgbRowStride,
  };

  const bool dense = call->inputPixelStride == shape.inputs;
  const int32_t columns = dense ? 1 : shape.kernel;
  job.run = dense ? shape.kernel * shape.inputs : shape.inputs;
  job.segments = shape.kernel * columns;
  for (int32_t s = 0; s < job.segments; s++) {
    job.segmentOffset[s] = s / columns * call->inputRowStride + s % columns * call->inputPixelStride;
  }

  if (shape.shuffle == vzk_shuffle_by2) {
    job.outputStep *= 2;
    job.outputRowStep *= 2;
    const int32_t width = job.groups / 4; // groups of one fine pixel
    for (int32_t g = 0; g < job.groups; g++) {
      const int32_t dy = g / width / 2, dx = g / width % 2;
      job.groupOffset[g] =
        dy * call->outputRowStride + dx * call->outputPixelStride + (ptrdiff_t)(g % width) * VZK_GROUP;
    }
  } else {
    for (int32_t g = 0; g < job.groups; g++) job.groupOffset[g] = (ptrdiff_t)g * VZK_GROUP;
  }
  vzk_table(packed->isa)->convolve(&job);
  return vzk_status_ok;
}

vzk_status vzk_convolve_depthwise(const vzk_depthwise *call) {
  const vzk_packed *packed = call->weights;
  if (packed == NULL || packed->magic != VZK_MAGIC_DEPTHWISE) return vzk_status_bad_weights;
  if (call->width < 0) return vzk_status_bad_shape;
  if (call->above == NULL || call->here == NULL || call->below == NULL || call->output == NULL) {
    return vzk_status_bad_shape;
  }
  vzk_table(packed->isa)->depthwise(call);
  return vzk_status_ok;
}

// MARK: Elementwise

static bool valid_size(int32_t channels, int32_t width) {
  return channels > 0 && channels <= VZK_MAX_CHANNELS && channels % VZK_GROUP == 0 && width >= 0;
}

static bool valid_fraction(int32_t fraction) { return fraction >= 0 && fraction <= 15; }

vzk_status vzk_unshuffle(vzk_isa isa, const uint8_t *rgb, ptrdiff_t rgbRowStride, int16_t *output,
                         ptrdiff_t outputPixelStride, int32_t width) {
  if (width < 0) return vzk_status_bad_shape;
  vzk_table(isa)->unshuffle(rgb, rgbRowStride, output, outputPixelStride, width);
  return vzk_status_ok;
}

vzk_status vzk_gain(vzk_isa isa, vzk_source input, const int16_t *gain, const int32_t *shift, vzk_sink output,
                    int32_t channels, int32_t width) {
  if (!valid_size(channels, width)) return vzk_status_bad_shape;
  for (int32_t c = 0; c < channels; c++) {
    if (shift[c] < 1 || shift[c] > 30 || gain[c] < 0) return vzk_status_bad_shift;
  }
  vzk_table(isa)->gain(input, gain, shift, output, channels, width);
  return vzk_status_ok;
}

vzk_status vzk_compand(vzk_isa isa, vzk_source input, int32_t fraction, vzk_sink output, int32_t channels,
                       int32_t width) {
  if (!valid_size(channels, width)) return vzk_status_bad_shape;
  if (!valid_fraction(fraction)) return vzk_status_bad_shift;
  vzk_table(isa)->compand(input, fraction, output, channels, width);
  return vzk_status_ok;
}

vzk_status vzk_quantize(vzk_isa isa, vzk_source values, vzk_source mean, int32_t fraction, vzk_sink symbols,
                        int32_t channels, int32_t width) {
  if (!valid_size(channels, width)) return vzk_status_bad_shape;
  if (!valid_fraction(fraction)) return vzk_status_bad_shift;
  vzk_table(isa)->quantize(values, mean, fraction, symbols, channels, width);
  return vzk_status_ok;
}

vzk_status vzk_dequantize(vzk_isa isa, vzk_source symbols, vzk_source mean, int32_t fraction, vzk_sink values,
                          int32_t channels, int32_t width) {
  if (!valid_size(channels, width)) return vzk_status_bad_shape;
  if (!valid_fraction(fraction)) return vzk_status_bad_shift;
  vzk_table(isa)->dequantize(symbols, mean, fraction, values, channels, width);
  return vzk_status_ok;
}

vzk_status vzk_scale_indexes(vzk_isa isa, vzk_source raw, uint8_t *levels, ptrdiff_t levelStride,
                             int32_t channels, int32_t width) {
  if (!valid_size(channels, width)) return vzk_status_bad_shape;
  vzk_table(isa)->levels(raw, levels, levelStride, channels, width);
  return vzk_status_ok;
}

vzk_status vzk_signs(vzk_isa isa, const int16_t *values, uint8_t *bits, int32_t count) {
  if (count < 0 || count % VZK_GROUP != 0) return vzk_status_bad_shape;
  vzk_table(isa)->signs(values, bits, count);
  return vzk_status_ok;
}

vzk_status vzk_gate(vzk_isa isa, int16_t *values, const uint8_t *bits, int32_t count) {
  if (count < 0 || count % VZK_GROUP != 0) return vzk_status_bad_shape;
  vzk_table(isa)->gate(values, bits, count);
  return vzk_status_ok;
}
