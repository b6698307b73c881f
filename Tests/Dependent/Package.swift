// swift-tools-version: 6.2
import PackageDescription

// A package outside, as a stranger would write it: it brings its own pixels and its own model, so it asks for
// neither the weights of the built-in model nor the command line's dependencies.
let package = Package(
  name: "Dependent",
  dependencies: [
    .package(name: "vaezip", path: "../..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "Dependent", dependencies: [.product(name: "VAEZip", package: "vaezip")])
  ]
)

for target in package.targets { target.swiftSettings = [.treatAllWarnings(as: .error)] }
