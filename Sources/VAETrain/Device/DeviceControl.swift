import CTorch
import Foundation

extension Torch {
  /// Which of the shim's own kernels compute.
  package enum KernelUse: Int32 {
    case stock = 0
    /// Those of CUDA, on CUDA tensors.
    case kernels = 1
    /// Also their C++ twins, on the CPU: for tests.
    case twins = 2
  }

  /// Whether the shim has its CUDA kernels.
  package var hasKernels: Bool { api.has_kernels() != 0 }

  package func use(_ kernels: KernelUse) { api.set_switch(Int32(VZT_KERNELS), kernels.rawValue) }

  /// Lets float32 matrices and convolutions be rounded to TF32 on a GPU.
  package func allowTF32(_ allowed: Bool) { api.set_switch(Int32(VZT_TF32), allowed ? 1 : 0) }

  /// This thread's work goes to a stream of its own from here on, as graphs need.
  package func takeOwnStream(_ device: Tensor.Device) { _ = api.own_stream(device.rawValue) }

  package func synchronize(_ device: Tensor.Device) { _ = api.synchronize(device.rawValue) }

  /// In bytes.
  package func peakMemory(_ device: Tensor.Device) -> Int { Int(api.peak_memory(device.rawValue)) }

  /// Runs `body`, which takes so many steps, and tells how long each of the device's kernels took.
  package func profile(_ device: Tensor.Device, steps: Int, _ body: () throws -> Void) throws -> String {
    _ = api.begin_profile(device.rawValue)
    let outcome = Result { try body() }
    let text = api.end_profile(device.rawValue, Int32(steps))
    defer { free(text) }
    try outcome.get()
    try check()
    return text.map { String(cString: $0) } ?? ""
  }
}
