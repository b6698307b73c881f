// Compares every kernel of kernels.h, the CUDA one (or, without a GPU, kernels.cu run by emulated.h) and
// its C++ twin, with float64, and times the former. Inputs are random; outputs are poisoned first.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "check.h"
#include "elements.h"
#include "kernels.h"

#ifdef VZK_GPU
#include <cuda_runtime_api.h>
#endif

namespace {

using vzk::Shape;
using vzk::Type;
using Doubles = std::vector<double>;

std::mt19937 random_bits(1);

/// Set for the usual sizes: their float64 would take the CPU minutes of a GPU's time.
bool only_times = false;

// ---- memory of either side

/// An array where the kernels see it: beside the GPU if there is one and `device` is set.
class Array {
public:
  Array(Type type, const Doubles &values, bool device) : Array(type, values.size(), device) {
    std::vector<char> host(bytes);
    for (size_t i = 0; i < count; i++)
      vzk::store(type, host.data(), static_cast<int64_t>(i), static_cast<float>(values[i]));
    set(host.data());
  }
  /// Poisoned: NaN.
  Array(Type type, size_t count, bool device)
      : type(type), count(count), bytes(count * (type == Type::float32 ? 4 : 2)), device(device) {
    allocate();
    std::vector<char> poison(bytes, static_cast<char>(0xFF));
    set(poison.data());
  }
  /// Raw bytes.
  Array(const void *data, size_t bytes, bool device)
      : type(Type::float32), count(bytes / 4), bytes(bytes), device(device) {
    allocate();
    set(data);
  }
  Array(const Array &) = delete;
  ~Array() {
#ifdef VZK_GPU
    if (device) {
      cudaFree(data);
      return;
    }
#endif
    std::free(data);
  }

  Doubles read() const {
    std::vector<char> host(bytes);
#ifdef VZK_GPU
    if (device)
      cudaMemcpy(host.data(), data, bytes, cudaMemcpyDeviceToHost);
    else
#endif
      std::memcpy(host.data(), data, bytes);
    Doubles values(count);
    for (size_t i = 0; i < count; i++) values[i] = vzk::load(type, host.data(), static_cast<int64_t>(i));
    return values;
  }
  float *floats() const { return static_cast<float *>(data); }

  void *data = nullptr;

private:
  Type type;
  size_t count, bytes;
  bool device;

  void allocate() {
#ifdef VZK_GPU
    if (device) {
      cudaMalloc(&data, bytes + 16);
      return;
    }
#endif
    data = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
  }
  void set(const void *from) {
#ifdef VZK_GPU
    if (device) {
      cudaMemcpy(data, from, bytes, cudaMemcpyHostToDevice);
      return;
    }
#endif
    std::memcpy(data, from, bytes);
  }
};

/// Median microseconds of a launch; 0 where there is no GPU.
double timed(const std::function<void()> &launch) {
#ifdef VZK_GPU
  cudaEvent_t start, end;
  cudaEventCreate(&start);
  cudaEventCreate(&end);
  std::vector<float> times;
  for (int i = 0; i < 25; i++) {
    cudaEventRecord(start);
    for (int j = 0; j < 4; j++) launch();
    cudaEventRecord(end);
    cudaEventSynchronize(end);
    float milliseconds;
    cudaEventElapsedTime(&milliseconds, start, end);
    if (i >= 5) times.push_back(milliseconds * 250);
  }
  cudaEventDestroy(start);
  cudaEventDestroy(end);
  std::nth_element(times.begin(), times.begin() + 10, times.end());
  return times[10];
#else
  (void)launch;
  return 0;
#endif
}

// ---- values

const char *name(Type type) { return type == Type::float32 ? "f32" : type == Type::float16 ? "f16" : "bf16"; }
double bytes_of(Type type) { return type == Type::float32 ? 4 : 2; }
double allowed(Type type) { return type == Type::float32 ? 2e-6 : type == Type::float16 ? 1e-3 : 8e-3; }
std::string text(const Shape &s) {
  return std::to_string(s.batch) + "x" + std::to_string(s.height) + "x" + std::to_string(s.width) + "x" +
         std::to_string(s.channels);
}

/// Normal, as the type rounds them.
Doubles normal(size_t count, double deviation, Type type = Type::float32) {
  std::normal_distribution<double> distribution(0, deviation);
  Doubles values(count);
  char space[4];
  for (size_t i = 0; i < count; i++) {
    double &v = values[i];
    if (only_times && i >= 100003) {
      v = values[i - 100003];
      continue;
    }
    vzk::store(type, space, 0, static_cast<float>(distribution(random_bits)));
    v = vzk::load(type, space, 0);
  }
  return values;
}

double difference(const Doubles &found, const Doubles &expected) {
  if (only_times) return 0;
  double error = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    error += (found[i] - expected[i]) * (found[i] - expected[i]);
    norm += expected[i] * expected[i];
  }
  return std::sqrt(error / std::max(norm, 1e-300));
}

