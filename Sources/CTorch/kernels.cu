// The trainer's kernels in CUDA (sm_80 and later); kernels.h says what each computes, kernels_cpu.cpp
// is the same in plain C++. All are bound by memory: what counts is how often an element is read.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <type_traits>

#include "elements.h"
#include "kernels.h"

namespace vzk {
namespace {

// ---- four elements at a time

constexpr int V = 4;        // channels of a thread: 8 bytes of 16-bit elements, 16 of float32
constexpr int lanes = 16;   // threads along the channels: 64 channels a block
constexpr int workers = 16; // threads along tiles or rows
constexpr int strip = 4;    // columns of a depthwise tile

struct Four {
  float v[V];
};

__device__ __forceinline__ Four load4(const float *p) {
  float4 a = *reinterpret_cast<const float4 *>(p);
  return {{a.x, a.y, a.z, a.w}};
}
__device__ __forceinline__ Four load4(const __half *p) {
  uint2 raw = *reinterpret_cast<const uint2 *>(p);
  float2 a = __half22float2(*reinterpret_cast<__half2 *>(&raw.x));
  float2 b = __half22float2(*reinterpret_cast<__half2 *>(&raw.y));
  return {{a.x, a.y, b.x, b.y}};
}
__device__ __forceinline__ Four load4(const __nv_bfloat16 *p) {
  uint2 raw = *reinterpret_cast<const uint2 *>(p);
  return {{__uint_as_float(raw.x << 16), __uint_as_float(raw.x & 0xFFFF0000u), __uint_as_float(raw.y << 16),
           __uint_as_float(raw.y & 0xFFFF0000u)}};
}
__device__ __forceinline__ void store4(float *p, const Four &f) {
  *reinterpret_cast<float4 *>(p) = make_float4(f.v[0], f.v[1], f.v[2], f.v[3]);
}
__device__ __forceinline__ void store4(__half *p, const Four &f) {
  __half2 a = __floats2half2_rn(f.v[0], f.v[1]), b = __floats2half2_rn(f.v[2], f.v[3]);
  *reinterpret_cast<uint2 *>(p) =
    make_uint2(*reinterpret_cast<unsigned *>(&a), *reinterpret_cast<unsigned *>(&b));
}
__device__ __forceinline__ void store4(__nv_bfloat16 *p, const Four &f) {
  __nv_bfloat162 a = __floats2bfloat162_rn(f.v[0], f.v[1]), b = __floats2bfloat162_rn(f.v[2], f.v[3]);
  *reinterpret_cast<uint2 *>(p) =
    make_uint2(*reinterpret_cast<unsigned *>(&a), *reinterpret_cast<unsigned *>(&b));
}
__device__ __forceinline__ Four zero4() { return {{0, 0, 0, 0}}; }

// ---- sums

/// Adds `sum` over a block's workers; the first worker of each lane writes it to partial[channel + i].
__device__ __forceinline__ void block_sum(const Four &sum, float *partial, int channel, int channels) {
  __shared__ float4 shared[workers][lanes];
  __syncthreads();
  shared[threadIdx.y][threadIdx.x] = make_float4(sum.v[0], sum.v[1], sum.v[2], sum.v[3]);
  __syncthreads();
  if (threadIdx.y == 0 && channel < channels) {
    Four total = zero4();
    for (int worker = 0; worker < workers; worker++) {
      float4 a = shared[worker][threadIdx.x];
      total.v[0] += a.x, total.v[1] += a.y, total.v[2] += a.z, total.v[3] += a.w;
    }
    store4(partial + channel, total);
  }
}

constexpr int finish_rows = 16;

/// out[map(i)] = Σ over n rows of partial[row][i], i < m. With `channels`, i is tap · channels + c and
/// goes to weight[c][tap] for nine taps, then to bias[c].
__global__ void finish_sums(const float *partial, int n, int m, int channels, float *out, float *bias) {
  __shared__ float shared[finish_rows][33];
  int i = blockIdx.x * 32 + threadIdx.x;
  float sum = 0;
  if (i < m) {
#pragma unroll 4
    for (int row = threadIdx.y; row < n; row += finish_rows)
      sum += partial[static_cast<int64_t>(row) * m + i];
  }
  shared[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || i >= m) return;
  sum = 0;
  for (int row = 0; row < finish_rows; row++) sum += shared[row][threadIdx.x];
  if (channels == 0) {
    out[i] = sum;
  } else if (i < 9 * channels) {
    out[i % channels * 9 + i / channels] = sum;
  } else {
    bias[i - 9 * channels] = sum;
  }
}

void finish(const float *partial, int64_t n, int64_t m, int64_t channels, float *out, float *bias,
            cudaStream_t stream) {
  finish_sums<<<static_cast<unsigned>((m + 31) / 32), dim3(32, finish_rows), 0, stream>>>(
    partial, static_cast<int>(n), static_cast<int>(m), static_cast<int>(channels), out, bias);
}

// ---- depthwise convolution

/// How an image is cut into tiles of `rows` × `strip` positions; a thread walks down one of them.
struct Tiles {
  int height, width, channels, rows, down, across;
  int64_t count;

