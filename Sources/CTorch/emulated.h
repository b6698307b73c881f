#pragma once
// Runs kernels.cu on the CPU: a block's threads are fibers, which take turns at barriers and shuffles.
// `check` compiles kernels.cu with this instead of nvcc, its launches rewritten as Launch(...).run(...),
// so that indices, tails and reductions are checked on machines without a GPU. Races within a warp and
// the memory model are not.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <vector>

#undef __shared__
#define __shared__ static
#undef __launch_bounds__
#define __launch_bounds__(...)

namespace emulated {

inline dim3 thread_index, block_index, block_size, grid_size;

struct Fiber {
  ucontext_t context;
  std::vector<char> stack = std::vector<char>(128 << 10);
  bool finished, at_barrier;
  float offered;
};
inline std::vector<Fiber> fibers(1024);
inline ucontext_t scheduler;
inline unsigned current;
inline std::function<void()> body;

inline void pause(bool at_barrier) {
  Fiber &f = fibers[current];
  f.at_barrier = at_barrier;
  swapcontext(&f.context, &scheduler);
}

inline float shuffle_down(float value, int offset) {
  unsigned lane = current % 32, from = lane + static_cast<unsigned>(offset) < 32 ? current + offset : current;
  fibers[current].offered = value;
  pause(false); // higher lanes, which are read, go on only after this one has read
  return fibers[from].offered;
}

inline void enter() {
  body();
  fibers[current].finished = true;
}

inline void run_block() {
  unsigned threads = block_size.x * block_size.y * block_size.z;
  for (unsigned i = 0; i < threads; i++) {
    Fiber &f = fibers[i];
    f.finished = f.at_barrier = false;
    getcontext(&f.context);
    f.context.uc_stack.ss_sp = f.stack.data();
    f.context.uc_stack.ss_size = f.stack.size();
    f.context.uc_link = &scheduler;
    makecontext(&f.context, enter, 0);
  }
  for (bool any = true; any;) {
    any = false;
    bool moved = false;
    for (unsigned i = 0; i < threads; i++) {
      Fiber &f = fibers[i];
      if (f.finished) continue;
      any = true;
      if (f.at_barrier) continue;
      moved = true;
      current = i;
      thread_index = dim3(i % block_size.x, i / block_size.x % block_size.y, i / block_size.x / block_size.y);
      swapcontext(&scheduler, &f.context);
    }
    // All that are left wait at the barrier.
    if (!moved)
      for (unsigned i = 0; i < threads; i++) fibers[i].at_barrier = false;
  }
}

struct Launch {
  dim3 grid, block;
  Launch(dim3 grid, dim3 block, size_t, cudaStream_t) : grid(grid), block(block) {}
  void run(std::function<void()> kernel) {
    body = kernel;
    block_size = block;
    grid_size = grid;
    for (unsigned z = 0; z < grid.z; z++)
      for (unsigned y = 0; y < grid.y; y++)
        for (unsigned x = 0; x < grid.x; x++) {
          block_index = dim3(x, y, z);
          run_block();
        }
  }
};

inline float as_float(unsigned bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

} // namespace emulated

#define threadIdx emulated::thread_index
#define blockIdx emulated::block_index
#define blockDim emulated::block_size
#define gridDim emulated::grid_size
#define __syncthreads() emulated::pause(true)
#define __shfl_down_sync(mask, value, offset) emulated::shuffle_down(value, offset)
#define __uint_as_float(bits) emulated::as_float(bits)
#define cudaGetLastError() cudaSuccess
#define cudaGetErrorString(code) ""
using std::max;
using std::min;