struct Side {
  const char *label;
  const vzk::Kernels *kernels;
  bool device;
};

std::vector<Side> sides() {
  std::vector<Side> list;
  if (!only_times) list.push_back({"twin", &vzk::cpu(), false});
#if defined(VZK_GPU)
  list.push_back({"cuda", vzk::cuda(), true});
#elif defined(VZK_EMULATED)
  list.push_back({"emulated", vzk::cuda(), false});
#endif
  return list;
}

double max_of(std::initializer_list<double> values) {
  double result = 0;
  for (double v : values) result = v > result || v != v ? v : result;
  return result;
}

void report(const Side &side, const char *kernel, const std::string &shape, const char *type, double error,
            double allowed, double bytes, const std::function<void()> &launch) {
  const char *refused = side.kernels->error();
  if (refused) std::printf("%s: %s\n", kernel, refused);
  double microseconds = side.device ? timed(launch) : 0;
  check::row(std::string(kernel) + ", " + side.label, shape, type, refused ? NAN : error, allowed,
             microseconds, bytes);
}

// ---- depthwise

constexpr float slope = 0.125f;

double act(double x) { return x > 0 ? x : x * slope; }

struct DepthwiseCase {
  Shape s;
  Doubles x, g, weight, bias, y, gx, sums, gw, gb;

  DepthwiseCase(Shape s, Type type) : s(s) {
    size_t n = static_cast<size_t>(s.positions() * s.channels), c = static_cast<size_t>(s.channels);
    x = normal(n, 1, type), g = normal(n, 1, type), weight = normal(9 * c, 0.3), bias = normal(c, 1);
    y.assign(n, 0), gx.assign(n, 0), sums.assign(c, 0), gw.assign(9 * c, 0), gb.assign(c, 0);
    for (int64_t b = 0; b < (only_times ? 0 : s.batch); b++)
      for (int64_t v = 0; v < s.height; v++)
        for (int64_t u = 0; u < s.width; u++)
          for (int64_t k = 0; k < s.channels; k++) one(b, v, u, k);
  }

  int64_t at(int64_t b, int64_t v, int64_t u, int64_t k) const {
    return ((b * s.height + v) * s.width + u) * s.channels + k;
  }

  void one(int64_t b, int64_t v, int64_t u, int64_t k) {
    int64_t here = at(b, v, u, k);
    double out = bias[k], back = 0;
    for (int tap = 0; tap < 9; tap++) {
      int64_t v2 = v + tap / 3 - 1, u2 = u + tap % 3 - 1;
      if (v2 < 0 || v2 >= s.height || u2 < 0 || u2 >= s.width) continue;
      int64_t there = at(b, v2, u2, k);
      out += weight[k * 9 + tap] * act(x[there]);
      back += weight[k * 9 + 8 - tap] * g[there];
      gw[k * 9 + tap] += g[here] * act(x[there]);
    }
    y[here] = out;
    gx[here] = back * (x[here] > 0 ? 1 : slope);
    sums[k] += gx[here];
    gb[k] += g[here];
  }
};

