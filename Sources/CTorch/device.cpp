#include "device.h"

#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>

#if defined(VZT_CUDA_BUILD) && __has_include(<ATen/cuda/CUDAGraph.h>)
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#define VZT_STREAMS 1
#endif

#if TORCH_VERSION_MAJOR >= 2
#include <torch/csrc/autograd/profiler_kineto.h>
#define VZT_PROFILER 1
#endif

namespace vzt {

void set_tf32(bool allowed) {
  at::globalContext().setAllowTF32CuBLAS(allowed);
  at::globalContext().setAllowTF32CuDNN(allowed);
}

#ifdef VZT_STREAMS

namespace {
void checked(cudaError_t error) { TORCH_CHECK(error == cudaSuccess, "CUDA: ", cudaGetErrorString(error)); }
} // namespace

void use_own_stream(at::Device device) {
  if (device.is_cuda()) {
    // The new stream doesn't wait for what the old one still has to do.
    synchronize(device);
    c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool(/*isHighPriority=*/true, device.index()));
  }
}
void synchronize(at::Device device) {
  if (device.is_cuda()) checked(cudaDeviceSynchronize());
}
int64_t peak_memory(at::Device device) {
  if (!device.is_cuda()) return 0;
  return c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).allocated_bytes[0].peak;
}

struct Staging::Slot {
  Tensor host;
  cudaEvent_t done = nullptr;
  bool used = false;
};

Staging::Staging(int64_t bytes, at::Device device) {
  tensor = at::zeros({bytes}, at::TensorOptions(at::kByte).device(device));
  if (!device.is_cuda()) return;
  for (int i = 0; i < 4; i++) {
    auto slot = std::make_unique<Slot>();
    slot->host = at::zeros({bytes}, at::TensorOptions(at::kByte).pinned_memory(true));
    checked(cudaEventCreateWithFlags(&slot->done, cudaEventDisableTiming));
    slots.push_back(std::move(slot));
  }
}
Staging::~Staging() {
  for (auto &slot : slots) cudaEventDestroy(slot->done);
}
void Staging::fill(const void *data, int64_t bytes) {
  TORCH_CHECK(bytes <= tensor.numel(), "staging: ", bytes, " bytes do not fit");
  if (slots.empty()) {
    std::memcpy(tensor.data_ptr(), data, static_cast<size_t>(bytes));
    return;
  }
  Slot &slot = *slots[next];
  next = (next + 1) % slots.size();
  if (slot.used) checked(cudaEventSynchronize(slot.done));
  std::memcpy(slot.host.data_ptr(), data, static_cast<size_t>(bytes));
  cudaStream_t stream = c10::cuda::getCurrentCUDAStream(tensor.device().index()).stream();
  checked(cudaMemcpyAsync(tensor.data_ptr(), slot.host.data_ptr(), static_cast<size_t>(bytes),
                          cudaMemcpyHostToDevice, stream));
  checked(cudaEventRecord(slot.done, stream));
  slot.used = true;
}

struct Graph::Implementation {
  at::cuda::CUDAGraph graph;
};
Graph::Graph(at::Device device) {
  TORCH_CHECK(device.is_cuda(), "only CUDA devices have graphs");
  implementation = std::make_unique<Implementation>();
}
// Thread-local: other threads may go on loading pictures while a step is recorded.
void Graph::begin() { implementation->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal); }
void Graph::end() { implementation->graph.capture_end(); }
void Graph::replay() { implementation->graph.replay(); }

#else

void use_own_stream(at::Device) {}
void synchronize(at::Device) {}
int64_t peak_memory(at::Device) { return 0; }

struct Staging::Slot {};
Staging::Staging(int64_t bytes, at::Device device) {
  tensor = at::zeros({bytes}, at::TensorOptions(at::kByte).device(device));
}
Staging::~Staging() {}
void Staging::fill(const void *data, int64_t bytes) {
  TORCH_CHECK(bytes <= tensor.numel(), "staging: ", bytes, " bytes do not fit");
  TORCH_CHECK(tensor.is_cpu(), "the shim was built without CUDA");
  std::memcpy(tensor.data_ptr(), data, static_cast<size_t>(bytes));
}

struct Graph::Implementation {};
Graph::Graph(at::Device) { TORCH_CHECK(false, "the shim was built without CUDA"); }
void Graph::begin() {}
void Graph::end() {}
void Graph::replay() {}

#endif
Graph::~Graph() {}

#ifdef VZT_PROFILER

namespace {
namespace profiler = torch::autograd::profiler;
using torch::profiler::impl::ActivityType;
std::chrono::steady_clock::time_point profile_start;

struct Row {
  std::string name;
  int64_t calls = 0;
  double milliseconds = 0;
};

double milliseconds_of(const profiler::KinetoEvent &event) {
#if TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR >= 204
  return static_cast<double>(event.durationNs()) * 1e-6;
#else
  return static_cast<double>(event.durationUs()) * 1e-3;
#endif
}
} // namespace

void begin_profile(at::Device device) {
  std::set<ActivityType> activities = {ActivityType::CPU};
  if (device.is_cuda()) activities.insert(ActivityType::CUDA);
  torch::profiler::impl::ProfilerConfig config(torch::profiler::impl::ProfilerState::KINETO);
  profiler::prepareProfiler(config, activities);
  synchronize(device);
  profiler::enableProfiler(config, activities);
  profile_start = std::chrono::steady_clock::now();
}

std::string end_profile(at::Device device, int steps) {
  synchronize(device);
  double wall =
    std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - profile_start).count();
  auto result = profiler::disableProfiler();
  std::map<std::string, Row> by_name;
  double total = 0;
  for (const auto &event : result->events()) {
    if ((event.deviceType() != c10::DeviceType::CPU) != device.is_cuda()) continue;
    Row &row = by_name[event.name()];
    row.name = event.name();
    row.calls += 1;
    row.milliseconds += milliseconds_of(event);
    total += milliseconds_of(event);
  }
  std::vector<Row> rows;
  int64_t calls = 0;
  for (auto &entry : by_name) {
    rows.push_back(entry.second);
    calls += entry.second.calls;
  }
  std::sort(rows.begin(), rows.end(),
            [](const Row &a, const Row &b) { return a.milliseconds > b.milliseconds; });
  char line[256];
  std::snprintf(line, sizeof line, "%d steps: %.2f ms a step, %.2f ms of it in %.0f kernels\n", steps,
                wall / steps, total / steps, static_cast<double>(calls) / steps);
  std::string text = line;
  text += "  ms/step      %   calls  us/call  name\n";
  for (size_t i = 0; i < rows.size() && i < 40; i++) {
    const Row &r = rows[i];
    std::snprintf(line, sizeof line, "%9.3f %6.1f %7.1f %8.1f  %.110s\n", r.milliseconds / steps,
                  100 * r.milliseconds / std::max(total, 1e-9), static_cast<double>(r.calls) / steps,
                  1000 * r.milliseconds / static_cast<double>(r.calls), r.name.c_str());
    text += line;
  }
  return text;
}

#else

void begin_profile(at::Device) {}
std::string end_profile(at::Device, int) { return "this libtorch is too old to profile\n"; }

#endif

} // namespace vzt
