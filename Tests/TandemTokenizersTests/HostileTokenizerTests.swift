import TandemBytes
import TandemModels
import TandemTokenizers
import Testing

@Suite struct HostileTokenizerTests {
  @Test func `a merge rule of an absent token is named`() throws {
    let text = SampleVocabulary.byteLevel().replacing("\"h e\"", with: "\"h z\"")
    let finding = try #require(try SampleVocabulary.json(text).findings.firstError)
    #expect(
      finding.code == "TK004" && finding.message == "the merge rule needs 'z', which is no token")
  }

  @Test(arguments: [
    (
      #"{"type": "Split", "pattern": {"Regex": "x+"}, "behavior": "Isolated"}"#,
      "the pre-tokenizer 'Split' (Isolated) by 'x+'"
    ),
    (
      #"{"type": "Sequence", "pretokenizers": [{"type": "UnicodeScripts"}]}"#,
      "the pre-tokenizer 'UnicodeScripts'"
    ),
  ])
  func `a pre-tokenizer that is not known is named`(part: String, what: String) throws {
    let text = SampleVocabulary.byteLevel(preTokenizer: part)
    let error = #expect(throws: Finding.self) { try SampleVocabulary.tokenizer(text) }
    #expect(error?.code == "TK017")
    #expect(error?.message == "the tokenizer needs \(what), which is not known")
  }

  @Test func `a normaliser that is not known is named`() throws {
    let text = SampleVocabulary.byteLevel(normalizer: #"{"type": "NFKC"}"#)
    let error = #expect(throws: Finding.self) { try SampleVocabulary.tokenizer(text) }
    #expect(error?.message == "the tokenizer needs the normalizer 'NFKC', which is not known")
  }

  @Test func `a name of a pre-tokenizer in GGUF that is not known is given`() throws {
    var pairs = MetadataPairs()
    pairs.add("tokenizer.ggml.model", "gpt2")
    pairs.add("tokenizer.ggml.pre", "chatty")
    pairs.add("tokenizer.ggml.tokens", ["a"])
    let vocabulary = try pairs.vocabulary()
    let error = #expect(throws: Finding.self) { try Tokenizer(vocabulary, in: "x") }
    #expect(error?.message == "the tokenizer needs the pre-tokenizer 'chatty', which is not known")
  }

  @Test func `special tokens whose ids are out of range are left out`() throws {
    var pairs = MetadataPairs()
    pairs.add("tokenizer.ggml.model", "gpt2")
    pairs.add("tokenizer.ggml.tokens", ["a", "b"])
    pairs.add("tokenizer.ggml.token_type", [1, 1, 3, 3, 3] as [Int32])
    pairs.add("tokenizer.ggml.bos_token_id", 77)
    pairs.add("tokenizer.ggml.add_bos_token", true)
    let error = #expect(throws: Finding.self) { try pairs.vocabulary() }
    #expect(error?.code == "TK014")
    let text = SampleVocabulary.byteLevel().replacing("\"id\": 26", with: "\"id\": 900000")
    #expect(try SampleVocabulary.json(text).findings.firstError?.code == "TK010")
  }

  @Test func `texts of tokens that are not UTF-8 are bytes`() throws {
    var pairs = MetadataPairs()
    pairs.add("tokenizer.ggml.model", "gpt2")
    pairs.add("tokenizer.ggml.tokens", ["a", "b\u{1}"])
    // The second token becomes two bytes that are no character.
    var bytes = pairs.bytes
    bytes[bytes.count - 2] = 0xFF
    let file = try MappedFile(copying: bytes.rawSpan, path: "x")
    let tokenizer = try HostileTokenizerTests.tokenizer(file)
    #expect(tokenizer.decode([1, 0]) == "\u{FFFD}\u{1}a")
  }

  private static func tokenizer(_ file: MappedFile) throws -> Tokenizer {
    try Tokenizer(MetadataPairs.vocabulary(file), in: "x")
  }

  @Test func `every cut and every changed byte of metadata ends in a tokenizer or a finding`()
    throws
  {
    var pairs = MetadataPairs()
    pairs.add("tokenizer.ggml.model", "gpt2")
    pairs.add("tokenizer.ggml.tokens", ["a", "b", "ab", "<s>"])
    pairs.add("tokenizer.ggml.merges", ["a b"])
    pairs.add("tokenizer.ggml.token_type", [1, 1, 1, 3] as [Int32])
    let bytes = pairs.bytes
    var damaged = bytes.indices.map { Array(bytes[..<$0]) }
    for index in bytes.indices {
      for bit: UInt8 in [1, 0x80] {
        damaged.append(bytes)
        damaged[damaged.count - 1][index] ^= bit
      }
    }
    for bytes in damaged {
      let file = try MappedFile(copying: bytes.rawSpan, path: "x")
      guard let tokenizer = try? Self.tokenizer(file) else { continue }
      _ = tokenizer.decode(tokenizer.encode("ab <s> abba"))
    }
  }
}