void depthwise(Shape s, Type type) {
  DepthwiseCase c(s, type);
  size_t n = c.x.size(), width = static_cast<size_t>(s.channels);
  double image = static_cast<double>(n) * bytes_of(type);
  for (const Side &side : sides()) {
    bool d = side.device;
    Array x(type, c.x, d), g(type, c.g, d), w(Type::float32, c.weight, d), b(Type::float32, c.bias, d);
    Array y(type, n, d), gx(type, n, d), sums(Type::float32, width, d), gw(Type::float32, 9 * width, d),
      gb(Type::float32, width, d);
    Array space(Type::float32, static_cast<size_t>(vzk::workspace_floats(s)), d);
    auto forward = [&] {
      side.kernels->depthwise(s, type, x.data, slope, w.floats(), b.floats(), y.data, nullptr);
    };
    auto data = [&] {
      side.kernels->depthwise_data(s, type, g.data, w.floats(), x.data, slope, gx.data, sums.floats(),
                                   space.floats(), nullptr);
    };
    auto weight = [&] {
      side.kernels->depthwise_weight(s, type, x.data, slope, g.data, gw.floats(), gb.floats(), space.floats(),
                                     nullptr);
    };
    forward(), data(), weight();
    report(side, "depthwise", text(s), name(type), difference(y.read(), c.y), allowed(type), 2 * image,
           forward);
    report(side, "depthwise data", text(s), name(type),
           max_of({difference(gx.read(), c.gx), 0.1 * difference(sums.read(), c.sums)}), allowed(type),
           3 * image, data);
    report(side, "depthwise weight", text(s), name(type),
           max_of({difference(gw.read(), c.gw), difference(gb.read(), c.gb)}), 1e-5, 2 * image, weight);
  }
}

// ---- rows

void rows(int64_t count, int64_t channels, Type type) {
  size_t n = static_cast<size_t>(count * channels), width = static_cast<size_t>(channels);
  Doubles x = normal(n, 1, type), g = normal(n, 1, type), activated(n), back(n), sum(n), back_sums(width, 0),
          sum_sums(width, 0), sums(width, 0);
  for (size_t i = 0; i < n; i++) {
    activated[i] = act(x[i]);
    back[i] = g[i] * (x[i] > 0 ? 1 : slope);
    sum[i] = x[i] + g[i];
    back_sums[i % width] += back[i], sum_sums[i % width] += sum[i], sums[i % width] += x[i];
  }
  Shape s = {1, count, 1, channels};
  std::string shape = std::to_string(count) + "x" + std::to_string(channels);
  double image = static_cast<double>(n) * bytes_of(type);
  for (const Side &side : sides()) {
    bool d = side.device;
    const vzk::Kernels &k = *side.kernels;
    Array a(type, x, d), inplace(type, x, d), gradient(type, g, d), out(type, n, d), out2(type, n, d);
    Array s1(Type::float32, width, d), s2(Type::float32, width, d), s3(Type::float32, width, d);
    Array space(Type::float32, static_cast<size_t>(vzk::workspace_floats(s)), d);
    auto activate = [&] { k.activate(count, channels, type, inplace.data, slope, nullptr); };
    auto activate_back = [&] {
      k.activate_back(count, channels, type, gradient.data, a.data, slope, out.data, s1.floats(),
                      space.floats(), nullptr);
    };
    auto add = [&] {
      k.add(count, channels, type, a.data, gradient.data, out2.data, s2.floats(), space.floats(), nullptr);
    };
    auto column_sums = [&] {
      k.column_sums(count, channels, type, a.data, s3.floats(), space.floats(), nullptr);
    };
    activate(), activate_back(), add(), column_sums();
    report(side, "activate", shape, name(type), difference(inplace.read(), activated), allowed(type),
           2 * image, activate);
    report(side, "activate back", shape, name(type),
           max_of({difference(out.read(), back), 0.1 * difference(s1.read(), back_sums)}), allowed(type),
           3 * image, activate_back);
    report(side, "add", shape, name(type),
           max_of({difference(out2.read(), sum), 0.1 * difference(s2.read(), sum_sums)}), allowed(type),
           3 * image, add);
    report(side, "column sums", shape, name(type), difference(s3.read(), sums), 1e-5, image, column_sums);
  }
}

// ---- latent

struct Rate {
  double bits, by_value, by_raw;
};

