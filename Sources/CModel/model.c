#include "cmodel.h"

// #embed (C23, a clang extension in earlier modes) keeps the weights one plain file in the tree.
#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(64) const uint8_t vz_model_photo[] = {
#embed "photo.safetensors"
};
const size_t vz_model_photo_size = sizeof vz_model_photo;

_Alignas(64) const uint8_t vz_model_photo_preview[] = {
#embed "photo.preview.safetensors"
};
const size_t vz_model_photo_preview_size = sizeof vz_model_photo_preview;
