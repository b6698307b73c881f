#pragma once
#include <stddef.h>
#include <stdint.h>

/// The built-in model's file, byte for byte as Formats/MODEL.md specifies it.
extern const uint8_t vz_model_photo[];
/// Its size in bytes.
extern const size_t vz_model_photo_size;

/// The same, for languages that do not see arrays of unknown size.
static inline const uint8_t *_Nonnull vz_model_photo_bytes(void) { return vz_model_photo; }

/// The built-in model's preview table, a file of its own (Formats/MODEL.md, section "Previews").
extern const uint8_t vz_model_photo_preview[];
/// Its size in bytes.
extern const size_t vz_model_photo_preview_size;

/// The same, for languages that do not see arrays of unknown size.
static inline const uint8_t *_Nonnull vz_model_photo_preview_bytes(void) { return vz_model_photo_preview; }
