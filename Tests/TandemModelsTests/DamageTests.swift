import TandemBytes
import TandemCheckpoints
import TandemJSON
import TandemTestSupport
import Testing

@testable import TandemModels

/// Damaged files: whatever comes of them, the process lives.
@Suite struct DamageTests {
  /// The bytes of a sample's file, damaged at each place in turn.
  private static func damaged(
    _ name: String, step: Int, _ body: ([UInt8]) throws -> Void
  ) throws -> Int {
    let file = try MappedFile(path: Samples.path("good/huggingface/\(name)"))
    let bytes = file.bytes.array
    var count = 0
    for place in stride(from: 0, to: bytes.count, by: step) {
      for value in [UInt8(ascii: "9"), UInt8(ascii: "\""), UInt8(ascii: "}"), bytes[place] ^ 1] {
        var copy = bytes
        copy[place] = value
        try body(copy)
        count += 1
      }
      try body(Array(bytes[..<place]))
    }
    return count
  }

  @Test(arguments: ["tiny-llama", "tiny-mistral", "tiny-bert"])
  func `a damaged tokenizer is refused or read`(name: String) throws {
    let count = try Self.damaged("\(name)/tokenizer.json", step: 43) { bytes in
      guard let file = try? TokenizerFile(bytes.rawSpan) else { return }
      var table = TokenTable(file, "tokenizer.json")
      let entries = table.entries()
      var content = VocabularyContent(file: "", texts: table.texts, entries: entries)
      content.finish(merges: file.merges, continuingPrefix: file.continuingPrefix)
      #expect(content.tokens.count <= 2 * file.ids.count + 2 * file.added.count + 4096)
    }
    #expect(count > 300)
  }

  @Test(arguments: ["tiny-llama", "tiny-gemma3", "tiny-gpt2"])
  func `a damaged configuration is refused or read`(name: String) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try Samples.checkpoint("good/huggingface/\(name)")
    _ = try Self.damaged("\(name)/config.json", step: 11) { bytes in
      let path = try folder.write(bytes, to: "config.json")
      let file = try MappedFile(path: path)
      guard let configuration = HuggingFaceConfiguration(file).configuration else { return }
      #expect(try ModelConfiguration(fields: configuration.fields) == configuration)
      let changed = Checkpoint(
        format: .huggingFace, path: folder.path, files: checkpoint.files,
        tensors: checkpoint.tensors, metadata: checkpoint.metadata,
        documents: [Document(name: "config.json", file: file)])
      _ = Model.load(changed).model.validate(includingValues: false)
    }
  }

  @Test func `a damaged GGUF header is refused or validated`() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try Samples.checkpoint("good/gguf/tiny-llama.gguf")
    let file = checkpoint.files[0]
    let bytes = file.file.bytes.array
    for place in stride(from: 0, to: file.headerByteCount, by: 23) {
      var copy = bytes
      copy[place] ^= place % 2 == 0 ? 0x01 : 0x80
      let path = try folder.write(copy, to: "tiny.gguf")
      let reading = try CheckpointReading.read(path: path, isLenient: true)
      guard let checkpoint = reading.checkpoint else { continue }
      _ = Model.load(checkpoint).model.validate(includingValues: false)
    }
  }
}
