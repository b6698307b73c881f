// The C interface of vztorch.h over libtorch. Every function is a line or two: what is learned, and
// how, is written in Swift (Sources/VAETrain).
#include "vztorch.h"

#include "device.h"
#include "fused.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

// Gloo's headers are a package of their own (libgloo-dev); without them there is one process.
#if __has_include(<gloo/context.h>)
#define VZT_GROUPS 1
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

namespace {

using at::Tensor;

std::mutex error_lock;
std::string first_error;

void keep_error(const char *text) {
  std::lock_guard<std::mutex> guard(error_lock);
  if (first_error.empty()) first_error = text;
}

const Tensor &in(const vzt_tensor *t) { return *reinterpret_cast<const Tensor *>(t); }
Tensor &in(vzt_tensor *t) { return *reinterpret_cast<Tensor *>(t); }
vzt_tensor *out(Tensor t) { return reinterpret_cast<vzt_tensor *>(new Tensor(std::move(t))); }

/// Runs `make`, which gives a tensor; an exception becomes NULL and a kept text.
template <typename F>
vzt_tensor *guarded(F make) noexcept {
  try {
    return out(make());
  } catch (const c10::Error &e) {
    keep_error(e.what_without_backtrace());
  } catch (const std::exception &e) {
    keep_error(e.what());
  }
  return nullptr;
}

/// Runs `act`; 0 if it worked, -1 if not.
template <typename F>
int attempted(F act) noexcept {
  try {
    act();
    return 0;
  } catch (const c10::Error &e) {
    keep_error(e.what_without_backtrace());
  } catch (const std::exception &e) {
    keep_error(e.what());
  }
  return -1;
}

at::ScalarType type_of(int type) {
  switch (type) {
  case VZT_UINT8: return at::kByte;
  case VZT_BFLOAT16: return at::kBFloat16;
  case VZT_FLOAT16: return at::kHalf;
  case VZT_FLOAT64: return at::kDouble;
  case VZT_INT64: return at::kLong;
  default: return at::kFloat;
  }
}
at::Device device_of(int device) {
  return device < VZT_CUDA ? at::Device(at::kCPU)
                           : at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device - VZT_CUDA));
}
at::IntArrayRef list(const int64_t *values, int count) { return {values, static_cast<size_t>(count)}; }

struct LowerBound : torch::autograd::Function<LowerBound> {
  static Tensor forward(torch::autograd::AutogradContext *context, Tensor x, double bound) {
    context->save_for_backward({x});
    context->saved_data["bound"] = bound;
    return x.clamp_min(bound);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    Tensor x = context->get_saved_variables()[0], g = gradients[0];
    Tensor passes = (x >= context->saved_data["bound"].toDouble()).logical_or(g < 0);
    return {g * passes, Tensor()};
  }
};

#define NEED(t) \
  if (!(t)) return nullptr

const char *library_version() { return TORCH_VERSION; }
int cuda_available() { return torch::cuda::is_available() ? 1 : 0; }
void set_threads(int count) { at::set_num_threads(count); }
void set_seed(uint64_t seed) { torch::manual_seed(seed); }
void set_gradients(int enabled) { at::GradMode::set_enabled(enabled != 0); }

char *take_error() {
  std::lock_guard<std::mutex> guard(error_lock);
  if (first_error.empty()) return nullptr;
  char *copy = strdup(first_error.c_str());
  first_error.clear();
  return copy;
}

