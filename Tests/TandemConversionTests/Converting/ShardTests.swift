import Glibc
import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct ShardTests {
  private let run: ConversionRun
  private let source: String
  private static let names = (1...4).map { "model-0000\($0)-of-00004.safetensors" }

  init() throws {
    run = try ConversionRun()
    source = try run.source(
      (0..<8).map { SourceTensor("t\($0)", floats: 25) }, metadata: #"{"k":"v"}"#)
  }

  private func inShards(_ options: inout ConversionOptions) { options.shardByteCount = 200 }

  private func identity(_ name: String) throws -> FileIdentity {
    try FileStatus(path: run.path("out/\(name)")).identity
  }

  private func names() throws -> [String] { try Paths.names(in: run.path("out")) }

  @Test func `shards hold what fits, and an index names them`() throws {
    let before = try run.checkpoint(source)
    let after = try run.convert(source, to: "out", inShards)
    #expect(after.contents == before.contents)
    #expect(try names() == Self.names + ["model.safetensors.index.json"])
    #expect(after.files.map(\.name) == Self.names)
    for file in after.files { #expect(file.file.byteCount - file.headerByteCount == 200) }
  }

  @Test func `a split GGUF is read as one model`() throws {
    let before = try run.checkpoint(source)
    let plan = try run.plan(source, to: "m.gguf", inShards)
    _ = try Converter(plan).write()
    let after = try run.checkpoint(run.path("m-00001-of-00004.gguf"))
    #expect(after.contents == before.contents)
    #expect(after.files.count == 4)
    let merged = try run.convert(after.path, to: "merged.gguf")
    #expect(merged.contents == before.contents)
    guard case .gguf(let metadata) = merged.metadata else { return }
    #expect(metadata.entries.map(\.key) == ["k"])
  }

  @Test func `a run that was cut off keeps whole shards and makes the others`() throws {
    let first = try run.plan(source, to: "out") {
      inShards(&$0)
      $0.part = .init(number: 1, count: 1)
    }
    // Ends after three shards: a folder has the name of the fourth.
    try Paths.createFolder(run.path("out/\(Self.names[3])"))
    #expect(throws: FileError.self) { try Converter(first).write() }
    #expect(try names().filter { $0.hasPrefix(".model.tandem-") }.count == 1)
    let kept = try identity(Self.names[0])
    var bytes = try contents(of: run.path("out/\(Self.names[1])"))
    bytes[bytes.count - 1] ^= 1
    try Paths.remove(run.path("out/\(Self.names[1])"))
    try run.folder.write(bytes, to: "out/\(Self.names[1])")
    rmdir(run.path("out/\(Self.names[3])"))
    let second = try run.plan(source, to: "out", inShards)
    let result = try Converter(second).write()
    #expect(result.kept == [Self.names[0], Self.names[2]])
    #expect(try identity(Self.names[0]) == kept)
    #expect(try names() == Self.names + ["model.safetensors.index.json"])
    let after = try run.checkpoint(run.path("out"))
    let before = try run.checkpoint(source)
    #expect(after.contents == before.contents)
  }

  @Test func `another conversion keeps nothing of one that was cut off`() throws {
    let part = try run.plan(source, to: "out") {
      inShards(&$0)
      $0.part = .init(number: 1, count: 2)
    }
    _ = try Converter(part).write()
    #expect(throws: FileError.self) {
      try run.plan(source, to: "out") {
        inShards(&$0)
        $0.renames = [NamePattern("t0=t")].compactMap(\.self)
      }
    }
  }

  @Test func `parts write their shares, and joining completes them`() throws {
    for number in [2, 1, 3] {
      let plan = try run.plan(source, to: "out") {
        inShards(&$0)
        $0.part = .init(number: number, count: 3)
      }
      _ = try Converter(plan).write()
    }
    #expect(try !names().contains("model.safetensors.index.json"))
    let whole = try run.plan(source, to: "out", inShards)
    let result = try Converter(whole).join()
    #expect(result.kept == Self.names)
    #expect(try names() == Self.names + ["model.safetensors.index.json"])
    #expect(try run.checkpoint(run.path("out")).contents == run.checkpoint(source).contents)
  }

  @Test func `joining names what is missing and writes no index`() throws {
    let part = try run.plan(source, to: "out") {
      inShards(&$0)
      $0.part = .init(number: 2, count: 2)
    }
    _ = try Converter(part).write()
    let result = try Converter(run.plan(source, to: "out", inShards)).join()
    #expect(result.findings.all.map(\.code) == ["CV012", "CV012"])
    #expect(
      result.findings.all.map { Paths.name($0.file) } == Array(Self.names.prefix(2)))
    #expect(try !names().contains("model.safetensors.index.json"))
  }

  @Test func `a tensor larger than a shard has one of its own`() throws {
    let plan = try run.plan(source, to: "out") { $0.shardByteCount = 60 }
    #expect(plan.files.count == 8)
    #expect(plan.findings.counts == ["CV008": 1, "CV016": 1])
  }

  @Test func `a folder with another model's shards is refused, or loses them`() throws {
    try run.convert(source, to: "out", inShards)
    #expect(throws: FileError.self) { try run.plan(source, to: "out") }
    let single = try run.convert(source, to: "out") { $0.isReplacing = true }
    #expect(try names() == ["model.safetensors"])
    #expect(throws: FileError.self) { try run.plan(source, to: "out", inShards) }
    let sharded = try run.convert(source, to: "out") {
      inShards(&$0)
      $0.isReplacing = true
    }
    #expect(try names() == Self.names + ["model.safetensors.index.json"])
    #expect(sharded.contents == single.contents)
    try run.convert(source, to: "out") {
      $0.shardByteCount = 400
      $0.isReplacing = true
    }
    let two = (1...2).map { "model-0000\($0)-of-00002.safetensors" }
    #expect(try names() == two + ["model.safetensors.index.json"])
  }

  @Test func `other files of a folder stay`() throws {
    try run.convert(source, to: "out", inShards)
    for name in ["README.md", "adapter.safetensors", "model-00009-of-00009.safetensors"] {
      try run.folder.write([1], to: "out/\(name)")
    }
    let plan = try run.plan(source, to: "out") { $0.isReplacing = true }
    _ = try Converter(plan).write()
    #expect(
      try names() == [
        "README.md", "adapter.safetensors", "model-00009-of-00009.safetensors",
        "model.safetensors",
      ])
  }
}
