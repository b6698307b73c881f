// Shared by the files of this target: the dispatch table and the packed layouts.
#pragma once
#include "ckernels.h"

// A group of output channels that is stored as a unit, on every instruction set.
enum { VZK_GROUP = 32, VZK_MAX_GROUPS = VZK_MAX_CHANNELS / VZK_GROUP, VZK_MAX_TAPS = 9 };

// How an instruction set wants its weights: panels of `panel` outputs, and in them `depth`
// consecutive inputs of one output side by side (2 where the machine multiplies pairs).
typedef struct vzk_layout {
  int32_t panel, depth;
  // Whether the outputs of a panel are reordered so that the two int32 vectors of a panel,
  // narrowed lane by lane (vpackssdw), give int16 channels in natural order.
  bool laneOrder;
} vzk_layout;

// The first 64 bytes of packed weights. Then: bias [outputs], shift [outputs], both in panel order,
// then the panels.
typedef struct vzk_packed {
  uint32_t magic;
  vzk_isa isa;
  vzk_shape shape; // depthwise: inputs = 1, kernel = 3
  char reserved[40];
} vzk_packed;
_Static_assert(sizeof(vzk_packed) == 64, "the weights that follow start on a cache line");

static inline const int32_t *vzk_packed_bias(const vzk_packed *packed) {
  return (const int32_t *)(packed + 1);
}
static inline const int32_t *vzk_packed_shift(const vzk_packed *packed) {
  return vzk_packed_bias(packed) + packed->shape.outputs;
}
static inline const int16_t *vzk_packed_panels(const vzk_packed *packed) {
  return (const int16_t *)(vzk_packed_shift(packed) + packed->shape.outputs);
}

// A convolution as the micro-kernels see it: each output pixel is the sum over `segments` runs of
// `run` consecutive inputs (a 1×1: one run; a 3×3 on dense pixels: one run a kernel row; a 3×3 on
// a slice of wider pixels: one run a tap).
typedef struct vzk_job {
  const int16_t *input;
  ptrdiff_t inputStep, inputRowStep; // from output pixel to output pixel
  int32_t segments, run;
  ptrdiff_t segmentOffset[VZK_MAX_TAPS];

  const int32_t *bias, *shift;
  const int16_t *panels;
  int32_t groups;

  int32_t width, rows;
  vzk_epilogue epilogue;
  int16_t *output;
  ptrdiff_t outputStep, outputRowStep;
  ptrdiff_t groupOffset[VZK_MAX_GROUPS]; // where a group lies in an output pixel: shuffles
  const int16_t *residual;
  ptrdiff_t residualStep, residualRowStep;
  uint8_t *rgb;
  ptrdiff_t rgbRowStride;
} vzk_job;

// Byte position, in its 8×8 cell, of the 8 bytes number `chunk` (0…23) of the 192 outputs, which are
// packed in the order (dy, dx, c).
static inline ptrdiff_t vzk_rgb_offset(int32_t chunk, ptrdiff_t rowStride) {
  return (ptrdiff_t)(chunk / 3) * rowStride + (ptrdiff_t)(chunk % 3) * 8;
}

// One instruction set. Arguments have been checked by the callers in dispatch.c.
typedef struct vzk_kernels {
  vzk_layout layout;
  void (*convolve)(const vzk_job *job);
  void (*depthwise)(const vzk_depthwise *call);
  void (*unshuffle)(const uint8_t *rgb, ptrdiff_t rgbRowStride, int16_t *output, ptrdiff_t outputPixelStride,
                    int32_t width);
  void (*gain)(vzk_source input, const int16_t *gain, const int32_t *shift, vzk_sink output, int32_t channels,
               int32_t width);
  void (*compand)(vzk_source input, int32_t fraction, vzk_sink output, int32_t channels, int32_t width);
  void (*quantize)(vzk_source values, vzk_source mean, int32_t fraction, vzk_sink symbols, int32_t channels,
                   int32_t width);
  void (*dequantize)(vzk_source symbols, vzk_source mean, int32_t fraction, vzk_sink values, int32_t channels,
                     int32_t width);
  void (*levels)(vzk_source raw, uint8_t *levels, ptrdiff_t levelStride, int32_t channels, int32_t width);
  void (*signs)(const int16_t *values, uint8_t *bits, int32_t count);
  void (*gate)(int16_t *values, const uint8_t *bits, int32_t count);
} vzk_kernels;

// In plain C, for instruction sets without their own.
void vzk_plain_signs(const int16_t *values, uint8_t *bits, int32_t count);
void vzk_plain_gate(int16_t *values, const uint8_t *bits, int32_t count);

extern const vzk_kernels vzk_scalar_kernels;
#if defined(__x86_64__)
extern const vzk_kernels vzk_avx2_kernels, vzk_avx512bw_kernels, vzk_avx512_kernels;
#elif defined(__aarch64__)
extern const vzk_kernels vzk_neon_kernels;
#endif

// The table of an instruction set; scalar's where it is not available.
const vzk_kernels *vzk_table(vzk_isa isa);

enum { VZK_MAGIC_CONVOLUTION = 0x434b5a56, VZK_MAGIC_DEPTHWISE = 0x444b5a56 };