vzt_tensor *from_bytes(const void *data, int type, const int64_t *shape, int rank, int device) {
  return guarded([&] {
    Tensor view =
      at::from_blob(const_cast<void *>(data), list(shape, rank), at::TensorOptions(type_of(type)));
    // Does not wait for the device: CUDA takes its copy of pageable memory before it returns.
    return device == VZT_CPU ? view.clone() : view.to(device_of(device), /*non_blocking=*/true);
  });
}
vzt_tensor *zeros(const int64_t *shape, int rank, int type, int device) {
  return guarded(
    [&] { return at::zeros(list(shape, rank), at::TensorOptions(type_of(type)).device(device_of(device))); });
}
void release(vzt_tensor *t) { delete reinterpret_cast<Tensor *>(t); }
int64_t count(const vzt_tensor *t) { return t ? in(t).numel() : 0; }
int rank_of(const vzt_tensor *t) { return t ? static_cast<int>(in(t).dim()) : 0; }
int64_t size_of(const vzt_tensor *t, int dimension) {
  return t && dimension < in(t).dim() ? in(t).size(dimension) : 0;
}
int read_floats(const vzt_tensor *t, float *to, int64_t n) {
  if (!t) return -1;
  return attempted([&] {
    Tensor host = in(t).detach().to(at::kCPU, at::kFloat).contiguous();
    TORCH_CHECK(host.numel() == n, "read_floats: the tensor has ", host.numel(), " elements, not ", n);
    std::memcpy(to, host.data_ptr<float>(), sizeof(float) * static_cast<size_t>(n));
  });
}
double item(const vzt_tensor *t) {
  double value = NAN;
  if (t) attempted([&] { value = in(t).item().toDouble(); });
  return value;
}
int copy_into(vzt_tensor *to, const vzt_tensor *from) {
  if (!to || !from) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    in(to).copy_(in(from));
  });
}

vzt_tensor *narrow(const vzt_tensor *t, int dimension, int64_t start, int64_t length) {
  NEED(t);
  return guarded([&] { return in(t).narrow(dimension, start, length); });
}
vzt_tensor *reshape(const vzt_tensor *t, const int64_t *shape, int rank) {
  NEED(t);
  return guarded([&] { return in(t).reshape(list(shape, rank)); });
}
vzt_tensor *permute(const vzt_tensor *t, const int64_t *order, int rank) {
  NEED(t);
  return guarded([&] { return in(t).permute(list(order, rank)); });
}
vzt_tensor *concatenate(vzt_tensor *const *parts, int n, int dimension) {
  std::vector<Tensor> tensors;
  for (int i = 0; i < n; i++) {
    NEED(parts[i]);
    tensors.push_back(in(parts[i]));
  }
  return guarded([&] { return at::cat(tensors, dimension); });
}
vzt_tensor *flip(const vzt_tensor *t, const int64_t *dimensions, int rank) {
  NEED(t);
  return guarded([&] { return in(t).flip(list(dimensions, rank)); });
}
vzt_tensor *convert(const vzt_tensor *t, int type) {
  NEED(t);
  return guarded([&] { return in(t).to(type_of(type)); });
}

vzt_tensor *unary(int operation, const vzt_tensor *t) {
  NEED(t);
  return guarded([&]() -> Tensor {
    const Tensor &x = in(t);
    switch (operation) {
    case VZT_NEG: return x.neg();
    case VZT_ABS: return x.abs();
    case VZT_EXP: return x.exp();
    case VZT_EXP2: return x.exp2();
    case VZT_LOG: return x.log();
    case VZT_LOG2: return x.log2();
    case VZT_SQRT: return x.sqrt();
    case VZT_SQUARE: return x.square();
    case VZT_ERFC: return x.erfc();
    case VZT_FLOOR: return x.floor();
    case VZT_ROUND: return x.round();
    case VZT_SIGN: return x.sign();
    case VZT_UNIFORM_LIKE: return at::rand_like(x);
    case VZT_NORMAL_LIKE: return at::randn_like(x);
    case VZT_DETACH: return x.detach();
    case VZT_CLONE: return x.clone();
    case VZT_CHANNELS_LAST: return x.contiguous(at::MemoryFormat::ChannelsLast);
    default: TORCH_CHECK(false, "unary: no operation ", operation);
    }
  });
}
vzt_tensor *binary(int operation, const vzt_tensor *s, const vzt_tensor *t) {
  NEED(s);
  NEED(t);
  return guarded([&]() -> Tensor {
    const Tensor &x = in(s), &y = in(t);
    switch (operation) {
    case VZT_ADD: return x + y;
    case VZT_SUB: return x - y;
    case VZT_MUL: return x * y;
    case VZT_DIV: return x / y;
    case VZT_MATMUL: return x.matmul(y);
    default: TORCH_CHECK(false, "binary: no operation ", operation);
    }
  });
}
vzt_tensor *affine(const vzt_tensor *t, double scale, double offset) {
  NEED(t);
  return guarded([&] {
    Tensor y = scale == 1 ? in(t) : in(t)*scale;
    return offset == 0 ? y : y + offset;
  });
}
vzt_tensor *clamp(const vzt_tensor *t, double low, double high) {
  NEED(t);
  return guarded([&] { return in(t).clamp(low, high); });
}
vzt_tensor *lower_bound(const vzt_tensor *t, double bound) {
  NEED(t);
  return guarded([&] { return LowerBound::apply(in(t), bound); });
}
vzt_tensor *leaky_relu(const vzt_tensor *t, double slope) {
  NEED(t);
  return guarded([&] { return at::leaky_relu(in(t), slope); });
}
vzt_tensor *sum(const vzt_tensor *t, const int64_t *dimensions, int rank, int keep) {
  NEED(t);
  return guarded([&] { return rank ? in(t).sum(list(dimensions, rank), keep != 0) : in(t).sum(); });
}
vzt_tensor *max_abs(const vzt_tensor *t) {
  NEED(t);
  return guarded([&] { return in(t).detach().abs().max(); });
}

