// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "read-bundle",
  dependencies: [.package(name: "tandem", path: "../..")],
  targets: [
    .executableTarget(
      name: "ReadBundle", dependencies: [.product(name: "Tandem", package: "tandem")])
  ]
)
