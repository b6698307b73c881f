// Compares the autograd functions of fused.h with libtorch's own operations in float64 on the CPU, and
// times them on a GPU.
#include <algorithm>
#include <chrono>

#include "check.h"
#include "device.h"
#include "fused.h"

namespace {

using at::Tensor;
using vzt::Use;

constexpr double slope = 0.125;

/// Batches of this size are only timed: in float64 they would take the CPU minutes of a GPU's time.
constexpr int64_t only_times = 64;

/// ‖found − expected‖ / ‖expected‖.
double difference(const Tensor &found, const Tensor &expected) {
  Tensor f = found.detach().to(at::kCPU, at::kDouble), e = expected.detach().to(at::kDouble);
  return ((f - e).norm() / e.norm().clamp_min(1e-300)).item<double>();
}

struct BlocksCase {
  Tensor x, g, y;
  std::vector<Tensor> parameters, gradients;
  Tensor by_x;

  /// Inputs, and what libtorch's operations make of them in float64.
  BlocksCase(int64_t batch, int64_t side, int64_t width, int count) {
    torch::manual_seed(1);
    auto options = at::TensorOptions(at::kDouble);
    auto make = [&](at::IntArrayRef shape, double scale) {
      return at::randn(shape, options).to(at::kHalf).to(at::kDouble) * scale;
    };
    x = make({batch, width, side, side + 1}, 1), g = make({batch, width, side, side + 1}, 1);
    double scale = 1 / std::sqrt(static_cast<double>(width));
    for (int i = 0; i < count; i++) {
      for (int layer = 0; layer < 5; layer++) {
        int64_t outputs = layer == 3 ? 2 * width : width, inputs = layer == 1   ? 1
                                                                   : layer == 4 ? 2 * width
                                                                                : width;
        int64_t size = layer == 1 ? 3 : 1;
        parameters.push_back(make({outputs, inputs, size, size}, layer == 1 ? 0.3 : scale));
        parameters.push_back(make({outputs}, 0.1));
      }
    }
    if (batch >= only_times) return;
    std::vector<Tensor> leaves = leaves_of(at::kCPU, at::kDouble);
    Tensor input = x.clone().requires_grad_(), out = input;
    for (size_t i = 0; i < leaves.size(); i += 10) {
      auto conv = [&](const Tensor &t, size_t layer, int64_t padding, int64_t groups) {
        return at::conv2d(t, leaves[i + 2 * layer], leaves[i + 2 * layer + 1], {1, 1}, {padding, padding},
                          {1, 1}, groups);
      };
      out = out + conv(conv(at::leaky_relu(conv(out, 0, 0, 1), slope), 1, 1, width), 2, 0, 1);
      out = out + conv(at::leaky_relu(conv(out, 3, 0, 1), slope), 4, 0, 1);
    }
    out.backward(g);
    y = out.detach(), by_x = input.grad();
    for (const Tensor &leaf : leaves) gradients.push_back(leaf.grad());
  }

