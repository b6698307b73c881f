#pragma once
#include <cstdint>

// The trainer's own kernels, once in CUDA (kernels.cu) and once in plain C++ (kernels_cpu.cpp: the
// twin, which defines what is right). Both fill the same table, so a caller, and `check`, can run one
// against the other. Nothing here knows libtorch.
//
// Images are channels-last: element (b, y, x, c) of a tensor is at ((b · height + y) · width + x) ·
// channels + c. Channels are a multiple of 8. Weights, biases, and the gradients of both are float32;
// sums are too. `stream` is a cudaStream_t; the twin ignores it. Kernels never wait and never allocate:
// a caller gives `workspace`, of at least `workspace_floats` floats. The same input gives the same bits
// each time: partial sums are added in a fixed order, not by atomics.

namespace vzk {

enum class Type { float32, bfloat16, float16 };

struct Shape {
  int64_t batch, height, width, channels;
  int64_t positions() const { return batch * height * width; }
};

/// One crop. `step` is source pixels per pixel of the crop, at least 1: 1 / scale.
struct CropRecord {
  int32_t image;
  float x, y; // the source position of the crop's upper left corner
  float step;
  int32_t flips; // 1: left-right, 2: up-down, 4: transposed after these
  int32_t unused[3];
};

/// A picture in memory: `height` rows of `width` RGB pixels of 8 bits.
struct CropImage {
  uint64_t address;
  int64_t width, height;
};

/// What a step's noise depends on, beside each element's place.
struct Noise {
  uint64_t seed;
  uint32_t stream;      // tensors of one step have different ones
  int64_t first_sample; // of this process in the whole batch
  const int64_t *step;  // read where the kernel runs
};

/// Indices of `state`: what steps leave to each other; float32, in the device's memory.
enum State {
  state_loss_scale, // the loss is multiplied by it; gradients are divided by it
  state_good_steps, // since the scale changed
  state_factor,     // what this step's gradients are multiplied by; 0: they are not finite
  state_norm,       // of this step's whole gradient, without the loss scale
  state_skipped,    // bad steps since the host last cleared it
  state_bad_run,    // bad steps in a row
  state_count
};

/// Indices of `control`: what the host says about a step; float32.
enum Control {
  control_rate,      // learning rate / (1 − β1^step)
  control_root,      // √(1 − β2^step)
  control_decay,     // of the moving average
  control_max_norm,  // longer gradients are scaled down to it
  control_max_scale, // of the loss; 1 turns the scaling off
  control_count
};

struct AdamVectors {
  float *values, *gradients, *mean, *square, *average;
  int64_t count;
};

struct Kernels {
  /// y = depthwise 3 × 3 of act(x) + bias, zero outside. act(x) is x, or x · slope where x < 0.
  /// weight: [channels, 3, 3]; bias: [channels] or null.
  void (*depthwise)(Shape, Type, const void *x, float slope, const float *weight, const float *bias, void *y,
                    void *stream);
  /// gradient_x = (transposed depthwise of gradient_y) · act'(x), and its sums by channel where `sums`
  /// isn't null: the bias gradient of the layer that made x.
  void (*depthwise_data)(Shape, Type, const void *gradient_y, const float *weight, const void *x, float slope,
                         void *gradient_x, float *sums, float *workspace, void *stream);
  /// Gradients of weight ([channels, 3, 3]) and bias ([channels]).
  void (*depthwise_weight)(Shape, Type, const void *x, float slope, const void *gradient_y,
                           float *gradient_weight, float *gradient_bias, float *workspace, void *stream);

