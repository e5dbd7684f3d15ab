// swift-tools-version:6.0
import PackageDescription

// Set by the test script: our own code must compile without a warning, and numbers are computed as fast in
// tests as in use (unoptimized, vectors take a hundred times as long). Neither is on by default: a newer
// compiler's new warning should not keep anyone from building, and a package with unsafe flags cannot be
// another one's dependency.
let isDevelopment = Context.environment["FEDMED_STRICT"] != nil
let strict: [SwiftSetting] = isDevelopment ? [.unsafeFlags(["-warnings-as-errors"])] : []
let numeric: [SwiftSetting] =
  strict + (isDevelopment ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : [])

let cxxStrict: [CXXSetting] =
  isDevelopment ? [.unsafeFlags(["-Wall", "-Werror"], .when(configuration: .debug))] : []
let cNumeric: [CSetting] =
  isDevelopment ? [.unsafeFlags(["-O2", "-Wall", "-Werror"], .when(configuration: .debug))] : []

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let tools = [
  "fm-partition", "fm-extract", "fm-train-local", "fm-aggregate", "fm-compress", "fm-eval",
]

let libraries = [
  "FMBase", "FMNumerics", "FMLayers", "FMMethods", "FMArchive", "FMEncoder", "FMPartition",
  "FMMetrics", "FMReports", "FMPages", "FMPrivacy", "FMFederation",
]

/// A target that may import those that it names, and no other: the arrows of the drawing in
/// Sources/FedMed/README.md.
func library(
  _ name: String, _ targets: [String] = [], system: [String] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: (targets + system).map { .target(name: $0) }, exclude: exclude,
    swiftSettings: numeric)
}

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
    .target(name: "CProducts", cSettings: cNumeric),
    .target(
      name: "CDICOM", cxxSettings: cxxStrict,
      linkerSettings: ["gdcmMSFF", "gdcmDSED", "gdcmCommon"].map { .linkedLibrary($0) }),
    .target(
      name: "CNIfTI", exclude: ["znzlib.h"], cSettings: [.headerSearchPath(".")] + cNumeric,
      linkerSettings: ["niftiio", "znz", "z"].map { .linkedLibrary($0) }),
    .systemLibrary(name: "CUTF8Proc", providers: [.apt(["libutf8proc-dev"])]),
    library("FMBase", system: ["CNettle"]),
    library("FMNumerics", ["FMBase"], system: ["COpenBLAS", "CLanes", "CProducts"]),
    library("FMLayers", ["FMBase", "FMNumerics"], system: ["CLanes"]),
    library("FMMethods", ["FMBase", "FMNumerics", "FMLayers", "FMPrivacy"]),
    library("FMArchive", ["FMBase", "FMNumerics", "FMMethods"], system: ["CArchive"]),
    library(
      "FMEncoder", ["FMBase", "FMNumerics", "FMArchive"],
      system: ["CTurboJPEG", "CPNG", "CTIFF", "CUTF8Proc"]),
    library(
      "FMSeries", ["FMBase", "FMNumerics", "FMArchive", "FMEncoder", "FMPrivacy"],
      system: ["CDICOM", "CNIfTI"]),
    library("FMPartition", ["FMBase", "FMNumerics", "FMArchive"]),
    library("FMMetrics", ["FMBase", "FMNumerics"]),
    library("FMReports", ["FMBase", "FMNumerics", "FMMethods", "FMArchive", "FMMetrics"]),
    library("FMPages", ["FMBase", "FMMethods", "FMMetrics", "FMReports"]),
    library("FMPrivacy", ["FMBase"], system: ["CNettle"]),
    library(
      "FMFederation",
      ["FMBase", "FMNumerics", "FMMethods", "FMArchive", "FMPartition", "FMMetrics", "FMReports"],
      exclude: ["Rules/README.md"]),
    library("FedMed", libraries, exclude: ["README.md"]),
    .target(
      name: "FMCommand", dependencies: ["FedMed", "CUTF8Proc", argumentParser],
      swiftSettings: strict),
    .executableTarget(
      name: "fm-benchmark", dependencies: ["FedMed", "FMCommand"],
      path: "Tests/Benchmarks/fm-benchmark",
      swiftSettings: strict),
    .executableTarget(
      name: "fm-pixels", dependencies: ["FedMed", "FMSeries"], path: "Tests/Interop/fm-pixels",
      swiftSettings: strict),
    .testTarget(
      name: "FedMedTests", dependencies: libraries.map { .target(name: $0) },
      resources: [.copy("Golden")],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: ["FedMed", "FMSeries"] + tools.map { .target(name: $0) },
      exclude: ["Cases"],
      swiftSettings: strict),
  ]
    + tools.map { tool in
      // Only fm-extract links GDCM.
      .executableTarget(
        name: tool,
        dependencies: ["FedMed", "FMCommand", argumentParser]
          + (tool == "fm-extract" ? ["FMSeries"] : []), swiftSettings: strict)
    }
)