/// With the gradients that the bounds let through: those that lead back inside.
Rate rate(double value, double raw) {
  double free = raw * 8 + 16, level = std::min(std::max(free, 0.0), 63.0), ratio = std::log(64 / 0.11) / 63;
  double inverse = std::sqrt(0.5) / (0.11 * std::exp(ratio * level));
  double low = (std::fabs(value) - 0.5) * inverse, high = (std::fabs(value) + 0.5) * inverse;
  double p = 0.5 * (std::erfc(low) - std::erfc(high)), held = std::max(p, 1e-9),
         by_p = -1 / (held * std::log(2.0));
  double root = 1 / std::sqrt(std::acos(-1.0)), at_low = std::exp(-low * low),
         at_high = std::exp(-high * high);
  double by_value = by_p * -root * inverse * (at_low - at_high) * (value > 0 ? 1 : -1);
  double by_level = by_p * root * (at_low * low - at_high * high) * ratio;
  bool passes = (free >= 0 || by_level < 0) && (free <= 63 || by_level > 0);
  return {-std::log2(held), by_value, passes ? by_level * 8 : 0};
}

void latent(Shape s, bool with_change, bool dual = false) {
  int64_t m = s.channels, area = s.height * s.width;
  size_t n = static_cast<size_t>(s.positions() * m);
  const int64_t step = 12345;
  vzk::Noise noise = {99, 1, 7, &step};
  uint64_t key = vzk::noise_key(99, 1, step);
  Doubles v = normal(n, 3), prior = normal(2 * n, 1), change = normal(2 * n, 0.5), g = normal(n, 1),
          g_bits = normal(static_cast<size_t>(s.batch), 1);
  for (double &x : g_bits) x = std::fabs(x) + 0.1;
  Doubles decoded(n), bits(static_cast<size_t>(s.batch), 0), gv(n), gp(2 * n), gc(2 * n, 0), first(n);
  for (size_t e = 0; e < (only_times ? 0 : n); e++) {
    int64_t p = static_cast<int64_t>(e) / m, c = static_cast<int64_t>(e) % m, at = p % area, b = p / area;
    size_t i = static_cast<size_t>(p * 2 * m + c), j = i + static_cast<size_t>(m);
    bool odd = ((at / s.width + at % s.width + (dual && c >= m / 2)) & 1) != 0, changes = odd && with_change;
    // Sums as the kernels round them: what they round to integers is then the same.
    float mean = static_cast<float>(prior[i]) + (changes ? static_cast<float>(change[i]) : 0.0f);
    float raw = static_cast<float>(prior[j]) + (changes ? static_cast<float>(change[j]) : 0.0f);
    decoded[e] = std::nearbyint(static_cast<float>(v[e]) - mean) + static_cast<double>(mean);
    float u = vzk::noise(key, static_cast<uint64_t>(((b + 7) * m + c) * area + at));
    Rate r = rate(static_cast<float>(v[e]) - mean + u, raw);
    first[e] = odd ? 0 : std::nearbyint(static_cast<float>(v[e]) - static_cast<float>(prior[i])) + prior[i];
    bits[static_cast<size_t>(b)] += r.bits;
    double slope_x = r.by_value * g_bits[static_cast<size_t>(b)],
           slope_raw = r.by_raw * g_bits[static_cast<size_t>(b)];
    gv[e] = g[e] + slope_x, gp[i] = -slope_x, gp[j] = slope_raw;
    if (changes) gc[i] = -slope_x, gc[j] = slope_raw;
  }
  double image = static_cast<double>(n) * 4;
  for (const Side &side : sides()) {
    bool d = side.device;
    const vzk::Kernels &k = *side.kernels;
    Array av(Type::float32, v, d), ap(Type::float32, prior, d), ac(Type::float32, change, d),
      ag(Type::float32, g, d), ab(Type::float32, g_bits, d), a_step(&step, 8, d);
    Array o1(Type::float32, n, d), o2(Type::float32, bits.size(), d), o3(Type::float32, n, d),
      o4(Type::float32, 2 * n, d), o5(Type::float32, 2 * n, d), o6(Type::float32, n, d),
      space(Type::float32, static_cast<size_t>(vzk::workspace_floats(s)), d);
    vzk::Noise there = noise;
    there.step = static_cast<const int64_t *>(a_step.data);
    const float *changed = with_change ? ac.floats() : nullptr;
    auto forward = [&] {
      k.latent(s, dual, av.floats(), ap.floats(), changed, there, o1.floats(), o2.floats(), space.floats(),
               nullptr);
    };
    auto back = [&] {
      k.latent_back(s, dual, av.floats(), ap.floats(), changed, there, ag.floats(), ab.floats(), o3.floats(),
                    o4.floats(), with_change ? o5.floats() : nullptr, nullptr);
    };
    auto pass = [&] { k.first_pass(s, dual, av.floats(), ap.floats(), o6.floats(), nullptr); };
    forward(), back(), pass();
    report(side, with_change ? "latent, changed" : "latent", text(s), "f32",
           max_of({difference(o1.read(), decoded), difference(o2.read(), bits)}), 1e-5,
           (with_change ? 6 : 4) * image, forward);
    report(side, with_change ? "latent back, changed" : "latent back", text(s), "f32",
           max_of({difference(o3.read(), gv), difference(o4.read(), gp),
                   with_change ? difference(o5.read(), gc) : 0}),
           2e-3, (with_change ? 11 : 7) * image, back);
    report(side, "first pass", text(s), "f32", difference(o6.read(), first), 1e-6, 3 * image, pass);
  }
}

