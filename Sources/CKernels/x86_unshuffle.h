// 128-bit shuffles do: shared by the x86 tables.
#pragma once
#include "kernels.h"

void vzk_avx2_unshuffle(
  const uint8_t *rgb, ptrdiff_t rgbRowStride, int16_t *output, ptrdiff_t outputPixelStride,
  int32_t width);
