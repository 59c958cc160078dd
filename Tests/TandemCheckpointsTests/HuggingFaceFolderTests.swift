import Glibc
import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct HuggingFaceFolderTests {
  @Test(arguments: HuggingFaceFlaw.shards + HuggingFaceFlaw.documents)
  func `a flaw is named with its file, what was found and what is allowed`(
    flaw: HuggingFaceFlaw
  ) throws {
    let folder = try TemporaryFolder()
    let reading = try flaw.folder.reading(in: folder)
    #expect(reading.messages(in: folder) == flaw.messages)
  }

  @Test func `shards are read in the order of their names, with the folder's other files`() throws {
    let folder = try TemporaryFolder()
    var model = ModelFolder.sharded
    for name in ["vocab.txt", "1_Pooling/notes.md", ".hidden", ".git/config", "a/b/deep.txt"] {
      model.files[name] = [1]
    }
    let reading = try model.reading(in: folder)
    #expect(
      reading.messages(in: folder) == [
        ".git: the entry is left out: it is hidden [HF007]",
        ".hidden: the entry is left out: it is hidden [HF007]",
        "a/b: the entry is left out: folders in folders are not looked into; what is made from the folder will not have it [HF009]",
      ])
    let checkpoint = try reading.get()
    #expect(checkpoint.format == .huggingFace)
    #expect(checkpoint.path == folder.path)
    #expect(checkpoint.files.map(\.name) == [ModelFolder.first, ModelFolder.second])
    #expect(checkpoint.tensors.map(\.name) == ["a", "b"])
    #expect(checkpoint.tensors.map(\.fileIndex) == [0, 1])
    #expect(
      checkpoint.documents.map(\.name) == [
        "1_Pooling/notes.md", "config.json", "model.safetensors.index.json", "vocab.txt",
      ])
  }

  @Test func `a lone file with any name is the model`() throws {
    let folder = try TemporaryFolder()
    var model = ModelFolder.single
    model.files["adapter.safetensors"] = model.files.removeValue(forKey: "model.safetensors")
    let checkpoint = try model.reading(in: folder).get()
    #expect(checkpoint.files.map(\.name) == ["adapter.safetensors"])
    #expect(checkpoint.tensors.map(\.name) == ["a", "b"])
  }

  @Test func `NaN in the configuration is for another rule`() throws {
    let folder = try TemporaryFolder()
    var model = ModelFolder.single
    model.files["config.json"] = Array("{\"a\":NaN,\"b\":-Infinity}".utf8)
    #expect(try model.reading(in: folder).messages(in: folder) == [])
  }

  @Test func `tokens that differ only in how a letter is composed are two keys`() throws {
    let folder = try TemporaryFolder()
    var model = ModelFolder.single
    model.files["vocab.json"] = Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8)
    #expect(try model.reading(in: folder).messages(in: folder) == [])
  }

  @Test func `a document over 256 MiB is left out, one of 256 MiB is not`() throws {
    let folder = try TemporaryFolder()
    _ = try ModelFolder.single.reading(in: folder)
    let path = try folder.write([], to: "log.txt")
    try #require(truncate(path, 256 << 20) == 0)
    let taken = try HuggingFaceReader.read(path: folder.path, isLenient: false)
    #expect(try taken.get().documents.map(\.name) == ["config.json", "log.txt"])
    try #require(truncate(path, (256 << 20) + 1) == 0)
    let left = try HuggingFaceReader.read(path: folder.path, isLenient: false)
    #expect(try left.get().documents.map(\.name) == ["config.json"])
    #expect(
      left.messages(in: folder) == [
        "log.txt: the file is left out: it has 268435457 bytes, at most 268435456 are taken; what is made from the folder will not have it [HF009]"
      ])
  }

  @Test func `what is no file, or has no name in UTF-8, is left out and named`() throws {
    let folder = try TemporaryFolder()
    var model = ModelFolder.single
    model.links = ["self": ".", "loop": "loop", "nowhere": "missing.txt", "config": "1_Pooling"]
    model.files["1_Pooling/config.json"] = Array("{}".utf8)
    mkfifo("\(folder.path)/pipe", 0o644)
    let latin: [CChar] =
      "\(folder.path)/".utf8.map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xE9), 0]
    close(open(latin, O_WRONLY | O_CREAT, 0o644))
    defer { unlink(latin) }
    let reading = try model.reading(in: folder)
    let made = "what is made from the folder will not have it [HF009]"
    let link = "it is a symbolic link; where it leads,"
    #expect(
      reading.messages(in: folder) == [
        "config: the entry is left out: it is a link to a folder that is read already [HF007]",
        "loop: the entry is left out: \(link) its symbolic links form a loop; \(made)",
        "nowhere: the entry is left out: \(link) there is no such file or folder; \(made)",
        "pipe: the entry is left out: it is a pipe; \(made)",
        "self: the entry is left out: it is a link to the folder itself or out of it [HF007]",
        "\u{FFFD}: the entry is left out: its name is not UTF-8; \(made)",
      ])
    #expect(try reading.get().documents.map(\.name) == ["1_Pooling/config.json", "config.json"])
  }

  @Test func `a pipe in the place of a tokenizer is an error`() throws {
    let folder = try TemporaryFolder()
    _ = try ModelFolder.single.reading(in: folder)
    mkfifo("\(folder.path)/tokenizer.json", 0o644)
    let reading = try HuggingFaceReader.read(path: folder.path, isLenient: false)
    #expect(reading.findings.counts == ["HF008": 1] && reading.checkpoint == nil)
  }

  @Test func `hard links to one file are one file`() throws {
    let folder = try TemporaryFolder()
    var model = ModelFolder.sharded
    model.files[ModelFolder.second] = nil
    model.files[ModelFolder.first] = SafetensorsBytes.good.bytes
    try folder.write([], to: ModelFolder.first)
    link("\(folder.path)/\(ModelFolder.first)", "\(folder.path)/\(ModelFolder.second)")
    #expect(try model.reading(in: folder).findings.counts == ["SH007": 1])
  }

  @Test func `shards whose names differ only in case are two`() throws {
    let folder = try TemporaryFolder()
    var model = ModelFolder()
    model.files["config.json"] = Array("{}".utf8)
    model.files["m.safetensors"] = ModelFolder.shard("a", [1])
    model.files["M.safetensors"] = ModelFolder.shard("b", [1])
    model.files[ModelFolder.index] = Array(
      #"{"weight_map":{"a":"m.safetensors","b":"M.safetensors"}}"#.utf8)
    #expect(try model.reading(in: folder).get().tensors.map(\.name) == ["b", "a"])
  }

  @Test func `an index of any bytes is read or refused`() throws {
    let folder = try TemporaryFolder()
    var model = ModelFolder.sharded
    _ = try model.reading(in: folder)
    let good = try #require(model.files[ModelFolder.index])
    model = ModelFolder()
    for index in good.indices {
      for byte: UInt8 in [0, 0x22, 0x2F, good[index] ^ 1, good[index] ^ 0x80] {
        var bytes = good
        bytes[index] = byte
        model.files = [ModelFolder.index: bytes]
        let reading = try model.reading(in: folder)
        #expect((reading.checkpoint == nil) == reading.findings.hasErrors)
      }
      model.files = [ModelFolder.index: Array(good[..<index])]
      #expect(try model.reading(in: folder).checkpoint == nil)
    }
  }
}