// ---- crops

double keys(double t) {
  t = std::fabs(t);
  return t < 1 ? 1.5 * t * t * t - 2.5 * t * t + 1 : t < 2 ? -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2 : 0;
}

void crops(int64_t count, int64_t size, bool plain) {
  const int64_t width = 3 * size + 5, height = 3 * size + 1;
  std::vector<uint8_t> picture(static_cast<size_t>(width * height * 3));
  for (uint8_t &p : picture) p = static_cast<uint8_t>(random_bits() % 256);
  std::vector<vzk::CropRecord> records(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) {
    float step = plain ? 1.0f : 1 + 1.5f * static_cast<float>(i) / static_cast<float>(count);
    float room = static_cast<float>(width - 5) - static_cast<float>(size) * step;
    float x = std::floor(room * 0.7f), y = std::floor(room * 0.4f);
    records[static_cast<size_t>(i)] = {0,    plain ? x : x + 0.3f,        y,
                                       step, static_cast<int32_t>(i % 8), {0, 0, 0}};
  }
  Doubles expected;
  expected.reserve(static_cast<size_t>(count * size * size * 3));
  for (const auto &r : records) {
    if (only_times) break;
    for (int a = 0; a < size; a++)
      for (int b = 0; b < size; b++) {
        int i, j;
        vzk::crop_place(r.flips, static_cast<int>(size), a, b, &i, &j);
        double cx = r.x + (i + 0.5) * r.step - 0.5, cy = r.y + (j + 0.5) * r.step - 0.5, sums[3] = {0, 0, 0},
               total = 0;
        for (int64_t v = static_cast<int64_t>(cy) - 8; v <= cy + 8; v++)
          for (int64_t u = static_cast<int64_t>(cx) - 8; u <= cx + 8; u++) {
            double w =
              keys((static_cast<double>(v) - cy) / r.step) * keys((static_cast<double>(u) - cx) / r.step);
            int64_t row = std::min(std::max<int64_t>(v, 0), height - 1),
                    column = std::min(std::max<int64_t>(u, 0), width - 1);
            for (int64_t k = 0; k < 3; k++)
              sums[k] += w * picture[static_cast<size_t>((row * width + column) * 3 + k)];
            total += w;
          }
        for (double sum : sums)
          expected.push_back((std::floor(std::min(std::max(sum / total, 0.0), 255.0) + 0.5) - 128) / 128);
      }
  }
  for (const Side &side : sides()) {
    bool d = side.device;
    Array pixels(picture.data(), picture.size(), d),
      list(records.data(), records.size() * sizeof records[0], d);
    vzk::CropImage image = {reinterpret_cast<uint64_t>(pixels.data), width, height};
    Array images(&image, sizeof image, d),
      out(Type::float32, static_cast<size_t>(count * size * size * 3), d);
    auto cut = [&] {
      side.kernels->crops(static_cast<const vzk::CropImage *>(images.data),
                          static_cast<const vzk::CropRecord *>(list.data), count, size, out.floats(),
                          nullptr);
    };
    cut();
    // A value just between two integers may be rounded either way.
    report(side, plain ? "crops, step 1" : "crops", std::to_string(count) + "x" + std::to_string(size), "u8",
           difference(out.read(), expected), plain ? 0 : 1e-3, static_cast<double>(count * size * size) * 12,
           cut);
  }
}

// ---- steps

