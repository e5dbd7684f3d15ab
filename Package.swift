// swift-tools-version:6.0
import PackageDescription

// Set by the test script: our own code must compile without a warning, and numbers are computed as fast in
// tests as in use (unoptimised, vectors take a hundred times as long). Neither is on by default: a newer
// compiler's new warning should not keep anyone from building, and a package with unsafe flags cannot be
// another one's dependency.
let isDevelopment = Context.environment["FEDMED_STRICT"] != nil
let strict: [SwiftSetting] = isDevelopment ? [.unsafeFlags(["-warnings-as-errors"])] : []
let numeric: [SwiftSetting] =
  strict + (isDevelopment ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : [])

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let tools = [
  "fm-partition", "fm-extract", "fm-train-local", "fm-aggregate", "fm-compress", "fm-eval",
]

let package = Package(
  name: "fedmedclip",
  products: [.library(name: "FedMed", targets: ["FedMed"])]
    + tools.map { .executable(name: $0, targets: [$0]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
    .systemLibrary(name: "CLanes"),
    .systemLibrary(name: "CUTF8Proc", providers: [.apt(["libutf8proc-dev"])]),
    .target(
      name: "FedMed",
      dependencies: [
        "CArchive", "COpenBLAS", "CNettle", "CTurboJPEG", "CPNG", "CTIFF", "CUTF8Proc", "CLanes",
      ],
      exclude: ["README.md", "Aggregation/README.md"], swiftSettings: numeric),
    .target(name: "FMCommand", dependencies: ["FedMed", argumentParser], swiftSettings: strict),
    .executableTarget(
      name: "fm-benchmark", dependencies: ["FedMed", "FMCommand"],
      path: "Tests/Benchmarks/fm-benchmark",
      swiftSettings: strict),
    .testTarget(
      name: "FedMedTests", dependencies: ["FedMed"], resources: [.copy("Golden")],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests", dependencies: ["FedMed"] + tools.map { .target(name: $0) },
      exclude: ["Cases"],
      swiftSettings: strict),
  ]
    + tools.map {
      .executableTarget(
        name: $0, dependencies: ["FedMed", "FMCommand", argumentParser], swiftSettings: strict)
    }
)