  /// Over [rows, channels]: y = act(x) in place.
  void (*activate)(int64_t rows, int64_t channels, Type, void *x, float slope, void *stream);
  /// gradient_x = gradient_y · act'(·), from the activation's output y (its sign is its input's), and
  /// sums by channel (or null). May be in place.
  void (*activate_back)(int64_t rows, int64_t channels, Type, const void *gradient_y, const void *y,
                        float slope, void *gradient_x, float *sums, float *workspace, void *stream);
  /// c = a + b, and its sums by channel (or null). May be in place.
  void (*add)(int64_t rows, int64_t channels, Type, const void *a, const void *b, void *c, float *sums,
              float *workspace, void *stream);
  /// Sums by channel.
  void (*column_sums)(int64_t rows, int64_t channels, Type, const void *x, float *sums, float *workspace,
                      void *stream);

  /// Cuts `count` squares of side `size`: antialiased bicubic (Keys 1981, a = −1/2, widened by `step`),
  /// rounded to 8 bits. At step 1 and whole positions: the pixels themselves. Output: float32
  /// [count, size, size, 3], (value − 128) / 128.
  void (*crops)(const CropImage *images, const CropRecord *records, int64_t count, int64_t size, float *out,
                void *stream);

  /// The first of the latent's two passes: round(v − mean) + mean where x + y is even (if the checkerboard
  /// is `dual`: odd in the second half of the channels), else 0.
  /// v: [.., channels] of `shape`; prior: [.., 2 · channels], mean then raw scale level; float32.
  void (*first_pass)(Shape, bool dual, const float *v, const float *prior, float *out, void *stream);
  /// The whole latent. With `change` (as `prior`, added to it in the second pass; null: nothing is):
  /// decoded = round(v − mean) + mean, and the rate of v − mean + noise under the prior, in bits, as
  /// sums by sample: bits, [batch].
  void (*latent)(Shape, bool dual, const float *v, const float *prior, const float *change, Noise,
                 float *decoded, float *bits, float *workspace, void *stream);
  /// Its gradients. Rounding passes them on as the identity does. `gradient_change` may be null.
  void (*latent_back)(Shape, bool dual, const float *v, const float *prior, const float *change, Noise,
                      const float *gradient_decoded, const float *gradient_bits, float *gradient_v,
                      float *gradient_prior, float *gradient_change, void *stream);

  /// Judges a step's gradients: their norm, whether they are finite, the clipping; moves the loss
  /// scale: halved by a bad step, doubled (to control_max_scale at most) after 1,000 good ones.
  void (*judge)(const float *gradients, int64_t count, const float *control, float *state, float *workspace,
                void *stream);
  /// One step of Adam (Kingma & Ba 2014) and of the moving average with the gradients times
  /// state_factor; clears the gradients. A bad step only clears them.
  void (*adam)(AdamVectors, double beta1, double beta2, double epsilon, const float *control,
               const float *state, void *stream);

  /// What went wrong since the last call: a launch that was refused. Null if nothing.
  const char *(*error)();
};

/// β and 1 − β of Adam's moments: the latter rounded from float64, where 1 − 0.999f is off by 5e-5.
struct AdamRates {
  float beta1, rest1, beta2, rest2, epsilon;
  AdamRates(double beta1, double beta2, double epsilon)
      : beta1(static_cast<float>(beta1)), rest1(static_cast<float>(1 - beta1)),
        beta2(static_cast<float>(beta2)), rest2(static_cast<float>(1 - beta2)),
        epsilon(static_cast<float>(epsilon)) {}
};

/// Floats of workspace that the kernels need for images of this shape (rows are `positions`).
inline int64_t workspace_floats(const Shape &s) {
  int64_t blocks = s.batch * ((s.height + 1) / 2) * ((s.width + 3) / 4) / 16 + 1;
  return blocks * 10 * s.channels + 1056 * 64 + s.channels + 32 * s.batch;
}

/// Element i of an array of that type; stores round to nearest even. On the host.
float load(Type, const void *, int64_t i);
void store(Type, void *, int64_t i, float value);

const Kernels &cpu();
/// Null where the build has no CUDA part.
const Kernels *cuda();

} // namespace vzk