void adam(size_t n, bool bad) {
  Doubles p = normal(n, 1), g = normal(n, 50), m = normal(n, 0.1), v = normal(n, 0.1), e = normal(n, 1);
  for (double &x : v) x = x * x;
  if (bad) g[n / 2] = INFINITY;
  Doubles control = {1e-3, 0.9, 0.99, 2, 65536}, state = {64, 5, -1, -1, 3, 2};
  double squares = 0;
  for (double x : g) squares += x * x;
  double norm = std::sqrt(squares) / 64, factor = bad ? 0 : std::min(1.0, 2 / norm) / 64;
  Doubles expected_state = bad ? Doubles{32, 0, 0, norm, 4, 3} : Doubles{64, 6, factor, norm, 3, 0};
  Doubles ep = p, em = m, ev = v, ee = e;
  if (!bad) {
    for (size_t i = 0; i < n; i++) {
      double x = g[i] * factor;
      em[i] = 0.9 * m[i] + 0.1 * x, ev[i] = 0.999 * v[i] + 0.001 * x * x;
      ep[i] = p[i] - 1e-3 * em[i] / (std::sqrt(ev[i]) / 0.9 + 1e-8);
      ee[i] = e[i] + 0.01 * (ep[i] - e[i]);
    }
  }
  for (const Side &side : sides()) {
    bool d = side.device;
    Array ap(Type::float32, p, d), ag(Type::float32, g, d), am(Type::float32, m, d), av(Type::float32, v, d),
      ae(Type::float32, e, d);
    Array c(Type::float32, control, d), s(Type::float32, state, d), space(Type::float32, 1024, d);
    int64_t count = static_cast<int64_t>(n);
    auto judge = [&] {
      side.kernels->judge(ag.floats(), count, c.floats(), s.floats(), space.floats(), nullptr);
    };
    auto step = [&] {
      side.kernels->adam({ap.floats(), ag.floats(), am.floats(), av.floats(), ae.floats(), count}, 0.9, 0.999,
                         1e-8, c.floats(), s.floats(), nullptr);
    };
    judge();
    Doubles judged = s.read();
    double state_error = 0;
    for (size_t i = 0; !only_times && i < judged.size(); i++) {
      double x = judged[i], y = expected_state[i];
      if (x != y) state_error = max_of({state_error, std::fabs(x - y) / std::max(std::fabs(y), 1e-9)});
    }
    if (bad && judged[3] - judged[3] != 0) state_error = 0; // an infinite norm stays one
    step();
    Doubles cleared = ag.read();
    double left = 0;
    for (double x : cleared)
      if (!only_times) left = max_of({left, std::fabs(x)});
    double error = max_of({difference(ap.read(), ep), difference(am.read(), em), difference(av.read(), ev),
                           difference(ae.read(), ee), left});
    report(side, bad ? "judge, bad step" : "judge", std::to_string(n), "f32", state_error, 1e-5,
           static_cast<double>(n) * 4, judge);
    report(side, bad ? "adam, bad step" : "adam", std::to_string(n), "f32", error, bad ? 1e-7 : 1e-6,
           static_cast<double>(n) * 40, step);
  }
}

} // namespace

void check::kernels() {
  const Type types[] = {Type::float32, Type::bfloat16, Type::float16};
  heading("kernel");
  for (Type type : types) {
    for (Shape s : {Shape{2, 5, 7, 24}, Shape{1, 1, 1, 8}, Shape{3, 18, 9, 72}}) depthwise(s, type);
    rows(1, 8, type);
    rows(333, 200, type);
  }
  latent({3, 5, 7, 24}, true);
  latent({3, 5, 7, 24}, true, true);
  latent({3, 5, 7, 24}, false);
  latent({2, 1, 1, 8}, false);
  crops(8, 20, false);
  crops(8, 20, true);
  adam(1003, false);
  adam(1003, true);
#ifdef VZK_GPU
  depthwise({4, 32, 32, 192}, Type::float16);
  latent({4, 16, 16, 320}, true);
  only_times = true;
  heading("kernel, only its time");
  for (Type type : {Type::float16, Type::bfloat16, Type::float32}) {
    for (Shape s : {Shape{64, 32, 32, 192}, Shape{64, 32, 32, 256}, Shape{64, 16, 16, 320}})
      depthwise(s, type);
    rows(65536, 192, type);
    rows(65536, 384, type);
  }
  latent({64, 16, 16, 320}, true);
  crops(64, 256, false);
  adam(4000000, false);
#endif
}
