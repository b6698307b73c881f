// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser",
  condition: .when(traits: ["CommandLineTool"]))

/// The library's floors, from the lowest to the highest: a module each, a folder of Sources/VAEZip.
/// A floor imports what lies below it and nothing above. The compiler refuses circles, and .ci/floors any
/// import of a floor that does not lie below by what is declared here.
let floors: [Target] = [
  // Threads, checksums, exact logarithms, the choice of an instruction set.
  .target(name: "VAEZipSupport", dependencies: ["CKernels", "CXXHash"], path: "Sources/VAEZip/Support"),
  // Pictures in memory, and their files: PNG, JPEG, PPM.
  .target(
    name: "VAEZipImage", dependencies: ["CJPEGShim", "CPNGShim", "VAEZipSupport"],
    path: "Sources/VAEZip/Image"),
  // PSNR, PSNR-HVS-M, MS-SSIM, SSIMULACRA2, Butteraugli, BD-rate.
  .target(
    name: "VAEZipMetrics", dependencies: ["VAEZipImage", "VAEZipSupport"], path: "Sources/VAEZip/Metrics"),
  // The .vz file: header, chunks, tile index.
  .target(
    name: "VAEZipContainer", dependencies: ["CZstd", "VAEZipImage", "VAEZipSupport"],
    path: "Sources/VAEZip/Container", resources: [.embedInCode("Profiles/known-profiles.bin")]),
  // Symbols in zstd frames.
  .target(
    name: "VAEZipEntropy", dependencies: ["CZstd", "VAEZipSupport"], path: "Sources/VAEZip/Entropy"),
  // The model file: network description, weights, integer layers.
  .target(
    name: "VAEZipModel", dependencies: ["VAEZipEntropy", "VAEZipSupport"],
    path: "Sources/VAEZip/Model"),
  // The networks at work, row by row.
  .target(
    name: "VAEZipInference",
    dependencies: [
      "CKernels", .target(name: "CModel", condition: .when(traits: ["BuiltInModel"])),
      "VAEZipImage", "VAEZipModel",
    ], path: "Sources/VAEZip/Inference"),
  // From latents to symbols and back, tile by tile; what an encoder chooses.
  .target(
    name: "VAEZipLatents", dependencies: ["VAEZipContainer", "VAEZipInference"],
    path: "Sources/VAEZip/Latents"),
  // Opacity, without loss.
  .target(
    name: "VAEZipAlpha", dependencies: ["CZstd", "VAEZipLatents"], path: "Sources/VAEZip/Alpha"),
  // Blocks of color, without loss.
  .target(name: "VAEZipExact", dependencies: ["VAEZipAlpha"], path: "Sources/VAEZip/Exact"),
  // The encoder and the decoder: what `import VAEZip` brings.
  .target(name: "VAEZip", dependencies: ["VAEZipExact", "VAEZipMetrics"], path: "Sources/VAEZip/Codec"),
  // Rate and distortion of pictures.
  .target(
    name: "VAEZipEvaluation", dependencies: ["VAEZip", "VAEZipMetrics"],
    path: "Sources/VAEZip/Evaluation",
    resources: [
      .embedInCode("Page/page.css"), .embedInCode("Page/page.html"), .embedInCode("Page/page.js"),
    ]),
  // Latents and rates of pictures and files, for those who analyze them.
  .target(name: "VAEZipFeatures", dependencies: ["VAEZip"], path: "Sources/VAEZip/Features"),
  // How far rates are from those of normal pictures.
  .target(name: "VAEZipAnomaly", dependencies: ["VAEZipFeatures"], path: "Sources/VAEZip/Anomaly"),
  // What pictures look like from afar, and an index of it.
  .target(name: "VAEZipSimilarity", dependencies: ["VAEZipFeatures"], path: "Sources/VAEZip/Similarity"),
  // Pictures that a model invents.
  .target(
    name: "VAEZipGeneration", dependencies: ["VAEZipFeatures"], path: "Sources/VAEZip/Generation"),
]

