// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]

/// Of every library: each use of an unsafe construct says so, and `.ci/lint` allows the word in two targets only.
let librarySettings = swiftSettings + [.strictMemorySafety()]

/// The released tool needs no library of the machine that it is copied to, and starts sooner: nothing is loaded or
/// relocated. The system's libraries stand before the objects, which only LLVM's linker allows.
let releasedToolSettings: [LinkerSetting] = [
  .unsafeFlags(["-static-executable", "-use-ld=lld"], .when(configuration: .release))
]

/// A layer of the product. Imports point down the list of targets only.
func layer(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: librarySettings)
}

func tests(of name: String, _ dependencies: Target.Dependency...) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies,
    swiftSettings: swiftSettings)
}

let package = Package(
  name: "tandem",
  products: [
    .executable(name: "tandem", targets: ["tandem"]),
    .library(name: "Tandem", targets: ["TandemBundles", "TandemTensors", "TandemBytes"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    .systemLibrary(name: "CJSON", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLinux"),
    .target(name: "CTandem"),
    layer(
      "TandemBytes", "CLinux", "CLZ4", "CTandem", "CZlib",
      .product(name: "Crypto", package: "swift-crypto")),
    .target(
      name: "TandemJSON", dependencies: ["CJSON", "TandemBytes"], swiftSettings: swiftSettings),
    layer("TandemTensors", "TandemBytes"),
    layer("TandemKernels", "CTandem", "TandemBytes", "TandemTensors"),
    layer("TandemCheckpoints", "TandemBytes", "TandemJSON", "TandemTensors"),
    layer(
      "TandemModels", "TandemBytes", "TandemJSON", "TandemTensors", "TandemKernels",
      "TandemCheckpoints"),
    layer("TandemBundles", "TandemBytes", "TandemJSON", "TandemTensors"),
    layer(
      "TandemTokenizers", "TandemBundles", "TandemBytes", "TandemCheckpoints", "TandemJSON",
      "TandemModels", "TandemTensors"),
    layer(
      "TandemEngine", "TandemBundles", "TandemBytes", "TandemKernels", "TandemModels",
      "TandemTensors", "TandemTokenizers"),
    layer(
      "TandemConversion", "TandemBundles", "TandemBytes", "TandemCheckpoints", "TandemJSON",
      "TandemKernels", "TandemModels", "TandemTensors", "TandemTokenizers"),
    layer(
      "TandemReports", "TandemBundles", "TandemBytes", "TandemCheckpoints", "TandemConversion",
      "TandemEngine", "TandemJSON", "TandemKernels", "TandemModels", "TandemTensors",
      "TandemTokenizers"),
    .executableTarget(
      name: "tandem",
      dependencies: [
        "TandemBundles", "TandemBytes", "TandemCheckpoints", "TandemConversion", "TandemEngine",
        "TandemJSON", "TandemKernels", "TandemModels", "TandemReports", "TandemTensors",
        "TandemTokenizers",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings, linkerSettings: releasedToolSettings),
    .target(
      name: "TandemTestSupport", dependencies: ["TandemBytes"], path: "Tests/TandemTestSupport",
      swiftSettings: swiftSettings),
    tests(of: "TandemBytes", "TandemTestSupport"),
    tests(of: "TandemJSON", "TandemBytes"),
    tests(of: "TandemKernels", "CTandem", "TandemBytes", "TandemTensors"),
    tests(of: "TandemCheckpoints", "TandemBytes", "TandemTensors", "TandemTestSupport"),
    tests(
      of: "TandemModels", "TandemBytes", "TandemCheckpoints", "TandemJSON", "TandemKernels",
      "TandemTensors", "TandemTestSupport"),
    tests(of: "TandemTokenizers", "TandemBytes", "TandemCheckpoints", "TandemModels"),
    tests(of: "TandemBundles", "TandemBytes", "TandemTensors", "TandemTestSupport"),
    tests(
      of: "TandemConversion", "TandemBundles", "TandemBytes", "TandemCheckpoints", "TandemEngine",
      "TandemJSON", "TandemKernels", "TandemModels", "TandemTensors", "TandemTestSupport"),
    tests(of: "TandemReports", "TandemBytes", "TandemModels", "TandemTensors"),
    tests(
      of: "TandemEngine", "TandemBundles", "TandemBytes", "TandemConversion", "TandemKernels",
      "TandemTestSupport", "TandemTokenizers"),
    .testTarget(
      name: "tandemTests",
      dependencies: ["tandem", "TandemBytes", "TandemJSON", "TandemTestSupport"],
      exclude: ["Snapshots"], swiftSettings: swiftSettings),
  ]
)

// The fuzz targets need libFuzzer's `main`, so they exist only for `.ci/fuzz`.
if Context.environment["FUZZ"] != nil {
  package.products.append(.library(name: "Fuzzing", type: .static, targets: ["Fuzzing"]))
  package.targets.append(
    .target(
      name: "Fuzzing",
      dependencies: [
        "CLinux", "TandemBundles", "TandemBytes", "TandemCheckpoints", "TandemJSON",
        "TandemModels", "TandemTensors", "TandemTokenizers",
      ],
      path: "Tests/Fuzzing", swiftSettings: swiftSettings))
}
