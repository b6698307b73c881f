#include "fused.h"

#include <torch/version.h>

#if __has_include(<c10/cuda/CUDAStream.h>) && defined(VZT_CUDA_BUILD)
#include <c10/cuda/CUDAStream.h>
#define VZT_STREAMS 1
#endif

namespace vzt {

Use use = Use::kernels;

const vzk::Kernels &kernels_of(at::Device device) {
  if (!device.is_cuda()) return vzk::cpu();
#ifdef VZT_CUDA_BUILD
  if (const vzk::Kernels *found = vzk::cuda()) return *found;
#endif
  TORCH_CHECK(false, "the shim was built without its CUDA kernels; build it again with CUDA=1");
}

void *stream_of(at::Device device) {
#ifdef VZT_STREAMS
  if (device.is_cuda()) return c10::cuda::getCurrentCUDAStream(device.index()).stream();
#endif
  (void)device;
  return nullptr;
}

namespace {

#if TORCH_VERSION_MAJOR >= 2
using MaybeTensor = std::optional<Tensor>;
#else
using MaybeTensor = c10::optional<Tensor>;
#endif
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool has_kernels(const Tensor &x) {
  bool typed =
    x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf;
  if (!typed || use == Use::stock || x.size(1) % 8 != 0) return false;
#ifdef VZT_CUDA_BUILD
  if (x.is_cuda()) return vzk::cuda() != nullptr;
#endif
  return x.is_cpu() && use == Use::twins;
}

vzk::Type type_of(const Tensor &x) {
  return x.scalar_type() == at::kFloat  ? vzk::Type::float32
         : x.scalar_type() == at::kHalf ? vzk::Type::float16
                                        : vzk::Type::bfloat16;
}

Tensor channels_last(const Tensor &x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

vzk::Shape shape_of(const Tensor &x) { return {x.size(0), x.size(2), x.size(3), x.size(1)}; }

/// The positions of a channels-last image as rows: [positions, channels], a view.
Tensor rows_of(const Tensor &x) { return x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)}); }

/// Rows as an image of that shape, a view.
Tensor image_of(const Tensor &rows, const vzk::Shape &s) {
  return rows.view({s.batch, s.height, s.width, rows.size(1)}).permute({0, 3, 1, 2});
}

Tensor floats(const Tensor &like, at::IntArrayRef shape) {
  return at::empty(shape, like.options().dtype(at::kFloat));
}
Tensor workspace(const Tensor &like, const vzk::Shape &s) { return floats(like, {vzk::workspace_floats(s)}); }
float *data(const Tensor &t) { return t.defined() ? t.data_ptr<float>() : nullptr; }

/// A matrix as [outputs, inputs], whatever kernel it has.
Tensor matrix(const Tensor &weight) { return weight.view({weight.size(0), -1}); }

