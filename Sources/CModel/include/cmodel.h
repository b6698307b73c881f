#pragma once
#include <stddef.h>
#include <stdint.h>

/// A model that is built in.
typedef struct {
  /// XXH64 of the file, by which .vz files name the model.
  uint64_t id;
  /// The model file, byte for byte as Formats/MODEL.md specifies it.
  const uint8_t *_Nonnull file;
  size_t file_size;
  /// The model's preview table, if it is a file of its own (Formats/MODEL.md, section "Previews").
  const uint8_t *_Nullable preview;
  size_t preview_size;
} vz_built_in_model;

/// The built-in models: the one that encodes, then those whose files stay readable, the newest first.
extern const vz_built_in_model vz_built_in_models[];
/// How many there are, at least one.
extern const size_t vz_built_in_count;

/// The same array, for languages that do not see arrays of unknown size.
static inline const vz_built_in_model *_Nonnull vz_built_in(void) { return vz_built_in_models; }