vzt_tensor *conv2d(const vzt_tensor *x, const vzt_tensor *w, const vzt_tensor *b, int stride, int padding,
                   int groups) {
  NEED(x);
  NEED(w);
  return guarded([&] {
    return at::conv2d(in(x), in(w), b ? in(b) : Tensor(), {stride, stride}, {padding, padding}, {1, 1},
                      groups);
  });
}
vzt_tensor *pixel_shuffle(const vzt_tensor *t, int factor) {
  NEED(t);
  return guarded([&] { return at::pixel_shuffle(in(t), factor).contiguous(at::MemoryFormat::ChannelsLast); });
}
vzt_tensor *pixel_unshuffle(const vzt_tensor *t, int factor) {
  NEED(t);
  return guarded(
    [&] { return at::pixel_unshuffle(in(t), factor).contiguous(at::MemoryFormat::ChannelsLast); });
}

vzt_tensor *parameter(const vzt_tensor *values, const vzt_tensor *gradients, int64_t start,
                      const int64_t *shape, int rank) {
  NEED(values);
  NEED(gradients);
  return guarded([&] {
    int64_t n = 1;
    for (int i = 0; i < rank; i++) n *= shape[i];
    Tensor leaf = in(values).detach().narrow(0, start, n).view(list(shape, rank)).detach();
    leaf.set_requires_grad(true);
    leaf.mutable_grad() = in(gradients).detach().narrow(0, start, n).view(list(shape, rank));
    return leaf;
  });
}
int backward(const vzt_tensor *loss) {
  if (!loss) return -1;
  return attempted([&] { in(loss).backward(); });
}
int adam(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *square, vzt_tensor *average,
         double rate, double beta1, double beta2, double epsilon, int64_t step, double scale, double decay) {
  if (!values || !gradients || !mean || !square || !average) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    Tensor &p = in(values), &g = in(gradients), &m = in(mean), &v = in(square), &e = in(average);
    if (scale != 1) g.mul_(scale);
    m.mul_(beta1).add_(g, 1 - beta1);
    v.mul_(beta2).addcmul_(g, g, 1 - beta2);
    double c1 = 1 - std::pow(beta1, static_cast<double>(step)),
           c2 = 1 - std::pow(beta2, static_cast<double>(step));
    p.addcdiv_(m, v.sqrt().div_(std::sqrt(c2)).add_(epsilon), -rate / c1);
    e.lerp_(p, 1 - decay);
    g.zero_();
  });
}
// ---- optimizers; tensors are views of flat vectors

/// `average = decay * average + (1 - decay) * values`; clears the gradients.
void finish_step(Tensor &values, Tensor &gradients, Tensor &average, double decay) {
  average.lerp_(values, 1 - decay);
  gradients.zero_();
}

/// Q of the QR decomposition of columns that are nearly orthogonal, by Cholesky's (Yamamoto et al.
/// 2015), which batches on a GPU. The shifts of the first passes keep it defined for columns that are
/// not (Fukaya et al. 2020).
Tensor orthonormal(Tensor q) {
  q = q / q.square().sum(-2, true).sqrt().clamp_min(1e-30);
  for (double shift : {1e-4, 1e-5, 0.0}) {
    Tensor gram = q.mT().matmul(q) + shift * at::eye(q.size(-1), q.options());
    Tensor upper = std::get<0>(at::linalg_cholesky_ex(gram)).mT();
    q = at::linalg_solve_triangular(upper, q, /*upper=*/true, /*left=*/false);
  }
  return q;
}

