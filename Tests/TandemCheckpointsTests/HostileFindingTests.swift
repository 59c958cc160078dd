import Foundation
import TandemBytes
import TandemCheckpoints
import Testing

/// What is found on each hostile sample, word for word: `samples/hostile/findings` has a page for
/// each folder. `UPDATE=1 swift test --filter HostileFinding` writes them.
@Suite struct HostileFindingTests {
  @Test(arguments: ["npy", "npz", "onnx", "pytorch", "files"])
  func `every finding on a hostile sample is the one that is written down`(folder: String) throws {
    let samples = CheckpointSample.all(in: "hostile/\(folder)")
    let root = Paths.folder(try #require(samples.first).path)
    var page = ""
    for sample in samples.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      let isFolder = try FileStatus(path: sample.path).kind == .folder
      let path = isFolder ? sample.path + "/model.onnx" : sample.path
      let findings = try CheckpointReading.read(path: path, isLenient: false).findings
      page += "\(sample.name)\n"
      for finding in findings.all {
        var finding = finding
        finding.file = ""
        page += "  \(finding.severity)\(finding)\n"
      }
    }
    // A message may name a file that a model refers to.
    page = page.replacing("\(root)/", with: "")
    let file = URL(filePath: "\(root)/../findings/\(folder).txt")
    if ProcessInfo.processInfo.environment["UPDATE"] != nil {
      try page.write(to: file, atomically: true, encoding: .utf8)
    }
    let written = try String(contentsOf: file, encoding: .utf8)
    #expect(page.split(separator: "\n") == written.split(separator: "\n"))
  }
}
