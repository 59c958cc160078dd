import TandemBytes
import TandemCheckpoints
import TandemTensors
import Testing

/// The files under `samples`, which a script of another language writes.
@Suite struct GGUFSampleTests {
  /// A file, or of a folder the first file.
  struct Sample: CustomTestStringConvertible {
    let name: String
    let path: String

    var testDescription: String { name }

    static func all(in folder: String) -> [Sample] {
      let root = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
      let folder = "/\(root)/samples/\(folder)"
      let names = (try? Paths.names(in: folder)) ?? []
      return names.map { name in
        let path = "\(folder)/\(name)"
        let first = (try? Paths.names(in: path))?.first
        return Sample(name: name, path: first.map { "\(path)/\($0)" } ?? path)
      }
    }
  }

  @Test(arguments: Sample.all(in: "good/gguf"))
  func `a good sample has no finding`(sample: Sample) throws {
    let reading = try GGUFReader.read(path: sample.path, isLenient: false)
    #expect(reading.findings.all.map(\.description) == [])
    let checkpoint = try reading.get()
    for tensor in checkpoint.tensors {
      #expect(tensor.shape.byteCount(of: tensor.type) == tensor.byteCount)
    }
  }

  @Test(arguments: Sample.all(in: "hostile/gguf"))
  func `a hostile sample has the finding that it is named after, and none that is worse`(
    sample: Sample
  ) throws {
    let findings = try GGUFReader.read(path: sample.path, isLenient: false).findings
    let worst = Set(findings.all.filter { $0.severity == findings.worstSeverity }.map(\.code))
    #expect(worst == [String(sample.name.prefix(5))], "\(findings.all.map(\.description))")
  }

  @Test func `there are samples`() {
    #expect(Sample.all(in: "good/gguf").count >= 20)
    #expect(Sample.all(in: "hostile/gguf").count >= 150)
  }
}