  explicit Tiles(const Shape &s) {
    height = static_cast<int>(s.height), width = static_cast<int>(s.width),
    channels = static_cast<int>(s.channels);
    across = (width + strip - 1) / strip;
    // Tall tiles read fewer rows twice; short ones keep every multiprocessor busy.
    rows = 16;
    while (rows > 2 && threads(s) < 150000) rows /= 2;
    down = (height + rows - 1) / rows;
    count = s.batch * down * across;
  }
  int64_t threads(const Shape &s) const {
    return s.batch * ((s.height + rows - 1) / rows) * across * (s.channels / V);
  }
  dim3 grid() const {
    return dim3(static_cast<unsigned>((count + workers - 1) / workers),
                static_cast<unsigned>((channels + lanes * V - 1) / (lanes * V)));
  }
  int64_t blocks() const { return (count + workers - 1) / workers; }
};

/// Where a thread's tile is.
struct Place {
  bool live;
  int channel, x, y0, y1;
  int64_t image; // the element of its image's first position, at its channel

  __device__ Place(const Tiles &t) {
    channel = (blockIdx.y * lanes + threadIdx.x) * V;
    int64_t tile = static_cast<int64_t>(blockIdx.x) * workers + threadIdx.y;
    live = channel < t.channels && tile < t.count;
    x = static_cast<int>(tile % t.across) * strip;
    int64_t rest = tile / t.across;
    y0 = static_cast<int>(rest % t.down) * t.rows;
    y1 = min(y0 + t.rows, t.height);
    image = rest / t.down * t.height * t.width * t.channels + channel;
  }
};

/// A row of `count` columns from `x`; zero outside.
template <int count, typename T>
__device__ __forceinline__ void load_row(const Tiles &t, const Place &p, const T *data, int y, int x,
                                         Four row[count]) {
  bool inside = y >= 0 && y < t.height;
#pragma unroll
  for (int i = 0; i < count; i++) {
    int column = x + i;
    row[i] = inside && column >= 0 && column < t.width
               ? load4(data + p.image + (static_cast<int64_t>(y) * t.width + column) * t.channels)
               : zero4();
  }
}

/// The convolution, or (`back`) its transpose times the activation's derivative at `pre`.
template <bool back, typename T>
__global__ void __launch_bounds__(lanes *workers, 2)
  depthwise_kernel(Tiles t, const T *x, const float *weight, const float *bias, const T *pre, float slope,
                   T *out, float *partial) {
  Place p(t);
  Four sum = zero4();
  if (p.live) {
    float w[9][V], start[V];
#pragma unroll
    for (int i = 0; i < V; i++) {
      start[i] = !back && bias ? bias[p.channel + i] : 0.0f;
#pragma unroll
      for (int k = 0; k < 9; k++) w[k][i] = weight[(p.channel + i) * 9 + (back ? 8 - k : k)];
    }
    // The sums of the rows above, at, and below the row that is read.
    Four above[strip], at[strip], below[strip];
#pragma unroll
    for (int o = 0; o < strip; o++)
#pragma unroll
      for (int i = 0; i < V; i++) above[o].v[i] = at[o].v[i] = below[o].v[i] = start[i];
#pragma unroll 1
    for (int y = p.y0 - 1; y <= p.y1; y++) {
      Four row[strip + 2];
      load_row<strip + 2>(t, p, x, y, p.x - 1, row);
#pragma unroll
      for (int j = 0; j < strip + 2; j++) {
#pragma unroll
        for (int i = 0; i < V; i++) {
          float value = back ? row[j].v[i] : act(row[j].v[i], slope);
#pragma unroll
          for (int o = 0; o < strip; o++) {
            int kx = j - o;
            if (kx < 0 || kx > 2) continue;
            above[o].v[i] += w[6 + kx][i] * value;
            at[o].v[i] += w[3 + kx][i] * value;
            below[o].v[i] += w[kx][i] * value;
          }
        }
      }
      int done = y - 1;
      if (done >= p.y0) {
#pragma unroll
        for (int o = 0; o < strip; o++) {
          if (p.x + o >= t.width) continue;
          int64_t place = p.image + (static_cast<int64_t>(done) * t.width + p.x + o) * t.channels;
          if (back) {
            Four before = load4(pre + place);
#pragma unroll
            for (int i = 0; i < V; i++) {
              above[o].v[i] *= act_gradient(before.v[i], slope);
              sum.v[i] += above[o].v[i];
            }
          }
          store4(out + place, above[o]);
        }
      }
#pragma unroll
      for (int o = 0; o < strip; o++) {
        above[o] = at[o];
        at[o] = below[o];
#pragma unroll
        for (int i = 0; i < V; i++) below[o].v[i] = start[i];
      }
    }
  }
  if (back && partial)
    block_sum(sum, partial + static_cast<int64_t>(blockIdx.x) * t.channels, p.channel, t.channels);
}

/// Partial sums of the gradients of nine weights and a bias: partial[block][10][channels].
template <typename T>
__global__ void __launch_bounds__(lanes *workers, 2)
  depthwise_weight_kernel(Tiles t, const T *x, float slope, const T *gradient, float *partial) {
  Place p(t);
  Four sums[10];
#pragma unroll
  for (int k = 0; k < 10; k++) sums[k] = zero4();
  if (p.live) {
    // Gradients of the rows above, at, and below the row of x that is read; zero outside the tile.
    Four above[strip], at[strip], below[strip];
#pragma unroll
    for (int o = 0; o < strip; o++) above[o] = at[o] = zero4();
#pragma unroll 1
    for (int y = p.y0 - 1; y <= p.y1; y++) {
      load_row<strip>(t, p, gradient, y + 1 < p.y1 ? y + 1 : -1, p.x, below);
      Four row[strip + 2];
      load_row<strip + 2>(t, p, x, y, p.x - 1, row);
#pragma unroll
      for (int j = 0; j < strip + 2; j++) {
#pragma unroll
        for (int i = 0; i < V; i++) {
          float value = act(row[j].v[i], slope);
#pragma unroll
          for (int o = 0; o < strip; o++) {
            int kx = j - o;
            if (kx < 0 || kx > 2) continue;
            sums[kx].v[i] += below[o].v[i] * value;
            sums[3 + kx].v[i] += at[o].v[i] * value;
            sums[6 + kx].v[i] += above[o].v[i] * value;
          }
        }
      }
#pragma unroll
      for (int o = 0; o < strip; o++) {
#pragma unroll
        for (int i = 0; i < V; i++) sums[9].v[i] += below[o].v[i];
        above[o] = at[o];
        at[o] = below[o];
      }
    }
  }
  float *mine = partial + static_cast<int64_t>(blockIdx.x) * 10 * t.channels;
#pragma unroll
  for (int k = 0; k < 10; k++) block_sum(sums[k], mine + k * t.channels, p.channel, t.channels);
}

// ---- over [rows, channels]

enum Map { map_act, map_act_back, map_add, map_none };

struct Grid {
  int64_t rows;
  int channels;
  dim3 grid;
  Grid(int64_t rows, int64_t channels) : rows(rows), channels(static_cast<int>(channels)) {
    int64_t groups = (channels + lanes * V - 1) / (lanes * V);
    int64_t blocks =
      std::min<int64_t>((rows + workers * 4 - 1) / (workers * 4), std::max<int64_t>(1, 1056 / groups));
    grid = dim3(static_cast<unsigned>(std::max<int64_t>(1, blocks)), static_cast<unsigned>(groups));
  }
};

template <Map map, typename T>
__global__ void __launch_bounds__(lanes *workers)
  map_kernel(int64_t rows, int channels, const T *a, const T *b, float slope, T *out, float *partial) {
  int channel = (blockIdx.y * lanes + threadIdx.x) * V;
  Four sum = zero4();
  if (channel < channels) {
    int64_t stride = static_cast<int64_t>(gridDim.x) * workers;
#pragma unroll 4
    for (int64_t row = static_cast<int64_t>(blockIdx.x) * workers + threadIdx.y; row < rows; row += stride) {
      int64_t place = row * channels + channel;
      Four x = load4(a + place);
      if (map == map_act) {
#pragma unroll
        for (int i = 0; i < V; i++) x.v[i] = act(x.v[i], slope);
      }
      if (map == map_act_back || map == map_add) {
        Four y = load4(b + place);
#pragma unroll
        for (int i = 0; i < V; i++) {
          x.v[i] = map == map_add ? x.v[i] + y.v[i] : x.v[i] * act_gradient(y.v[i], slope);
        }
      }
#pragma unroll
      for (int i = 0; i < V; i++) sum.v[i] += x.v[i];
      if (map != map_none) store4(out + place, x);
    }
  }
  if (partial) block_sum(sum, partial + static_cast<int64_t>(blockIdx.x) * channels, channel, channels);
}

// ---- latent and crops

__global__ void crops_kernel(const CropImage *images, const CropRecord *records, int size, float *out) {
  int b = blockIdx.x * blockDim.x + threadIdx.x, a = blockIdx.y, crop = blockIdx.z;
  if (b >= size) return;
  CropRecord r = records[crop];
  CropImage image = images[r.image];
  int i, j;
  float rgb[3];
  crop_place(r.flips, size, a, b, &i, &j);
  crop_pixel(reinterpret_cast<const uint8_t *>(image.address), static_cast<int>(image.width),
             static_cast<int>(image.height), r.x, r.y, r.step, i, j, rgb);
  float *to = out + ((static_cast<int64_t>(crop) * size + a) * size + b) * 3;
  for (int k = 0; k < 3; k++) to[k] = (rgb[k] - 128) * (1.0f / 128);
}

struct LatentShape {
  int height, width, channels;
  bool dual;
  /// Whether the first pass codes the element.
  __device__ bool is_first(int position, int c) const {
    return ((position / width + position % width + (dual && c >= channels / 2)) & 1) == 0;
  }
};

__global__ void first_pass_kernel(LatentShape s, const float *v, const float *prior, float *out) {
  int area = s.height * s.width, e = blockIdx.x * blockDim.x + threadIdx.x;
  if (e >= area * s.channels) return;
  int position = e / s.channels, c = e % s.channels;
  int64_t at = static_cast<int64_t>(blockIdx.y) * area * s.channels + e;
  int64_t i = (static_cast<int64_t>(blockIdx.y) * area + position) * 2 * s.channels + c;
  float mean = prior[i];
  out[at] = s.is_first(position, c) ? rintf(v[at] - mean) + mean : 0.0f;
}

/// One element of the latent.
struct LatentElement {
  bool changes;
  int64_t at, prior;
  float mean, raw, noise;