int soap(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *square, vzt_tensor *average,
         vzt_tensor *left, vzt_tensor *right, const vzt_tensor *left_basis, const vzt_tensor *right_basis,
         const vzt_step *o) {
  if (!values || !gradients || !mean || !square || !average) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    Tensor &p = in(values), &g = in(gradients), &m = in(mean), &v = in(square);
    if (o->scale != 1) g.mul_(o->scale);
    auto rotated = [&](Tensor x) {
      if (left_basis) x = in(left_basis).mT().matmul(x);
      return right_basis ? x.matmul(in(right_basis)) : x;
    };
    m.lerp_(g, 1 - o->beta1);
    Tensor turned = rotated(g);
    v.mul_(o->beta2).addcmul_(turned, turned, 1 - o->beta2);
    double c1 = 1 - std::pow(o->beta1, static_cast<double>(o->step)),
           c2 = 1 - std::pow(o->beta2, static_cast<double>(o->step));
    Tensor change = rotated(m) / (v.sqrt().div_(std::sqrt(c2)).add_(o->epsilon));
    if (left_basis) change = in(left_basis).matmul(change);
    if (right_basis) change = change.matmul(in(right_basis).mT());
    p.add_(change, -o->rate / c1);
    if (left) in(left).lerp_(g.matmul(g.mT()), 1 - o->beta2);
    if (right) in(right).lerp_(g.mT().matmul(g), 1 - o->beta2);
    finish_step(p, g, in(average), o->decay);
  });
}
int update_basis(vzt_tensor *basis, const vzt_tensor *covariance) {
  if (!basis || !covariance) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    const Tensor &c = in(covariance);
    Tensor &q = in(basis);
    Tensor size = c.abs().sum(-1).amax(-1).clamp_min(1e-30).unsqueeze(-1).unsqueeze(-1);
    // A little of the old basis bounds the condition number; it leaves the eigenvectors as they are.
    Tensor next = orthonormal((c / size).matmul(q) + 1e-5 * q);
    // A matrix without a finite basis keeps its old one.
    q.copy_(at::where(next.isfinite().all(-1, true).all(-2, true), next, q));
  });
}
int muon(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *average,
         const vzt_step *o) {
  if (!values || !gradients || !mean || !average) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    Tensor &p = in(values), &g = in(gradients), &m = in(mean);
    if (o->scale != 1) g.mul_(o->scale);
    m.mul_(o->beta1).add_(g);
    Tensor x = g + o->beta1 * m;
    bool tall = x.size(-2) > x.size(-1);
    if (tall) x = x.mT();
    x = x / (x.square().sum({-2, -1}, true).sqrt() + 1e-12);
    for (int pass = 0; pass < 5; pass++) {
      Tensor gram = x.matmul(x.mT());
      x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram.matmul(gram)).matmul(x);
    }
    if (tall) x = x.mT();
    p.add_(x, -o->rate * 0.2 * std::sqrt(static_cast<double>(std::max(p.size(-2), p.size(-1)))));
    finish_step(p, g, in(average), o->decay);
  });
}
int zero(vzt_tensor *t) {
  if (!t) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    in(t).zero_();
  });
}

#ifdef VZT_GROUPS
using Group = c10d::ProcessGroupGloo;
Group &group(vzt_group *g) { return **reinterpret_cast<c10::intrusive_ptr<Group> *>(g); }

vzt_group *join(const char *host, int port, int rank, int size, int has_store) {
  vzt_group *joined = nullptr;
  attempted([&] {
    c10d::TCPStoreOptions meeting;
    meeting.port = static_cast<uint16_t>(port);
    meeting.isServer = rank == 0 && !has_store;
    meeting.numWorkers = static_cast<size_t>(size);
    auto store = c10::make_intrusive<c10d::TCPStore>(host, meeting);
    auto options = Group::Options::create();
    options->devices.push_back(Group::createDefaultDevice());
    auto made = c10::make_intrusive<Group>(store, rank, size, options);
    joined = reinterpret_cast<vzt_group *>(new c10::intrusive_ptr<Group>(std::move(made)));
  });
  return joined;
}
void leave(vzt_group *g) { delete reinterpret_cast<c10::intrusive_ptr<Group> *>(g); }
int all_reduce(vzt_group *g, vzt_tensor *t) {
  if (!g || !t) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    // Gloo sums on the CPU; there, `host` is the tensor itself.
    std::vector<Tensor> host = {in(t).to(at::kCPU)};
    group(g).allreduce(host)->wait();
    if (!in(t).is_cpu()) in(t).copy_(host[0]);
  });
}
#else
vzt_group *join(const char *, int, int, int, int) {
  keep_error("the shim was built without libgloo-dev, which several processes need");
  return nullptr;
}
void leave(vzt_group *) {}
int all_reduce(vzt_group *, vzt_tensor *) { return -1; }
#endif

