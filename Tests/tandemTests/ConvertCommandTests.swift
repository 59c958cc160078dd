import TandemBytes
import TandemTestSupport
import Testing

/// What `tandem convert` says of a conversion that several runs do.
@Suite struct ConvertCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Converts a sample into shards, some tensors of which lose something in binary16.
  private func convert(_ arguments: String...) throws -> ToolRun {
    let words = [
      "convert", "\(Samples.folder)/good/huggingface/tiny-llama", "out/", "--to", "huggingface",
      "--dtype", "f16", "--shard-size", "16KB",
    ]
    return try ToolRun(words + arguments, in: folder.path)
  }

  private func values(of run: ToolRun) -> [String] {
    run.output.split(separator: "\n").map(String.init).filter { $0.hasPrefix("  values") }
  }

  @Test func `a run speaks of the values that it wrote itself`() throws {
    let parts = try [convert("--part", "1/2"), convert("--part", "2/2")]
    let join = try convert("--join")
    #expect((parts + [join]).map(\.exitCode) == [0, 0, 0], "\(parts[1].errors)\(join.errors)")
    #expect(
      (parts + [join]).map(values) == [
        ["  values   changed in 2 tensors of 20"], ["  values   changed in 4 tensors of 20"],
        ["  values   as the runs said that wrote the files"],
      ])
  }
}
