import TandemBytes
import TandemTestSupport
import Testing

@testable import TandemConversion

@Suite struct PackLimitTests {
  /// What stands against packing a good folder to which files were added.
  private func codes(adding names: [String]) throws -> [String] {
    let good = ConversionSample.root + "/good/huggingface/tiny-llama"
    let folder = try TemporaryFolder()
    for name in try Paths.names(in: good) {
      try folder.write(contents(of: "\(good)/\(name)"), to: name)
    }
    for name in names { try folder.write(Array("text of \(name)".utf8), to: name) }
    return try Packer(path: folder.path, Packer.Options()).findings.all.map(\.code)
  }

  @Test func `a name that not every system can write is refused`() throws {
    #expect(try codes(adding: ["a:b.txt"]) == ["PK001"])
  }

  @Test func `more documents than a bundle can hold are refused`() throws {
    #expect(try codes(adding: (0..<4100).map { "\($0).txt" }) == ["PK002"])
  }
}