std::vector<Tensor> vector_of(vzt_tensor *const *tensors, int n) {
  std::vector<Tensor> result;
  for (int i = 0; tensors && i < n; i++) {
    TORCH_CHECK(tensors[i], "a tensor is missing");
    result.push_back(in(tensors[i]));
  }
  return result;
}
vzt_tensor *blocks(const vzt_tensor *x, vzt_tensor *const *parameters, vzt_tensor *const *rounded, int n,
                   double slope) {
  NEED(x);
  return guarded([&] {
    int tensors = n * vzt::block_tensors;
    return vzt::blocks(in(x), vector_of(parameters, tensors), vector_of(rounded, tensors), slope);
  });
}
vzt_tensor *pointwise(const vzt_tensor *x, const vzt_tensor *w, const vzt_tensor *b, const vzt_tensor *rw,
                      const vzt_tensor *rb, int result) {
  NEED(x);
  NEED(w);
  NEED(b);
  return guarded(
    [&] { return vzt::pointwise(in(x), in(w), in(b), in(rw ? rw : w), in(rb ? rb : b), type_of(result)); });
}
vzt_tensor *first_pass(const vzt_tensor *v, const vzt_tensor *prior, int dual) {
  NEED(v);
  NEED(prior);
  return guarded([&] { return vzt::first_pass(in(v), in(prior), dual != 0); });
}
vzt_tensor *latent(const vzt_tensor *v, const vzt_tensor *prior, const vzt_tensor *change,
                   const vzt_tensor *step, uint64_t seed, int stream, int64_t first_sample, int dual,
                   vzt_tensor **bits) {
  *bits = nullptr;
  NEED(v);
  NEED(prior);
  NEED(step);
  return guarded([&] {
    auto both = vzt::latent(in(v), in(prior), change ? in(change) : Tensor(), in(step), seed, stream,
                            first_sample, dual != 0);
    *bits = out(both[1]);
    return both[0];
  });
}
vzt_tensor *crops(const vzt_tensor *images, const vzt_tensor *records, int64_t n, int64_t size) {
  NEED(images);
  NEED(records);
  return guarded([&] { return vzt::crops(in(images), in(records), n, size); });
}
uint64_t address(const vzt_tensor *t) { return t ? reinterpret_cast<uint64_t>(in(t).data_ptr()) : 0; }

int judge(const vzt_tensor *gradients, const vzt_tensor *control, vzt_tensor *state) {
  if (!gradients || !control || !state) return -1;
  return attempted([&] { vzt::judge(in(gradients), in(control), in(state)); });
}
int scale_judged(vzt_tensor *gradients, const vzt_tensor *state) {
  if (!gradients || !state) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    Tensor &g = in(gradients);
    Tensor factor = in(state).narrow(0, VZT_FACTOR, 1);
    g.copy_(at::where(factor.ne(0), g * factor, at::zeros({}, g.options())));
  });
}
int adam_judged(vzt_tensor *values, vzt_tensor *gradients, vzt_tensor *mean, vzt_tensor *square,
                vzt_tensor *average, double beta1, double beta2, double epsilon, const vzt_tensor *control,
                const vzt_tensor *state) {
  if (!values || !gradients || !mean || !square || !average || !control || !state) return -1;
  return attempted([&] {
    vzt::adam(in(values), in(gradients), in(mean), in(square), in(average), beta1, beta2, epsilon,
              in(control), in(state));
  });
}
int accumulate(vzt_tensor *sums, const vzt_tensor *values, const vzt_tensor *state) {
  if (!sums || !values || !state) return -1;
  return attempted([&] {
    at::NoGradGuard quiet;
    Tensor good = in(state).narrow(0, VZT_FACTOR, 1).ne(0);
    in(sums).add_(at::where(good, in(values), at::zeros({}, in(values).options())));
  });
}