let package = Package(
  name: "vaezip",
  products: [
    .library(name: "VAEZip", targets: ["VAEZip"]),
    .library(
      name: "VAEZipFeatures",
      targets: ["VAEZipFeatures", "VAEZipAnomaly", "VAEZipGeneration", "VAEZipSimilarity"]),
    .executable(name: "vaezip", targets: ["vaezip"]),
  ],
  traits: [
    .trait(name: "BuiltInModel", description: "Embeds the weights of the model photo: 10 MB."),
    .trait(name: "CommandLineTool", description: "What the program vaezip needs beside the library."),
    .default(enabledTraits: ["BuiltInModel", "CommandLineTool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: floors + [
    // System libraries, found through pkg-config.
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    // The trainer's C interface to libtorch: a header alone. Its implementation, vztorch.cpp beside
    // it, is built apart (see Training.md in VAEZip.docc) and loaded at run time.
    .systemLibrary(name: "CTorch"),

    // The header of libvaezip.so, whose types its Swift side shares.
    .systemLibrary(name: "CVAEZip"),

    // libpng's longjmp stays inside this one. zlib has the CRC.
    .target(name: "CPNGShim", dependencies: ["CPNG"], linkerSettings: [.linkedLibrary("z")]),
    // libjpeg's longjmp stays inside this one.
    .target(name: "CJPEGShim", dependencies: ["CJPEG"]),
    // The bytes of the program's arguments.
    .target(name: "CProcess"),
    // The built-in models' weights, embedded.
    .target(
      name: "CModel",
      exclude: [
        "photo-1d495404b69cb42d.safetensors",
        "photo-469dbeb0c8d5f15f.safetensors", "photo-469dbeb0c8d5f15f.preview.safetensors",
      ]),
    // The integer kernels, one file per instruction set.
    .target(name: "CKernels"),

    // The trainer and the program.
    .target(name: "VAETrain", dependencies: ["VAEZip", "CTorch"], exclude: ["get-pictures"]),
    .executableTarget(
      name: "vaezip",
      dependencies: [
        "CJPEGShim", "CPNGShim", "CProcess", "CXXHash", "CZstd", "VAEZip", "VAEZipEvaluation",
        "VAEZipAnomaly", "VAEZipFeatures", "VAEZipGeneration", "VAEZipSimilarity", "VAETrain",
        argumentParser,
      ]),

    // The functions of libvaezip.so. Sources/CVAEZip/build makes the library of it.
    .target(
      name: "VAEZipCLibrary", dependencies: ["CVAEZip", "VAEZip", "VAEZipAnomaly", "VAEZipFeatures"],
      path: "Sources/CLibrary"),

    // Measures kernels, stages and programs; compares the kernels of all instruction sets.
    .executableTarget(
      name: "vaezip-bench", dependencies: ["CKernels", "VAEZip", "VAETrain", argumentParser]),

    // A second, plain decoder that follows Formats/ page by page and shares no code with the library:
    // for readers of the formats, and for tests.
    .target(name: "VAEZipReference", dependencies: ["CXXHash", "CZstd"]),

    // What the test targets share.
    .target(name: "TestSupport", dependencies: ["VAEZip"], path: "Tests/Support"),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "TestSupport"]),
    .testTarget(
      name: "VAEZipTests", dependencies: ["TestSupport", "VAEZipEvaluation", "VAEZipReference"]),
    .testTarget(
      name: "VAEZipFeaturesTests",
      dependencies: [
        "TestSupport", "VAEZipAnomaly", "VAEZipFeatures", "VAEZipGeneration", "VAEZipSimilarity",
      ]),
    .testTarget(name: "VAETrainTests", dependencies: ["VAETrain", "VAEZip"]),
    .testTarget(
      name: "CommandTests", dependencies: ["vaezip", "VAEZipEvaluation", "TestSupport"],
      exclude: ["report-checks.js"]),
  ],
  cLanguageStandard: .gnu17
)

// Swift 6 language mode comes with the tools version; warnings are errors in every target.
for target in package.targets where target.type != .system {
  target.swiftSettings = [.treatAllWarnings(as: .error)]
  target.cSettings = [.treatAllWarnings(as: .error)]
}
