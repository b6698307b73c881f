#pragma once
#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

// What belongs to the device rather than to tensors: streams, graphs, copies that nobody waits for,
// measurements. On the CPU each is the simplest thing that means the same.

namespace vzt {

using at::Tensor;

/// From here on this thread's work goes to a stream of its own, which graphs need.
void use_own_stream(at::Device);
void synchronize(at::Device);
/// Whether float32 matrices (and convolutions) may be rounded to TF32.
void set_tf32(bool allowed);
/// The most that was allocated, in bytes; 0 on the CPU.
int64_t peak_memory(at::Device);

/// Bytes that the host changes every step: one asynchronous copy from pinned memory. A few copies may
/// be under way at once; only where the device is that many steps behind is it waited for.
class Staging {
public:
  Staging(int64_t bytes, at::Device);
  ~Staging();
  void fill(const void *data, int64_t bytes);
  Tensor tensor; // uint8, on the device

private:
  struct Slot;
  std::vector<std::unique_ptr<Slot>> slots;
  size_t next = 0;
};

/// A step's kernels, recorded once and launched as one. CUDA only.
class Graph {
public:
  explicit Graph(at::Device);
  ~Graph();
  void begin();
  void end();
  void replay();

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

void begin_profile(at::Device);
/// A table of the device's kernels (without one, of libtorch's operations) by total time.
std::string end_profile(at::Device, int steps);

} // namespace vzt
