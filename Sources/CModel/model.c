#include "cmodel.h"

// #embed (C23, a clang extension in earlier modes) keeps the weights plain files in the tree.
#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(64) static const uint8_t photo_1d49[] = {
#embed "photo-1d495404b69cb42d.safetensors"
};

_Alignas(64) static const uint8_t photo_469d[] = {
#embed "photo-469dbeb0c8d5f15f.safetensors"
};
_Alignas(64) static const uint8_t photo_469d_preview[] = {
#embed "photo-469dbeb0c8d5f15f.preview.safetensors"
};

const vz_built_in_model vz_built_in_models[] = {
  {0x1d495404b69cb42d, photo_1d49, sizeof photo_1d49, NULL, 0},
  {0x469dbeb0c8d5f15f, photo_469d, sizeof photo_469d, photo_469d_preview, sizeof photo_469d_preview},
};
const size_t vz_built_in_count = sizeof vz_built_in_models / sizeof vz_built_in_models[0];
