#pragma once
#include <stddef.h>
#include <stdint.h>

// A thin C interface to libtorch: what the trainer needs of it and nothing else.
//
// vztorch.cpp implements it over libtorch (1.13 or later, with or without CUDA); beside it are
//   fused.cpp    the network's larger pieces as single autograd functions,
//   kernels.cu   their CUDA kernels, optional; kernels_cpu.cpp the same in plain C++; see kernels.h,
//   device.cpp   streams, graphs, copies that nobody waits for, measurements.
// The trainer loads the result with dlopen and asks `vzt_api` for the table below, so nothing else ever
// links to libtorch.
//
// Errors. A function that makes a tensor returns NULL when it fails, and NULL arguments make it
// return NULL in turn; the first error's text is kept until `take_error` hands it over. A caller may
// therefore write a whole expression and check once at its end.
//
// Tensors are owned by the caller: every non-NULL result must be given to `release` once.

#ifdef __cplusplus
extern "C" {
#endif

#define VZT_API_VERSION 4

typedef struct vzt_tensor vzt_tensor;
typedef struct vzt_group vzt_group;
typedef struct vzt_staging vzt_staging;
typedef struct vzt_graph vzt_graph;

enum {
  VZT_FLOAT32 = 0,
  VZT_BFLOAT16 = 1,
  VZT_UINT8 = 2,
  VZT_FLOAT16 = 3,
  VZT_FLOAT64 = 4,
  VZT_INT64 = 5,
};
// Devices: the CPU, and from here on the CUDA devices 0, 1, …
enum { VZT_CPU = 0, VZT_CUDA = 1 };
enum {
  VZT_NEG,
  VZT_ABS,
  VZT_EXP,
  VZT_EXP2,
  VZT_LOG,
  VZT_LOG2,
  VZT_SQRT,
  VZT_SQUARE,
  VZT_ERFC,
  VZT_FLOOR,
  VZT_ROUND,
  VZT_SIGN,
  VZT_UNIFORM_LIKE,
  VZT_NORMAL_LIKE,
  VZT_DETACH,
  VZT_CLONE,
  VZT_CHANNELS_LAST,
};
enum { VZT_ADD, VZT_SUB, VZT_MUL, VZT_DIV, VZT_MATMUL };

// Settings of an optimizer's step.
typedef struct vzt_step {
  double rate, beta1, beta2, epsilon;
  int64_t step; // from 1, since the moments were zero
  double scale; // of the gradients, before all else
  double decay; // of the moving average
} vzt_step;
// Switches of `set_switch`.
enum {
  VZT_TF32,    // 1: float32 matrices and convolutions may be rounded to TF32. CUDA only.
  VZT_KERNELS, // 0: libtorch's operations; 1 (from the start): own kernels on CUDA; 2: twins too
};
// Places in `control`, a vector of float32: what the host says about a step.
enum {
  VZT_RATE,      // learning rate / (1 - beta1^step)
  VZT_ROOT,      // sqrt(1 - beta2^step)
  VZT_DECAY,     // of the moving average
  VZT_MAX_NORM,  // longer gradients are scaled down to it
  VZT_MAX_SCALE, // of the loss; 1 turns its scaling off
  VZT_CONTROL_COUNT,
};
// Places in `state`, a vector of float32: what steps leave to each other on the device. Begins as zeros
// but for the loss scale.
enum {
  VZT_LOSS_SCALE, // multiply the loss by it before `backward`
  VZT_GOOD_STEPS, // since the scale changed
  VZT_FACTOR,     // what `judge` says this step's gradients are to be multiplied by; 0: not finite
  VZT_NORM,       // of this step's gradients, without the loss scale
  VZT_SKIPPED,    // steps whose gradients were not finite
  VZT_BAD_RUN,    // such steps in a row
  VZT_STATE_COUNT,
};

typedef struct vzt_api_table {
  uint32_t version; // VZT_API_VERSION
  // ---- the library
  const char *(*library_version)(void);
  int (*cuda_available)(void);
  void (*set_threads)(int count);
  void (*set_seed)(uint64_t seed);
  void (*set_gradients)(int enabled); // of this thread
  char *(*take_error)(void);          // malloc'ed, or NULL where nothing failed
  // ---- making and reading tensors
  vzt_tensor *(*from_bytes)(const void *data, int type, const int64_t *shape, int rank, int device);
  vzt_tensor *(*zeros)(const int64_t *shape, int rank, int type, int device);
  void (*release)(vzt_tensor *);
  int64_t (*count)(const vzt_tensor *);
  int (*rank)(const vzt_tensor *);
  int64_t (*size)(const vzt_tensor *, int dimension);
  int (*read_floats)(const vzt_tensor *, float *out, int64_t count); // row-major; 0 if it worked
  double (*item)(const vzt_tensor *);                                // NaN if it failed
  int (*copy_into)(vzt_tensor *destination, const vzt_tensor *source);
  // ---- shape
  vzt_tensor *(*narrow)(const vzt_tensor *, int dimension, int64_t start, int64_t length);
  vzt_tensor *(*reshape)(const vzt_tensor *, const int64_t *shape, int rank);
  vzt_tensor *(*permute)(const vzt_tensor *, const int64_t *order, int rank);
  vzt_tensor *(*concatenate)(vzt_tensor *const *, int count, int dimension);
  vzt_tensor *(*flip)(const vzt_tensor *, const int64_t *dimensions, int rank);
  vzt_tensor *(*convert)(const vzt_tensor *, int type);
  // ---- arithmetic
  vzt_tensor *(*unary)(int operation, const vzt_tensor *);
  vzt_tensor *(*binary)(int operation, const vzt_tensor *, const vzt_tensor *);
  vzt_tensor *(*affine)(const vzt_tensor *, double scale, double offset); // x * scale + offset
  vzt_tensor *(*clamp)(const vzt_tensor *, double low, double high);
  // max(x, bound); its gradient also flows below the bound where it would raise x.
  vzt_tensor *(*lower_bound)(const vzt_tensor *, double bound);
  vzt_tensor *(*leaky_relu)(const vzt_tensor *, double slope);
  vzt_tensor *(*sum)(const vzt_tensor *, const int64_t *dimensions, int rank, int keep);
  vzt_tensor *(*max_abs)(const vzt_tensor *);
  // ---- layers; bias may be NULL
  vzt_tensor *(*conv2d)(const vzt_tensor *input, const vzt_tensor *weight, const vzt_tensor *bias, int stride,
                        int padding, int groups);
  vzt_tensor *(*pixel_shuffle)(const vzt_tensor *, int factor);
  vzt_tensor *(*pixel_unshuffle)(const vzt_tensor *, int factor);
  // ---- learning
  // A leaf whose values and gradient are views of two flat vectors.
  vzt_tensor *(*parameter)(const vzt_tensor *values, const vzt_tensor *gradients, int64_t start,
                           const int64_t *shape, int rank);
  int (*backward)(const vzt_tensor *loss);
  // One step of Adam (Kingma & Ba 2014, algorithm 1) on flat vectors, and of the moving average
  // `average = decay * average + (1 - decay) * values`; clears the gradients. `rate` is corrected
  // for bias by the caller's step count (from 1).
  int (*adam)(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *square,
              vzt_tensor *average, double rate, double beta1, double beta2, double epsilon, int64_t step,
              double scale, double decay);
  int (*zero)(vzt_tensor *);
  // ---- several processes
  // Joins c10d's Gloo group of `size` processes, of which this one is `rank`. They meet at the store
  // under `host`:`port`, which rank 0 opens unless `has_store`. NULL if it failed.
  vzt_group *(*join)(const char *host, int port, int rank, int size, int has_store);
  void (*leave)(vzt_group *);
  int (*all_reduce)(vzt_group *, vzt_tensor *); // the sum over all processes, in place
  // ---- optimizers of matrices, [matrices, rows, columns], which are views of the flat vectors; each
  // also takes the moving average's step and clears the gradients
  // A step of SOAP (Vyas et al. 2024, algorithm 3): Adam in the basis of `left_basis` and `right_basis`,
  // whose `square` is in that basis; then the gradients are added to the covariances of rows (`left`)
  // and columns (`right`). A side that is NULL is not turned.
  int (*soap)(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *square,
              vzt_tensor *average, vzt_tensor *left, vzt_tensor *right, const vzt_tensor *left_basis,
              const vzt_tensor *right_basis, const vzt_step *);
  // One orthogonal iteration of `basis` towards the eigenvectors of `covariance`.
  int (*update_basis)(vzt_tensor *basis, const vzt_tensor *covariance);
  // A step of Muon: momentum `beta1` (Nesterov), five Newton-Schulz iterations, and 0.2 times the root
  // of the longer side.
  int (*muon)(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *average,
              const vzt_step *);

  // ---- the network's larger pieces; images are channels-last
  // `count` residual blocks as one function. `parameters`: 10 tensors of each block in float32 (weight
  // and bias of mix, depthwise, merge, expand, shrink); `rounded`: the same in x's type, or NULL.
  vzt_tensor *(*blocks)(const vzt_tensor *x, vzt_tensor *const *parameters, vzt_tensor *const *rounded,
                        int count, double slope);
  // A 1 x 1 convolution in x's type; gradients go to weight and bias in float32. Gives `result`'s type.
  vzt_tensor *(*pointwise)(const vzt_tensor *x, const vzt_tensor *weight, const vzt_tensor *bias,
                           const vzt_tensor *rounded_weight, const vzt_tensor *rounded_bias, int result);
  // v: [B, M, h, w]; prior: [B, 2M, h, w], means and raw scale levels. The latent's first pass:
  // round(v - mean) + mean where x + y is even (`dual`: odd in the channels' second half), else 0.
  vzt_tensor *(*first_pass)(const vzt_tensor *v, const vzt_tensor *prior, int dual);
  // The whole latent, with `change` (or NULL) added to `prior` where that is odd: round(v - mean) +
  // mean, and in `bits` ([B]) the rate of v - mean + noise. The noise is a hash of the seed, `step` (an
  // int64 on the device), `stream` and the element's place, first_sample being the first sample's.
  vzt_tensor *(*latent)(const vzt_tensor *v, const vzt_tensor *prior, const vzt_tensor *change,
                        const vzt_tensor *step, uint64_t seed, int stream, int64_t first_sample, int dual,
                        vzt_tensor **bits);
  // Crops: float32 [count, 3, size, size], (value - 128) / 128. `images`: CropImage of kernels.h, bytes;
  // `records`: CropRecord, bytes.
  vzt_tensor *(*crops)(const vzt_tensor *images, const vzt_tensor *records, int64_t count, int64_t size);
  uint64_t (*address)(const vzt_tensor *); // of its first element, on its device

  // ---- a step without waiting
  // Norm and finiteness of the gradients into `state`, which also moves the loss scale.
  int (*judge)(const vzt_tensor *gradients, const vzt_tensor *control, vzt_tensor *state);
  // The gradients times state's factor: 0 after a bad step. For optimizers other than:
  int (*scale_judged)(vzt_tensor *gradients, const vzt_tensor *state);
  // As `adam` above, with the gradients times state's factor; a bad step only clears them.
  int (*adam_judged)(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *square,
                     vzt_tensor *average, double beta1, double beta2, double epsilon,
                     const vzt_tensor *control, const vzt_tensor *state);
  // sums += values where state's factor isn't 0.
  int (*accumulate)(vzt_tensor *sums, const vzt_tensor *values, const vzt_tensor *state);
  // Bytes on the device that the host fills by one copy that nobody waits for.
  vzt_staging *(*make_staging)(int64_t bytes, int device);
  void (*release_staging)(vzt_staging *);
  int (*fill)(vzt_staging *, const void *data, int64_t bytes);
  // A part of it as a tensor of that type; `start` in bytes, a multiple of 8.
  vzt_tensor *(*staged)(const vzt_staging *, int type, int64_t start, const int64_t *shape, int rank);

  // ---- the device
  int (*has_kernels)(void); // whether the build has kernels.cu
  void (*set_switch)(int which, int value);
  int (*own_stream)(int device); // this thread works on a stream of its own from here on
  int (*synchronize)(int device);
  int64_t (*peak_memory)(int device); // bytes
  // What is done between begin_graph and end_graph is recorded, not done, and `replay` does it: on the
  // same tensors, with what they hold then. The thread needs a stream of its own.
  vzt_graph *(*begin_graph)(int device);
  int (*end_graph)(vzt_graph *);
  int (*replay)(vzt_graph *);
  void (*release_graph)(vzt_graph *);
  int (*begin_profile)(int device);
  char *(*end_profile)(int device, int steps); // a table of kernels by time, malloc'ed
} vzt_api_table;

// The table, or NULL where this build has another version of it.
typedef const vzt_api_table *(*vzt_api_function)(uint32_t version);

#ifdef __cplusplus
}
#endif
