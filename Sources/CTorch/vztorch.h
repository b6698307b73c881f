#pragma once
#include <stddef.h>
#include <stdint.h>

// A thin C interface to libtorch: what the trainer needs of it and nothing else.
//
// vztorch.cpp implements it and is the only file compiled against libtorch (1.13 or later, with or
// without CUDA). The trainer loads the result with dlopen and asks `vzt_api` for the table below, so
// nothing else ever links to libtorch.
//
// Errors. A function that makes a tensor returns NULL when it fails, and NULL arguments make it
// return NULL in turn; the first error's text is kept until `take_error` hands it over. A caller may
// therefore write a whole expression and check once at its end.
//
// Tensors are owned by the caller: every non-NULL result must be given to `release` once.

#ifdef __cplusplus
extern "C" {
#endif

#define VZT_API_VERSION 3

typedef struct vzt_tensor vzt_tensor;
typedef struct vzt_group vzt_group;

enum { VZT_FLOAT32 = 0, VZT_BFLOAT16 = 1, VZT_UINT8 = 2 };
// Devices: the CPU, and from here on the CUDA devices 0, 1, …
enum { VZT_CPU = 0, VZT_CUDA = 1 };
enum {
  VZT_NEG, VZT_ABS, VZT_EXP, VZT_EXP2, VZT_LOG, VZT_LOG2, VZT_SQRT, VZT_SQUARE, VZT_ERFC, VZT_FLOOR,
  VZT_ROUND, VZT_SIGN, VZT_UNIFORM_LIKE, VZT_NORMAL_LIKE, VZT_DETACH, VZT_CLONE, VZT_CHANNELS_LAST,
};
enum { VZT_ADD, VZT_SUB, VZT_MUL, VZT_DIV, VZT_MATMUL };

// Settings of an optimizer's step.
typedef struct vzt_step {
  double rate, beta1, beta2, epsilon;
  int64_t step;   // from 1, since the moments were zero
  double scale;   // of the gradients, before all else
  double decay;   // of the moving average
} vzt_step;

typedef struct vzt_api_table {
  uint32_t version;  // VZT_API_VERSION
  // ---- the library
  const char *(*library_version)(void);
  int (*cuda_available)(void);
  void (*set_threads)(int count);
  void (*set_seed)(uint64_t seed);
  void (*set_gradients)(int enabled);  // of this thread
  char *(*take_error)(void);           // malloc'ed, or NULL where nothing failed
  // ---- making and reading tensors
  vzt_tensor *(*from_bytes)(const void *data, int type, const int64_t *shape, int rank, int device);
  vzt_tensor *(*zeros)(const int64_t *shape, int rank, int type, int device);
  void (*release)(vzt_tensor *);
  int64_t (*count)(const vzt_tensor *);
  int (*rank)(const vzt_tensor *);
  int64_t (*size)(const vzt_tensor *, int dimension);
  int (*read_floats)(const vzt_tensor *, float *out, int64_t count);  // row-major; 0 if it worked
  double (*item)(const vzt_tensor *);                                 // NaN if it failed
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
  vzt_tensor *(*affine)(const vzt_tensor *, double scale, double offset);  // x * scale + offset
  vzt_tensor *(*clamp)(const vzt_tensor *, double low, double high);
  // max(x, bound); its gradient also flows below the bound where it would raise x.
  vzt_tensor *(*lower_bound)(const vzt_tensor *, double bound);
  vzt_tensor *(*leaky_relu)(const vzt_tensor *, double slope);
  vzt_tensor *(*sum)(const vzt_tensor *, const int64_t *dimensions, int rank, int keep);
  vzt_tensor *(*max_abs)(const vzt_tensor *);
  // ---- layers; bias may be NULL
  vzt_tensor *(*conv2d)(const vzt_tensor *input, const vzt_tensor *weight, const vzt_tensor *bias,
                        int stride, int padding, int groups);
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
              vzt_tensor *average, double rate, double beta1, double beta2, double epsilon,
              int64_t step, double scale, double decay);
  int (*zero)(vzt_tensor *);
  // ---- several processes
  // Joins c10d's Gloo group of `size` processes, of which this one is `rank`. They meet at the store
  // under `host`:`port`, which rank 0 opens unless `has_store`. NULL if it failed.
  vzt_group *(*join)(const char *host, int port, int rank, int size, int has_store);
  void (*leave)(vzt_group *);
  int (*all_reduce)(vzt_group *, vzt_tensor *);  // the sum over all processes, in place
  // ---- optimizers of matrices, [matrices, rows, columns], which are views of the flat vectors; each
  // also takes the moving average's step and clears the gradients
  // A step of SOAP (Vyas et al. 2024, algorithm 3): Adam in the basis of `left_basis` and `right_basis`,
  // whose `square` is in that basis; then the gradients are added to the covariances of rows (`left`)
  // and columns (`right`). A side that is NULL is not turned.
  int (*soap)(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *square,
              vzt_tensor *average, vzt_tensor *left, vzt_tensor *right,
              const vzt_tensor *left_basis, const vzt_tensor *right_basis, const vzt_step *);
  // One orthogonal iteration of `basis` towards the eigenvectors of `covariance`.
  int (*update_basis)(vzt_tensor *basis, const vzt_tensor *covariance);
  // A step of Muon: momentum `beta1` (Nesterov), five Newton-Schulz iterations, and 0.2 times the root
  // of the longer side.
  int (*muon)(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *average,
              const vzt_step *);
} vzt_api_table;

// The table, or NULL where this build has another version of it.
typedef const vzt_api_table *(*vzt_api_function)(uint32_t version);

#ifdef __cplusplus
}
#endif