vzt::Staging &staging(vzt_staging *s) { return *reinterpret_cast<vzt::Staging *>(s); }
vzt_staging *make_staging(int64_t bytes, int device) {
  vzt::Staging *made = nullptr;
  attempted([&] { made = new vzt::Staging(bytes, device_of(device)); });
  return reinterpret_cast<vzt_staging *>(made);
}
void release_staging(vzt_staging *s) { delete reinterpret_cast<vzt::Staging *>(s); }
int fill(vzt_staging *s, const void *data, int64_t bytes) {
  return s ? attempted([&] { staging(s).fill(data, bytes); }) : -1;
}
vzt_tensor *staged(const vzt_staging *s, int type, int64_t start, const int64_t *shape, int rank) {
  NEED(s);
  return guarded([&] {
    int64_t n = static_cast<int64_t>(c10::elementSize(type_of(type)));
    for (int i = 0; i < rank; i++) n *= shape[i];
    const Tensor &whole = reinterpret_cast<const vzt::Staging *>(s)->tensor;
    return whole.narrow(0, start, n).view(type_of(type)).view(list(shape, rank));
  });
}

int has_kernels() {
#ifdef VZT_CUDA_BUILD
  return vzk::cuda() != nullptr;
#else
  return 0;
#endif
}
void set_switch(int which, int value) {
  if (which == VZT_TF32) vzt::set_tf32(value != 0);
  if (which == VZT_KERNELS) vzt::use = static_cast<vzt::Use>(value);
}
int own_stream(int device) {
  return attempted([&] { vzt::use_own_stream(device_of(device)); });
}
int synchronize(int device) {
  return attempted([&] { vzt::synchronize(device_of(device)); });
}
int64_t peak_memory(int device) {
  int64_t bytes = 0;
  attempted([&] { bytes = vzt::peak_memory(device_of(device)); });
  return bytes;
}

vzt::Graph &graph(vzt_graph *g) { return *reinterpret_cast<vzt::Graph *>(g); }
vzt_graph *begin_graph(int device) {
  std::unique_ptr<vzt::Graph> made;
  bool begun = attempted([&] {
                 made = std::make_unique<vzt::Graph>(device_of(device));
                 made->begin();
               }) == 0;
  return begun ? reinterpret_cast<vzt_graph *>(made.release()) : nullptr;
}
int end_graph(vzt_graph *g) {
  return g ? attempted([&] { graph(g).end(); }) : -1;
}
int replay(vzt_graph *g) {
  return g ? attempted([&] { graph(g).replay(); }) : -1;
}
void release_graph(vzt_graph *g) { delete reinterpret_cast<vzt::Graph *>(g); }

int begin_profile(int device) {
  return attempted([&] { vzt::begin_profile(device_of(device)); });
}
char *end_profile(int device, int steps) {
  std::string text;
  attempted([&] { text = vzt::end_profile(device_of(device), steps); });
  return strdup(text.c_str());
}

const vzt_api_table table = {
  VZT_API_VERSION,
  library_version,
  cuda_available,
  set_threads,
  set_seed,
  set_gradients,
  take_error,
  from_bytes,
  zeros,
  release,
  count,
  rank_of,
  size_of,
  read_floats,
  item,
  copy_into,
  narrow,
  reshape,
  permute,
  concatenate,
  flip,
  convert,
  unary,
  binary,
  affine,
  clamp,
  lower_bound,
  leaky_relu,
  sum,
  max_abs,
  conv2d,
  pixel_shuffle,
  pixel_unshuffle,
  parameter,
  backward,
  adam,
  zero,
  join,
  leave,
  all_reduce,
  soap,
  update_basis,
  muon,
  blocks,
  pointwise,
  first_pass,
  latent,
  crops,
  address,
  judge,
  scale_judged,
  adam_judged,
  accumulate,
  make_staging,
  release_staging,
  fill,
  staged,
  has_kernels,
  set_switch,
  own_stream,
  synchronize,
  peak_memory,
  begin_graph,
  end_graph,
  replay,
  release_graph,
  begin_profile,
  end_profile,
};

} // namespace

extern "C" __attribute__((visibility("default"))) const vzt_api_table *vzt_api(uint32_t version) {
  return version == VZT_API_VERSION ? &table : nullptr;
}
