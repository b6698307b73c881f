/// What can keep a training run from starting or going on.
package enum TrainError: Error, CustomStringConvertible {
  /// libtorch, or the shim over it, is not on this machine.
  case noTorch(tried: [String])
  /// There is no CUDA device to train on.
  case noCUDA
  /// The system makes no further threads.
  case noThreads(needed: Int)
  /// libtorch refused an operation; its own words.
  case torch(String)
  /// No usable image was found under the path.
  case noImages(path: String, cropSize: Int)
  /// A checkpoint or model can't be continued from.
  case checkpoint(path: String, reason: String)
  /// A file can't be read or written.
  case file(path: String, reason: String)
  /// The network that is asked for can't be made, or can't go on from the one that there is.
  case network(String)
  /// A variable of the environment that says which of several processes this is.
  case environment(name: String, expected: String, found: String)
  /// The loss stayed non-finite; training from here on would only spoil the weights.
  case diverged(step: Int)

  /// How to install what training needs: one line, the same in help, README and messages.
  package static let installation =
    "apt-get install g++ libtorch-dev libgloo-dev libopenblas0-openmp, "
    + "then Sources/CTorch/build libvztorch.so, and set VAEZIP_TORCH to that file's path"

  /// One line.
  package var description: String {
    switch self {
    case .noTorch(let tried):
      "training needs libtorch, which is not here (the codec does not): \(Self.installation) "
        + "(tried \(tried.joined(separator: "; ")))"
    case .noCUDA:
      "--cuda: libtorch finds no CUDA device; it needs an NVIDIA driver, and a shim that "
        + "CUDA=1 Sources/CTorch/build built against a PyTorch with CUDA"
    case .noThreads(let needed): "training needs \(needed) threads, and the system allows fewer (ulimit -u)"
    case .torch(let text): "libtorch: " + (text.split(separator: "\n").first.map(String.init) ?? text)
    case .noImages(let path, let cropSize):
      "\(path): no PNG or JPEG image of at least \(cropSize)×\(cropSize) pixels"
    case .checkpoint(let path, let reason), .file(let path, let reason): "\(path): \(reason)"
    case .network(let reason): reason
    case .environment(let name, let expected, let found):
      "the environment's \(name) should be \(expected), not \(found)"
    case .diverged(let step):
      "the loss is not finite since step \(step); lower --rate or resume from a checkpoint"
    }
  }
}