  __device__ LatentElement(const LatentShape &s, const Noise &n, uint64_t key, int sample, int e,
                           const float *priors, const float *change) {
    int area = s.height * s.width, position = e / s.channels, c = e % s.channels;
    changes = change && !s.is_first(position, c);
    at = static_cast<int64_t>(sample) * area * s.channels + e;
    prior = (static_cast<int64_t>(sample) * area + position) * 2 * s.channels + c;
    mean = priors[prior] + (changes ? change[prior] : 0.0f);
    raw = priors[prior + s.channels] + (changes ? change[prior + s.channels] : 0.0f);
    noise =
      vzk::noise(key, (static_cast<uint64_t>(n.first_sample + sample) * s.channels + c) * area + position);
  }
};

constexpr int latent_threads = 256, latent_blocks = 32;

/// A sample a row of the grid; partial[block][batch].
__global__ void latent_kernel(LatentShape s, const float *v, const float *prior, const float *change, Noise n,
                              float *decoded, float *partial) {
  __shared__ float shared[latent_threads / 32];
  uint64_t key = noise_key(n.seed, n.stream, *n.step);
  float sum = 0;
  for (int e = blockIdx.x * latent_threads + threadIdx.x; e < s.height * s.width * s.channels;
       e += gridDim.x * latent_threads) {
    LatentElement l(s, n, key, blockIdx.y, e, prior, change);
    float x = v[l.at] - l.mean;
    decoded[l.at] = rintf(x) + l.mean;
    sum += rate_bits(x + l.noise, l.raw);
  }
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(~0u, sum, offset);
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int warp = 1; warp < latent_threads / 32; warp++) sum += shared[warp];
  partial[static_cast<int64_t>(blockIdx.x) * gridDim.y + blockIdx.y] = sum;
}

__global__ void latent_back_kernel(LatentShape s, const float *v, const float *prior, const float *change,
                                   Noise n, const float *g_decoded, const float *g_bits, float *g_v,
                                   float *g_prior, float *g_change) {
  int e = blockIdx.x * latent_threads + threadIdx.x;
  if (e >= s.height * s.width * s.channels) return;
  LatentElement l(s, n, noise_key(n.seed, n.stream, *n.step), blockIdx.y, e, prior, change);
  RateTerms terms = rate_terms(v[l.at] - l.mean + l.noise, l.raw);
  float g = g_bits[blockIdx.y], by_value = terms.by_value * g, by_raw = terms.by_raw * g;
  g_v[l.at] = g_decoded[l.at] + by_value;
  g_prior[l.prior] = -by_value;
  g_prior[l.prior + s.channels] = by_raw;
  if (!g_change) return;
  g_change[l.prior] = l.changes ? -by_value : 0.0f;
  g_change[l.prior + s.channels] = l.changes ? by_raw : 0.0f;
}

// ---- steps

constexpr int judge_blocks = 264, judge_threads = 256;

__device__ float block_total(float sum) {
  __shared__ float shared[32];
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(~0u, sum, offset);
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = sum;
  __syncthreads();
  sum = threadIdx.x < blockDim.x / 32 ? shared[threadIdx.x] : 0;
  if (threadIdx.x < 32)
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(~0u, sum, offset);
  return sum;
}

__global__ void squares_kernel(const float *g, int64_t count, float *partial) {
  float sum = 0;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * judge_threads + threadIdx.x; i < count;
       i += judge_blocks * judge_threads) {
    sum += g[i] * g[i];
  }
  sum = block_total(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

__global__ void judge_kernel(const float *partial, const float *control, float *state) {
  float sum = 0;
  for (int i = threadIdx.x; i < judge_blocks; i += judge_threads) sum += partial[i];
  sum = block_total(sum);
  if (threadIdx.x == 0) judge_sum(sum, control[control_max_norm], control[control_max_scale], state);
}

__global__ void adam_kernel(AdamVectors a, AdamRates r, const float *control, const float *state) {
  int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= a.count) return;
  float factor = state[state_factor], g = a.gradients[i] * factor;
  a.gradients[i] = 0;
  if (factor == 0) return;
  float m = a.mean[i] * r.beta1 + g * r.rest1;
  float v = a.square[i] * r.beta2 + g * g * r.rest2;
  float p = a.values[i] - control[control_rate] * m / (sqrtf(v) / control[control_root] + r.epsilon);
  a.mean[i] = m;
  a.square[i] = v;
  a.values[i] = p;
  a.average[i] += (1 - control[control_decay]) * (p - a.average[i]);
}

// ---- launches

cudaStream_t on(void *stream) { return static_cast<cudaStream_t>(stream); }
dim3 block() { return dim3(lanes, workers); }

/// Calls f(a null pointer of the element's C++ type).
template <typename F>
void with_type(Type type, F f) {
  switch (type) {
  case Type::float32: return f(static_cast<float *>(nullptr));
  case Type::bfloat16: return f(static_cast<__nv_bfloat16 *>(nullptr));
  case Type::float16: return f(static_cast<__half *>(nullptr));
  }
}
#define ELEMENT(kind) std::remove_pointer_t<decltype(kind)>

void depthwise(Shape s, Type type, const void *x, float slope, const float *w, const float *bias, void *y,
               void *stream) {
  Tiles t(s);
  with_type(type, [&](auto kind) {
    using T = ELEMENT(kind);
    depthwise_kernel<false, T><<<t.grid(), block(), 0, on(stream)>>>(
      t, static_cast<const T *>(x), w, bias, nullptr, slope, static_cast<T *>(y), nullptr);
  });
}

void depthwise_data(Shape s, Type type, const void *g, const float *w, const void *x, float slope, void *out,
                    float *sums, float *workspace, void *stream) {
  Tiles t(s);
  with_type(type, [&](auto kind) {
    using T = ELEMENT(kind);
    depthwise_kernel<true, T><<<t.grid(), block(), 0, on(stream)>>>(
      t, static_cast<const T *>(g), w, nullptr, static_cast<const T *>(x), slope, static_cast<T *>(out),
      sums ? workspace : nullptr);
  });
  if (sums) finish(workspace, t.blocks(), s.channels, 0, sums, nullptr, on(stream));
}

void depthwise_weight(Shape s, Type type, const void *x, float slope, const void *g, float *gw, float *gb,
                      float *workspace, void *stream) {
  Tiles t(s);
  with_type(type, [&](auto kind) {
    using T = ELEMENT(kind);
    depthwise_weight_kernel<T><<<t.grid(), block(), 0, on(stream)>>>(t, static_cast<const T *>(x), slope,
                                                                     static_cast<const T *>(g), workspace);
  });
  finish(workspace, t.blocks(), 10 * s.channels, s.channels, gw, gb, on(stream));
}

template <Map map>
void mapped(int64_t rows, int64_t channels, Type type, const void *a, const void *b, float slope, void *out,
            float *sums, float *workspace, void *stream) {
  Grid g(rows, channels);
  with_type(type, [&](auto kind) {
    using T = ELEMENT(kind);
    map_kernel<map, T><<<g.grid, block(), 0, on(stream)>>>(rows, g.channels, static_cast<const T *>(a),
                                                           static_cast<const T *>(b), slope,
                                                           static_cast<T *>(out), sums ? workspace : nullptr);
  });
  if (sums) finish(workspace, g.grid.x, channels, 0, sums, nullptr, on(stream));
}

void activate(int64_t rows, int64_t channels, Type t, void *x, float slope, void *stream) {
  mapped<map_act>(rows, channels, t, x, nullptr, slope, x, nullptr, nullptr, stream);
}
void activate_back(int64_t rows, int64_t channels, Type t, const void *g, const void *y, float slope,
                   void *out, float *sums, float *workspace, void *stream) {
  mapped<map_act_back>(rows, channels, t, g, y, slope, out, sums, workspace, stream);
}
void add(int64_t rows, int64_t channels, Type t, const void *a, const void *b, void *c, float *sums,
         float *workspace, void *stream) {
  mapped<map_add>(rows, channels, t, a, b, 1, c, sums, workspace, stream);
}
void column_sums(int64_t rows, int64_t channels, Type t, const void *x, float *sums, float *workspace,
                 void *stream) {
  mapped<map_none>(rows, channels, t, x, nullptr, 1, nullptr, sums, workspace, stream);
}

void crops(const CropImage *images, const CropRecord *records, int64_t count, int64_t size, float *out,
           void *stream) {
  dim3 grid(static_cast<unsigned>((size + 127) / 128), static_cast<unsigned>(size),
            static_cast<unsigned>(count));
  crops_kernel<<<grid, 128, 0, on(stream)>>>(images, records, static_cast<int>(size), out);
}

LatentShape latent_shape(const Shape &s, bool dual) {
  return {static_cast<int>(s.height), static_cast<int>(s.width), static_cast<int>(s.channels), dual};
}
unsigned latent_grid(const Shape &s) {
  return static_cast<unsigned>((s.height * s.width * s.channels + latent_threads - 1) / latent_threads);
}

void first_pass(Shape s, bool dual, const float *v, const float *prior, float *out, void *stream) {
  first_pass_kernel<<<dim3(latent_grid(s), static_cast<unsigned>(s.batch)), latent_threads, 0, on(stream)>>>(
    latent_shape(s, dual), v, prior, out);
}
void latent(Shape s, bool dual, const float *v, const float *prior, const float *change, Noise n,
            float *decoded, float *bits, float *workspace, void *stream) {
  unsigned blocks = std::min<unsigned>(latent_blocks, latent_grid(s));
  latent_kernel<<<dim3(blocks, static_cast<unsigned>(s.batch)), latent_threads, 0, on(stream)>>>(
    latent_shape(s, dual), v, prior, change, n, decoded, workspace);
  finish(workspace, blocks, s.batch, 0, bits, nullptr, on(stream));
}
void latent_back(Shape s, bool dual, const float *v, const float *prior, const float *change, Noise n,
                 const float *g_decoded, const float *g_bits, float *g_v, float *g_prior, float *g_change,
                 void *stream) {
  latent_back_kernel<<<dim3(latent_grid(s), static_cast<unsigned>(s.batch)), latent_threads, 0, on(stream)>>>(
    latent_shape(s, dual), v, prior, change, n, g_decoded, g_bits, g_v, g_prior, g_change);
}

void judge(const float *g, int64_t count, const float *control, float *state, float *workspace,
           void *stream) {
  squares_kernel<<<judge_blocks, judge_threads, 0, on(stream)>>>(g, count, workspace);
  judge_kernel<<<1, judge_threads, 0, on(stream)>>>(workspace, control, state);
}
void adam(AdamVectors a, double beta1, double beta2, double epsilon, const float *control, const float *state,
          void *stream) {
  adam_kernel<<<static_cast<unsigned>((a.count + 255) / 256), 256, 0, on(stream)>>>(
    a, AdamRates(beta1, beta2, epsilon), control, state);
}

const char *error() {
  cudaError_t code = cudaGetLastError();
  return code == cudaSuccess ? nullptr : cudaGetErrorString(code);
}

const Kernels table = {
  depthwise, depthwise_data, depthwise_weight, activate,    activate_back, add,  column_sums,
  crops,     first_pass,     latent,           latent_back, judge,         adam, error,
};

} // namespace

const Kernels *cuda() { return &table; }

} // namespace vzk
