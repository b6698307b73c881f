#pragma once
#include <torch/torch.h>

#include <vector>

#include "kernels.h"

// The network's larger pieces as single autograd functions over the kernels of kernels.h, or, where
// these don't apply, over libtorch's own operations. Images are [batch, channels, height, width] with
// channels last in memory.

namespace vzt {

using at::Tensor;

/// Which kernels the functions below use.
enum class Use {
  stock,   // libtorch's operations
  kernels, // kernels.cu for CUDA tensors, libtorch's operations on the CPU
  twins,   // kernels.cu for CUDA tensors, the twins on the CPU: for tests
};
extern Use use;

constexpr int block_tensors = 10;

/// `parameters.size() / 10` residual blocks: x + merge(depthwise(act(mix(x)))), then that plus
/// shrink(act(expand(·))). Of each block: weight and bias of mix, depthwise, merge, expand, shrink.
/// Computes in x's type; `rounded`, if not empty, are the parameters in that type (the gradients
/// still go to `parameters`, in float32).
Tensor blocks(const Tensor &x, const std::vector<Tensor> &parameters, const std::vector<Tensor> &rounded,
              double slope);

/// A 1 × 1 convolution, computed in the type of x, with a result of type `result`.
Tensor pointwise(const Tensor &x, const Tensor &weight, const Tensor &bias, const Tensor &rounded_weight,
                 const Tensor &rounded_bias, at::ScalarType result);

/// See Kernels::first_pass and Kernels::latent.
Tensor first_pass(const Tensor &v, const Tensor &prior, bool dual);
std::vector<Tensor> latent(const Tensor &v, const Tensor &prior, const Tensor &change, const Tensor &step,
                           uint64_t seed, int stream, int64_t first_sample, bool dual);

/// [count, 3, size, size]; `images` are CropImages, `records` CropRecords, as bytes.
Tensor crops(const Tensor &images, const Tensor &records, int64_t count, int64_t size);

void judge(const Tensor &gradients, const Tensor &control, Tensor &state);
void adam(Tensor &values, Tensor &gradients, Tensor &mean, Tensor &square, Tensor &average, double beta1,
          double beta2, double epsilon, const Tensor &control, const Tensor &state);

/// The kernels for tensors of that device, and the stream that they run on now.
const vzk::Kernels &kernels_of(at::Device device);
void *stream_of(at::Device device);

} // namespace vzt
