// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "vaezip",
  products: [
    .library(name: "VAEZip", targets: ["VAEZip"]),
    .executable(name: "vaezip", targets: ["vaezip"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    // System libraries, found through pkg-config.
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    // The trainer's C interface to libtorch: a header alone. Its implementation, vztorch.cpp beside
    // it, is built apart (see README) and loaded at run time. libturbojpeg is loaded likewise.
    .systemLibrary(name: "CTorch"),

    // libpng's longjmp stays inside this one.
    .target(name: "CPNGShim", dependencies: ["CPNG"]),
    // The built-in model's weights, embedded.
    .target(name: "CModel", exclude: ["photo.safetensors"]),
    // The integer kernels, one file per instruction set.
    .target(name: "CKernels"),

    // The codec, and the trainer beside it.
    .target(name: "VAEZip", dependencies: ["CPNGShim", "CZstd", "CXXHash", "CModel", "CKernels"]),
    .target(name: "VAETrain", dependencies: ["VAEZip", "CTorch"]),
    .executableTarget(
      name: "vaezip",
      dependencies: [
        "VAEZip", "VAETrain",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Measures kernels, stages and programs; compares the kernels of all instruction sets.
    .executableTarget(
      name: "vaezip-bench",
      dependencies: [
        "CKernels", "VAEZip", "VAETrain", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // What the test targets share.
    .target(name: "TestSupport", path: "Tests/Support"),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "TestSupport"]),
    .testTarget(name: "VAEZipTests", dependencies: ["VAEZip", "CZstd", "TestSupport"]),
    .testTarget(name: "VAETrainTests", dependencies: ["VAETrain", "VAEZip"]),
    .testTarget(name: "CommandTests", dependencies: ["vaezip", "VAEZip", "TestSupport"]),
  ],
  cLanguageStandard: .gnu17
)

// Swift 6 language mode comes with the tools version; warnings are errors in every target.
for target in package.targets where target.type != .system {
  target.swiftSettings = [.treatAllWarnings(as: .error)]
  target.cSettings = [.treatAllWarnings(as: .error)]
}
