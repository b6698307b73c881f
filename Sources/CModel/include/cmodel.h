#pragma once
#include <stddef.h>
#include <stdint.h>

/// The built-in model's file, byte for byte as Formats/MODEL.md specifies it.
extern const uint8_t vz_model_photo[];
/// Its size in bytes.
extern const size_t vz_model_photo_size;
