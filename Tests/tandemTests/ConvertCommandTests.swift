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
        ["  values   changed in 2 tensors of 4"], ["  values   changed in 4 tensors of 16"],
        ["  values   as the runs said that wrote the files"],
      ])
  }

  @Test func `a tensor that has no name in the other convention can be left out`() throws {
    let model = "\(folder.path)/model"
    let source = "\(Samples.folder)/good/huggingface/tiny-llama"
    try Paths.createFolder(model)
    for name in try Paths.names(in: source) {
      var bytes = try contents(of: "\(source)/\(name)")
      if name == "model.safetensors" { bytes = renamed(bytes) }
      try folder.write(bytes, to: "model/\(name)")
    }
    let refused = try ToolRun(["convert", model, "x.gguf"], in: folder.path)
    #expect(refused.exitCode == 1)
    #expect(refused.output.contains("'zodel.norm.weight'"), "\(refused.output)")
    #expect(refused.output.contains("leave it out with --exclude"), "\(refused.output)")
    let run = try ToolRun(
      ["convert", model, "x.gguf", "--exclude", "zodel.*"], in: folder.path)
    // What is missing in its place is another matter.
    #expect(!run.output.contains("TR002") && !run.output.contains("CV005"), "\(run.output)")
  }

  /// A header in which one name has another first letter.
  private func renamed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let name = Array("\"model.norm.weight".utf8)
    let place = bytes.indices.first { bytes[$0...].starts(with: name) }
    if let place { bytes[place + 1] = UInt8(ascii: "z") }
    return bytes
  }
}
