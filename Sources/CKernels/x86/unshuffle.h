// AVX2 version, used by all x86 tables: 128-bit shuffles are fast enough here.
#pragma once
#include "../kernels.h"

void vzk_avx2_unshuffle(const uint8_t *rgb, ptrdiff_t rgbRowStride, int16_t *output,
                        ptrdiff_t outputPixelStride, int32_t width);
