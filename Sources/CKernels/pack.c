// Brings weights from the network's order into that of an instruction set.
#include <string.h>

#include "kernels.h"

static bool valid_channels(int32_t channels) {
  return channels > 0 && channels <= VZK_MAX_CHANNELS && channels % VZK_GROUP == 0;
}

static bool valid_shape(vzk_shape shape) {
  if (!valid_channels(shape.outputs) || !valid_channels(shape.inputs)) return false;
  if (shape.kernel != 1 && shape.kernel != 3) return false;
  switch (shape.shuffle) {
  case vzk_shuffle_none: return true;
  case vzk_shuffle_by2: return shape.outputs % (4 * VZK_GROUP) == 0;
  case vzk_shuffle_by8rgb: return shape.outputs == 192;
  }
  return false;
}

static bool valid_shifts(const int32_t *shift, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    if (shift[i] < 0 || shift[i] > 31) return false;
  }
  return true;
}

// The layer's channel that is output number `position` of the packed weights: for a shuffle,
// the channels of one output pixel come together.
static int32_t source_channel(vzk_shape shape, int32_t position) {
  switch (shape.shuffle) {
  case vzk_shuffle_none: return position;
  case vzk_shuffle_by2: {
    const int32_t width = shape.outputs / 4;
    return 4 * (position % width) + position / width;
  }
  case vzk_shuffle_by8rgb: return 64 * (position % 3) + position / 3;
  }
  return position;
}

// The place in its panel of output number `rest` (0 ..< panel) of that panel.
static int32_t panel_place(vzk_layout layout, int32_t rest) {
  if (!layout.laneOrder) return rest;
  const int32_t lane = rest / 8, vector = rest % 8 / 4;
  return vector * (layout.panel / 2) + lane * 4 + rest % 4;
}

// Layer channels of one panel, by place.
static void panel_channels(vzk_layout layout, vzk_shape shape, int32_t first, int32_t channels[VZK_GROUP]) {
  for (int32_t rest = 0; rest < layout.panel; rest++) {
    channels[panel_place(layout, rest)] = source_channel(shape, first + rest);
  }
}

static void pack_head(vzk_isa isa, uint32_t magic, vzk_layout layout, vzk_shape shape, const int32_t *bias,
                      const int32_t *shift, vzk_packed *packed) {
  memset(packed, 0, sizeof *packed);
  packed->magic = magic;
  packed->isa = isa;
  packed->shape = shape;
  int32_t *packedBias = (int32_t *)vzk_packed_bias(packed);
  int32_t *packedShift = (int32_t *)vzk_packed_shift(packed);
  for (int32_t first = 0; first < shape.outputs; first += layout.panel) {
    int32_t channels[VZK_GROUP];
    panel_channels(layout, shape, first, channels);
    for (int32_t place = 0; place < layout.panel; place++) {
      packedBias[first + place] = bias[channels[place]];
      packedShift[first + place] = shift[channels[place]];
    }
  }
}

size_t vzk_packed_convolution_size(vzk_isa isa, vzk_shape shape) {
  (void)isa; // all layouts take the same room
  if (!valid_shape(shape)) return 0;
  const size_t outputs = (size_t)shape.outputs;
  const size_t length = (size_t)shape.inputs * (size_t)(shape.kernel * shape.kernel);
  return sizeof(vzk_packed) + outputs * (2 * sizeof(int32_t) + length * sizeof(int16_t));
}

vzk_status vzk_pack_convolution(vzk_isa isa, vzk_shape shape, const int16_t *weights, const int32_t *bias,
                                const int32_t *shift, void *destination) {
  if (!valid_shape(shape)) return vzk_status_bad_shape;
  if (!valid_shifts(shift, shape.outputs)) return vzk_status_bad_shift;
  if ((uintptr_t)destination % 64 != 0) return vzk_status_bad_weights;
  if (!vzk_isa_available(isa)) isa = vzk_isa_scalar;
  const vzk_layout layout = vzk_table(isa)->layout;
  vzk_packed *packed = destination;
  pack_head(isa, VZK_MAGIC_CONVOLUTION, layout, shape, bias, shift, packed);

  // [outputs / panel][taps · inputs / depth][panel][depth]
  const ptrdiff_t length = (ptrdiff_t)shape.inputs * shape.kernel * shape.kernel;
  int16_t *out = (int16_t *)vzk_packed_panels(packed);
  for (int32_t first = 0; first < shape.outputs; first += layout.panel) {
    int32_t channels[VZK_GROUP];
    panel_channels(layout, shape, first, channels);
    for (ptrdiff_t k = 0; k < length; k += layout.depth) {
      for (int32_t place = 0; place < layout.panel; place++) {
        const int16_t *w = weights + channels[place] * length + k;
        *out++ = w[0];
        if (layout.depth == 2) *out++ = w[1];
      }
    }
  }
  return vzk_status_ok;
}

size_t vzk_packed_depthwise_size(vzk_isa isa, int32_t channels) {
  (void)isa;
  if (!valid_channels(channels)) return 0;
  // 9 weights a channel, 10 where they come in pairs.
  return sizeof(vzk_packed) + (size_t)channels * (2 * sizeof(int32_t) + 10 * sizeof(int16_t));
}

vzk_status vzk_pack_depthwise(vzk_isa isa, int32_t channels, const int16_t *weights, const int32_t *bias,
                              const int32_t *shift, void *destination) {
  if (!valid_channels(channels)) return vzk_status_bad_shape;
  if (!valid_shifts(shift, channels)) return vzk_status_bad_shift;
  if ((uintptr_t)destination % 64 != 0) return vzk_status_bad_weights;
  if (!vzk_isa_available(isa)) isa = vzk_isa_scalar;
  const vzk_layout layout = vzk_table(isa)->layout;
  const vzk_shape shape = {.outputs = channels, .inputs = 1, .kernel = 3, .shuffle = vzk_shuffle_none};
  vzk_packed *packed = destination;
  pack_head(isa, VZK_MAGIC_DEPTHWISE, layout, shape, bias, shift, packed);

  int16_t *out = (int16_t *)vzk_packed_panels(packed);
  if (layout.panel == 1) {
    memcpy(out, weights, (size_t)channels * 9 * sizeof *out);
    return vzk_status_ok;
  }
  // [channels / panel][slots][panel][depth]; the slots are taps, or pairs of them (-1: zero): the
  // upper two rows column by column, then the lower row's first two columns, then its third.
  static const int8_t pairs[5][2] = {{0, 3}, {1, 4}, {2, 5}, {6, 7}, {-1, 8}};
  const int32_t slots = layout.depth == 2 ? 5 : 9;
  for (int32_t first = 0; first < channels; first += layout.panel) {
    int32_t places[VZK_GROUP];
    panel_channels(layout, shape, first, places);
    for (int32_t slot = 0; slot < slots; slot++) {
      for (int32_t place = 0; place < layout.panel; place++) {
        const int16_t *w = weights + (ptrdiff_t)places[place] * 9;
        for (int32_t i = 0; i < layout.depth; i++) {
          const int32_t tap = layout.depth == 2 ? pairs[slot][i] : slot;
          *out++ = tap < 0 ? 0 : w[tap];
        }
      }
    }
  }
  return vzk_status_ok;
}