/// The type that gradients of parameters have.
at::ScalarType gradient_type(const Tensor &x) {
  return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

/// a · b in a result of that type; sums are float32 either way.
Tensor product(const Tensor &a, const Tensor &b, at::ScalarType result) {
#if TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR >= 208
  if (a.is_cuda() && result == at::kFloat && a.scalar_type() != at::kFloat) return at::mm(a, b, at::kFloat);
#endif
  if (a.is_cpu() && a.scalar_type() != result) return at::mm(a.to(result), b.to(result));
  return at::mm(a, b).to(result);
}

// ---- over rows: the kernel, or the same in libtorch's operations

struct Rows {
  vzk::Shape shape;
  double slope;
  bool kernels;

  Rows(const Tensor &x, double slope) : shape(shape_of(x)), slope(slope), kernels(has_kernels(x)) {}

  const vzk::Kernels &k(const Tensor &x) const { return kernels_of(x.device()); }
  int64_t count() const { return shape.positions(); }

  void activate(Tensor &x) const {
    if (!kernels) {
      at::leaky_relu_(x, slope);
      return;
    }
    k(x).activate(count(), x.size(1), type_of(x), x.data_ptr(), static_cast<float>(slope),
                  stream_of(x.device()));
  }

  Tensor sums(const Tensor &x) const {
    if (!kernels) return x.sum({0}, false, gradient_type(x));
    Tensor result = floats(x, {x.size(1)}), space = workspace(x, shape);
    k(x).column_sums(count(), x.size(1), type_of(x), x.data_ptr(), data(result), data(space),
                     stream_of(x.device()));
    return result;
  }

  /// g · act' in place; the sums by channel.
  Tensor activate_back(Tensor &g, const Tensor &y) const {
    if (!kernels) {
      g.mul_(at::where(y > 0, at::ones({}, g.options()), at::full({}, slope, g.options())));
      return sums(g);
    }
    Tensor result = floats(g, {g.size(1)}), space = workspace(g, shape);
    k(g).activate_back(count(), g.size(1), type_of(g), g.data_ptr(), y.data_ptr(), static_cast<float>(slope),
                       g.data_ptr(), data(result), data(space), stream_of(g.device()));
    return result;
  }

  /// a += b; the sums by channel of the result, where `wanted`.
  Tensor add(Tensor &a, const Tensor &b, bool wanted) const {
    if (!kernels) {
      a.add_(b);
      return wanted ? sums(a) : Tensor();
    }
    Tensor result = wanted ? floats(a, {a.size(1)}) : Tensor(),
           space = wanted ? workspace(a, shape) : Tensor();
    k(a).add(count(), a.size(1), type_of(a), a.data_ptr(), b.data_ptr(), a.data_ptr(), data(result),
             data(space), stream_of(a.device()));
    return result;
  }

  /// depthwise(act(x)).
  Tensor depthwise(const Tensor &x, const Tensor &weight, const Tensor &bias, const Tensor &rounded,
                   const Tensor &rounded_bias) const {
    if (!kernels) {
      Tensor image = image_of(at::leaky_relu(x, slope), shape);
      return rows_of(
        channels_last(at::conv2d(image, rounded, rounded_bias, {1, 1}, {1, 1}, {1, 1}, x.size(1))));
    }
    Tensor y = at::empty_like(x);
    k(x).depthwise(shape, type_of(x), x.data_ptr(), static_cast<float>(slope), data(weight), data(bias),
                   y.data_ptr(), stream_of(x.device()));
    return y;
  }

  struct DepthwiseGradients {
    Tensor x, x_sums, weight, bias;
  };

  DepthwiseGradients depthwise_back(const Tensor &g, const Tensor &x, const Tensor &weight,
                                    const Tensor &rounded) const {
    if (!kernels) return stock_depthwise_back(g, x, rounded);
    DepthwiseGradients r;
    r.x = at::empty_like(x);
    r.x_sums = floats(x, {x.size(1)});
    r.weight = floats(x, weight.sizes());
    r.bias = floats(x, {x.size(1)});
    Tensor space = workspace(x, shape);
    float s = static_cast<float>(slope);
    void *stream = stream_of(x.device());
    k(x).depthwise_data(shape, type_of(x), g.data_ptr(), data(weight), x.data_ptr(), s, r.x.data_ptr(),
                        data(r.x_sums), data(space), stream);
    k(x).depthwise_weight(shape, type_of(x), x.data_ptr(), s, g.data_ptr(), data(r.weight), data(r.bias),
                          data(space), stream);
    return r;
  }

  DepthwiseGradients stock_depthwise_back(const Tensor &g, const Tensor &x, const Tensor &rounded) const {
    Tensor a = at::leaky_relu(x, slope);
    auto [gx, gw, gb] =
      at::convolution_backward(image_of(g, shape), image_of(a, shape), rounded, at::IntArrayRef({x.size(1)}),
                               {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, x.size(1), {true, true, true});
    DepthwiseGradients r;
    r.x = rows_of(channels_last(gx));
    r.x_sums = activate_back(r.x, x);
    r.weight = gw.to(gradient_type(x));
    r.bias = gb.to(gradient_type(x));
    return r;
  }
};

// ---- blocks

/// What a block's backward pass needs, all [positions, channels]: its input, mix's output before its
/// activation, depthwise's output, the residual between, expand's output.
enum Kept { kept_x, kept_mix, kept_depthwise, kept_middle, kept_expand, kept_count };

struct Blocks : torch::autograd::Function<Blocks> {
  // Lists are passed as TensorList: of what else holds tensors, autograd sees none.
  static Tensor forward(AutogradContext *context, const Tensor &input, at::TensorList parameters,
                        at::TensorList rounded, double slope) {
    Tensor image = channels_last(input);
    Rows r(image, slope);
    at::TensorList w = rounded.empty() ? parameters : rounded;
    variable_list saved(parameters.begin(), parameters.end());
    saved.insert(saved.end(), w.begin(), w.end());
    Tensor x = rows_of(image);
    for (size_t i = 0; i < parameters.size(); i += block_tensors) {
      Tensor mix = at::addmm(w[i + 1], x, matrix(w[i]).t());
      Tensor depthwise = r.depthwise(mix, parameters[i + 2], parameters[i + 3], w[i + 2], w[i + 3]);
      Tensor middle = at::addmm(w[i + 5], depthwise, matrix(w[i + 4]).t());
      r.add(middle, x, false);
      Tensor expand = at::addmm(w[i + 7], middle, matrix(w[i + 6]).t());
      r.activate(expand);
      saved.insert(saved.end(), {x, mix, depthwise, middle, expand});
      x = at::addmm(w[i + 9], expand, matrix(w[i + 8]).t());
      r.add(x, middle, false);
    }
    context->save_for_backward(saved);
    context->saved_data["slope"] = slope;
    context->saved_data["count"] = static_cast<int64_t>(parameters.size());
    context->saved_data["rounded"] = static_cast<int64_t>(rounded.size());
    return image_of(x, r.shape);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    variable_list saved = context->get_saved_variables();
    int64_t count = context->saved_data["count"].toInt(), rounded = context->saved_data["rounded"].toInt();
    const Tensor *p = saved.data(), *w = p + count;
    Tensor image = channels_last(gradients[0]);
    Rows r(image, context->saved_data["slope"].toDouble());
    variable_list result(static_cast<size_t>(1 + count + rounded + 1));
    Tensor *to = result.data() + 1;
    Tensor g = rows_of(image), sums = r.sums(g);
    at::ScalarType type = gradient_type(g);
    for (int64_t i = count - block_tensors; i >= 0; i -= block_tensors) {
      const Tensor *kept = w + count + i / block_tensors * kept_count;
      auto learn = [&](int64_t index, const Tensor &gradient, const Tensor &input) {
        to[i + index] = product(gradient.t(), input, type).view(p[i + index].sizes());
      };
      to[i + 9] = sums;
      learn(8, g, kept[kept_expand]);
      Tensor expand = at::mm(g, matrix(w[i + 8]));
      to[i + 7] = r.activate_back(expand, kept[kept_expand]);
      learn(6, expand, kept[kept_middle]);
      Tensor middle = at::mm(expand, matrix(w[i + 6]));
      to[i + 5] = r.add(middle, g, true);
      learn(4, middle, kept[kept_depthwise]);
      Tensor depthwise = at::mm(middle, matrix(w[i + 4]));
      auto d = r.depthwise_back(depthwise, kept[kept_mix], p[i + 2], w[i + 2]);
      to[i + 2] = d.weight;
      to[i + 3] = d.bias;
      to[i + 1] = d.x_sums;
      learn(0, d.x, kept[kept_x]);
      g = at::mm(d.x, matrix(w[i]));
      sums = r.add(g, middle, i > 0);
    }
    result[0] = image_of(g, r.shape);
    return result;
  }
};

// ---- pointwise

struct Pointwise : torch::autograd::Function<Pointwise> {
  static Tensor forward(AutogradContext *context, const Tensor &input, const Tensor &weight,
                        const Tensor &bias, const Tensor &rounded, const Tensor &rounded_bias,
                        int64_t result) {
    Tensor image = channels_last(input), x = rows_of(image);
    auto type = static_cast<at::ScalarType>(result);
    Tensor y;
    if (type == x.scalar_type()) {
      y = at::addmm(rounded_bias, x, matrix(rounded).t());
    } else {
      y = product(x, matrix(rounded).t(), type).add_(bias);
    }
    context->save_for_backward({x, weight, rounded});
    return image_of(y, shape_of(image));
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    variable_list saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &rounded = saved[2];
    Tensor image = channels_last(gradients[0]), whole = rows_of(image), g = whole.to(x.scalar_type());
    Tensor bias = Rows(image, 1).sums(whole);
    Tensor by_weight = product(g.t(), x, gradient_type(x)).view(weight.sizes());
    Tensor by_x =
      context->needs_input_grad(0) ? image_of(at::mm(g, matrix(rounded)), shape_of(image)) : Tensor();
    return {by_x, by_weight, bias, Tensor(), Tensor(), Tensor()};
  }
};

// ---- latent

Tensor latent_ready(const Tensor &x) { return channels_last(x.to(at::kFloat)); }

struct FirstPass : torch::autograd::Function<FirstPass> {
  static Tensor forward(AutogradContext *context, const Tensor &v, const Tensor &prior, bool dual) {
    context->saved_data["dual"] = dual;
    Tensor a = latent_ready(v), b = latent_ready(prior), out = at::empty_like(a);
    kernels_of(a.device()).first_pass(shape_of(a), dual, data(a), data(b), data(out), stream_of(a.device()));
    return out;
  }
  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const Tensor &g = gradients[0];
    auto options = g.options().dtype(at::kInt);
    Tensor sum = at::arange(g.size(2), options).unsqueeze(1) + at::arange(g.size(3), options);
    if (context->saved_data["dual"].toBool()) {
      sum = sum + at::arange(g.size(1), options).ge(g.size(1) / 2).to(at::kInt).unsqueeze(1).unsqueeze(2);
    }
    return {g * sum.bitwise_and(1).eq(0), Tensor(), Tensor()};
  }
};

struct Latent : torch::autograd::Function<Latent> {
  static variable_list forward(AutogradContext *context, const Tensor &v, const Tensor &prior,
                               const MaybeTensor &change, const Tensor &step, int64_t seed, int64_t stream,
                               int64_t first_sample, bool dual) {
    Tensor a = latent_ready(v), b = latent_ready(prior), c = change ? latent_ready(*change) : Tensor();
    context->save_for_backward({a, b, c, step});
    context->saved_data["seed"] = seed;
    context->saved_data["stream"] = stream;
    context->saved_data["first_sample"] = first_sample;
    context->saved_data["dual"] = dual;
    Tensor decoded = at::empty_like(a), bits = floats(a, {a.size(0)}), space = workspace(a, shape_of(a));
    kernels_of(a.device())
      .latent(shape_of(a), dual, data(a), data(b), data(c), noise(context, step), data(decoded), data(bits),
              data(space), stream_of(a.device()));
    return {decoded, bits};
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    variable_list saved = context->get_saved_variables();
    const Tensor &a = saved[0], &b = saved[1], &c = saved[2];
    Tensor by_decoded = gradients[0].defined() ? latent_ready(gradients[0]) : at::zeros_like(a);
    Tensor by_bits = gradients[1].defined() ? gradients[1].contiguous() : at::zeros({a.size(0)}, a.options());
    Tensor ga = at::empty_like(a), gb = at::empty_like(b), gc = c.defined() ? at::empty_like(c) : Tensor();
    kernels_of(a.device())
      .latent_back(shape_of(a), context->saved_data["dual"].toBool(), data(a), data(b), data(c),
                   noise(context, saved[3]), data(by_decoded), data(by_bits), data(ga), data(gb), data(gc),
                   stream_of(a.device()));
    return {ga, gb, gc, Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }

  static vzk::Noise noise(AutogradContext *context, const Tensor &step) {
    return {static_cast<uint64_t>(context->saved_data["seed"].toInt()),
            static_cast<uint32_t>(context->saved_data["stream"].toInt()),
            context->saved_data["first_sample"].toInt(), step.data_ptr<int64_t>()};
  }
};

void check_vectors(std::initializer_list<Tensor> vectors) {
  for (const Tensor &t : vectors) {
    TORCH_CHECK(t.scalar_type() == at::kFloat && t.is_contiguous(), "a vector of float32 is needed");
  }
}

} // namespace

Tensor blocks(const Tensor &x, const std::vector<Tensor> &parameters, const std::vector<Tensor> &rounded,
              double slope) {
  TORCH_CHECK(parameters.size() % block_tensors == 0, "blocks: 10 tensors a block");
  TORCH_CHECK(rounded.empty() || rounded.size() == parameters.size(),
              "blocks: as many rounded as exact tensors");
  return parameters.empty() ? x
                            : Blocks::apply(x, at::TensorList(parameters), at::TensorList(rounded), slope);
}

Tensor pointwise(const Tensor &x, const Tensor &weight, const Tensor &bias, const Tensor &rounded_weight,
                 const Tensor &rounded_bias, at::ScalarType result) {
  return Pointwise::apply(x, weight, bias, rounded_weight, rounded_bias, static_cast<int64_t>(result));
}

Tensor first_pass(const Tensor &v, const Tensor &prior, bool dual) {
  TORCH_CHECK(prior.size(1) == 2 * v.size(1), "first_pass: a mean and a level for each channel");
  return FirstPass::apply(v, prior, dual);
}

std::vector<Tensor> latent(const Tensor &v, const Tensor &prior, const Tensor &change, const Tensor &step,
                           uint64_t seed, int stream, int64_t first_sample, bool dual) {
  TORCH_CHECK(prior.size(1) == 2 * v.size(1), "latent: a mean and a level for each channel");
  TORCH_CHECK(step.scalar_type() == at::kLong && step.device() == v.device(),
              "latent: step is int64, beside v");
  MaybeTensor maybe_change = change.defined() ? MaybeTensor(change) : MaybeTensor();
  return Latent::apply(v, prior, maybe_change, step, static_cast<int64_t>(seed), static_cast<int64_t>(stream),
                       first_sample, dual);
}

Tensor crops(const Tensor &images, const Tensor &records, int64_t count, int64_t size) {
  TORCH_CHECK(images.is_contiguous() && records.is_contiguous() && images.device() == records.device() &&
                static_cast<int64_t>(records.numel() * records.element_size()) >=
                  count * static_cast<int64_t>(sizeof(vzk::CropRecord)),
              "crops: two tables of bytes on one device");
  Tensor out = at::empty({count, size, size, 3}, images.options().dtype(at::kFloat));
  kernels_of(images.device())
    .crops(static_cast<const vzk::CropImage *>(images.data_ptr()),
           static_cast<const vzk::CropRecord *>(records.data_ptr()), count, size, data(out),
           stream_of(images.device()));
  return out.permute({0, 3, 1, 2});
}

void judge(const Tensor &gradients, const Tensor &control, Tensor &state) {
  check_vectors({gradients, control, state});
  TORCH_CHECK(control.numel() >= vzk::control_count && state.numel() >= vzk::state_count,
              "judge: short vectors");
  Tensor space = floats(gradients, {1024});
  const vzk::Kernels &kernels = kernels_of(gradients.device());
  const char *error = kernels.error();
  TORCH_CHECK(!error, "a kernel of this step was refused: ", error);
  kernels.judge(data(gradients), gradients.numel(), data(control), data(state), data(space),
                stream_of(gradients.device()));
}

void adam(Tensor &values, Tensor &gradients, Tensor &mean, Tensor &square, Tensor &average, double beta1,
          double beta2, double epsilon, const Tensor &control, const Tensor &state) {
  check_vectors({values, gradients, mean, square, average, control, state});
  TORCH_CHECK(control.numel() >= vzk::control_count && state.numel() >= vzk::state_count,
              "adam: short vectors");
  vzk::AdamVectors a = {data(values), data(gradients), data(mean),
                        data(square), data(average),   values.numel()};
  for (const Tensor &t : {gradients, mean, square, average}) {
    TORCH_CHECK(t.numel() == a.count, "adam: vectors of one length");
  }
  kernels_of(values.device())
    .adam(a, beta1, beta2, epsilon, data(control), data(state), stream_of(values.device()));
}

} // namespace vzt