  std::vector<Tensor> leaves_of(at::Device device, at::ScalarType type) const {
    std::vector<Tensor> leaves;
    for (const Tensor &p : parameters) leaves.push_back(p.to(device, type).clone().requires_grad_());
    return leaves;
  }
};

/// Median microseconds of a call; 0 without a GPU.
double timed(at::Device device, const std::function<void()> &call) {
  if (!device.is_cuda()) return 0;
  std::vector<double> times;
  for (int i = 0; i < 13; i++) {
    vzt::synchronize(device);
    auto start = std::chrono::steady_clock::now();
    for (int j = 0; j < 5; j++) call();
    vzt::synchronize(device);
    times.push_back(
      std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / 5);
  }
  std::sort(times.begin() + 3, times.end());
  return times[8];
}

// Where rounding moves a value across zero, an activation's derivative jumps: few 16-bit gradients are
// far off, and what is allowed for them is large. float32 shows that the function is right.
void blocks(const char *name, Use use, at::Device device, at::ScalarType type, const char *type_name,
            int64_t batch, int64_t side, int64_t width, int count, double allowed) {
  BlocksCase c(batch, side, width, count);
  vzt::use = use;
  bool rounds = type == at::kHalf || type == at::kBFloat16;
  std::vector<Tensor> leaves = c.leaves_of(device, rounds ? at::kFloat : type), rounded;
  if (rounds)
    for (const Tensor &leaf : leaves) rounded.push_back(leaf.detach().to(type));
  Tensor x = c.x.to(device, type).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
  Tensor g = c.g.to(device, type).contiguous(at::MemoryFormat::ChannelsLast);
  Tensor y = vzt::blocks(x, leaves, rounded, slope);
  y.backward(g);
  bool checks = batch < only_times;
  double error = checks ? std::max(difference(y, c.y), difference(x.grad(), c.by_x)) : 0;
  for (size_t i = 0; checks && i < leaves.size(); i++)
    error = std::max(error, difference(leaves[i].grad(), c.gradients[i]));
  double time = timed(device, [&] { vzt::blocks(x, leaves, rounded, slope).backward(g); });
  // What the study counts at best: 258 bytes a pixel and block for C = 192 in 16 bits.
  double bytes = 258.0 * 64 / 192 * static_cast<double>(x.numel()) * count * (rounds ? 1 : 2);
  check::row(name,
             std::to_string(batch) + "x" + std::to_string(side) + "x" + std::to_string(width) + "x" +
               std::to_string(count),
             type_name, error, allowed, time, bytes);
  vzt::use = Use::kernels;
}

void pointwise(at::Device device, at::ScalarType type, at::ScalarType result, const char *type_name,
               double allowed) {
  auto options = at::TensorOptions(at::kDouble);
  Tensor x = at::randn({2, 24, 5, 6}, options).to(at::kHalf).to(at::kDouble),
         g = at::randn({2, 16, 5, 6}, options);
  Tensor w = at::randn({16, 24, 1, 1}, options).to(at::kHalf).to(at::kDouble) * 0.25,
         b = at::randn({16}, options);
  Tensor ex = x.clone().requires_grad_(), ew = w.clone().requires_grad_(), eb = b.clone().requires_grad_();
  Tensor ey = at::conv2d(ex, ew, eb);
  ey.backward(g);
  at::ScalarType exact = type == at::kDouble ? at::kDouble : at::kFloat;
  Tensor fx = x.to(device, type).clone().requires_grad_(), fw = w.to(device, exact).clone().requires_grad_(),
         fb = b.to(device, exact).clone().requires_grad_();
  Tensor fy = vzt::pointwise(fx, fw, fb, fw.detach().to(type), fb.detach().to(type), result);
  fy.backward(g.to(device, result));
  double error = std::max({difference(fy, ey), difference(fx.grad(), ex.grad()),
                           difference(fw.grad(), ew.grad()), difference(fb.grad(), eb.grad())});
  check::row("pointwise", "2x5x6x24 -> 16", type_name, error, allowed);
}

} // namespace

void check::functions() {
  heading("function, forward and backward");
  at::Device cpu(at::kCPU);
  blocks("blocks, stock operations", Use::stock, cpu, at::kDouble, "f64", 2, 5, 16, 2, 1e-12);
  blocks("blocks, stock operations", Use::stock, cpu, at::kFloat, "f32", 2, 5, 16, 2, 1e-5);
  blocks("blocks, twins", Use::twins, cpu, at::kFloat, "f32", 2, 5, 16, 2, 1e-5);
  blocks("blocks, stock operations", Use::stock, cpu, at::kBFloat16, "bf16", 2, 5, 16, 2, 3e-1);
  blocks("blocks, twins", Use::twins, cpu, at::kBFloat16, "bf16", 2, 5, 16, 2, 3e-1);
  pointwise(cpu, at::kDouble, at::kDouble, "f64", 1e-12);
  pointwise(cpu, at::kFloat, at::kFloat, "f32", 1e-5);
  pointwise(cpu, at::kBFloat16, at::kFloat, "bf16", 2e-2);
  if (!torch::cuda::is_available()) return;
  at::Device gpu(at::kCUDA, 0);
  vzt::use_own_stream(gpu);
  vzt::set_tf32(false);
  blocks("blocks, kernels", Use::kernels, gpu, at::kFloat, "f32", 2, 5, 16, 2, 1e-5);
  blocks("blocks, kernels", Use::kernels, gpu, at::kHalf, "f16", 2, 5, 16, 2, 4e-2);
  blocks("blocks, kernels", Use::kernels, gpu, at::kBFloat16, "bf16", 2, 5, 16, 2, 3e-1);
  pointwise(gpu, at::kHalf, at::kFloat, "f16", 5e-3);
  pointwise(gpu, at::kHalf, at::kHalf, "f16", 5e-3);
  vzt::set_tf32(true);
  heading("function, only its time");
  for (int64_t width : {192, 256}) {
    blocks("blocks, stock operations", Use::stock, gpu, at::kHalf, "f16", only_times, 32, width, 2, 4e-2);
    blocks("blocks, kernels", Use::kernels, gpu, at::kHalf, "f16", only_times, 32, width, 2, 4e-2);
    blocks("blocks, kernels", Use::kernels, gpu, at::kBFloat16, "bf16", only_times, 32, width, 2, 3e-1);
  }
}
