import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTokenizers

/// Small vocabularies, written as their sources are.
enum SampleVocabulary {
  /// What comes of a `tokenizer.json`.
  static func json(_ text: String) throws -> (vocabulary: Vocabulary?, findings: Findings) {
    let bytes = Array(text.utf8)
    let file = try MappedFile(copying: bytes.rawSpan, path: "tokenizer.json")
    let checkpoint = Checkpoint(
      format: .huggingFace, path: "sample", files: [], tensors: [], metadata: .safetensors([]),
      documents: [Document(name: "tokenizer.json", file: file)])
    return Vocabulary.read(checkpoint)
  }

  static func tokenizer(_ text: String) throws -> Tokenizer {
    let reading = try json(text)
    try reading.findings.throwFirstError()
    guard let vocabulary = reading.vocabulary else { throw NoVocabulary() }
    return try Tokenizer(vocabulary, in: "sample")
  }

  struct NoVocabulary: Error {}

  /// Byte-level merging of a few English words, with two added tokens.
  ///
  /// - Parameters:
  ///   - flags: Further members of the special token `<s>`.
  ///   - preTokenizer: In place of GPT-2's.
  static func byteLevel(
    flags: String = "", normalizer: String = "null",
    preTokenizer: String = #"{"type": "ByteLevel", "add_prefix_space": false}"#
  ) -> String {
    let characters = [
      "h", "e", "l", "o", "w", "r", "d", "Ġ", "Ã", "©", "â", "Ĥ", "¬", "1", "2", "!",
    ]
    let merged = ["he", "ll", "llo", "hello", "Ġw", "or", "Ġwor", "ld", "Ġworld", "Ã©"]
    let entries = (characters + merged).enumerated().map { "\"\($0.element)\": \($0.offset)" }
    let count = entries.count
    return #"""
      {"added_tokens": [
        {"id": \#(count), "content": "<s>", "special": true\#(flags)},
        {"id": \#(count + 1), "content": "<tool>", "special": false}],
       "normalizer": \#(normalizer), "pre_tokenizer": \#(preTokenizer),
       "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "vocab": {\#(entries.joined(separator: ", "))},
        "merges": ["h e", "l l", "ll o", "he llo", "Ġ w", "o r", "Ġw or", "l d", "Ġwor ld", "Ã ©"]}}
      """#
  }

  /// SentencePiece's tokens with scores, as GGUF metadata have them.
  static func scores(addsSpace: Bool) throws -> Tokenizer {
    var tokens = ["<unk>", "<s>", "</s>"]
    var types: [Int32] = [2, 3, 3]
    var scores: [Float] = [0, 0, 0]
    for byte in 0...255 {
      let digits = String(byte, radix: 16, uppercase: true)
      tokens.append("<0x\(digits.utf8.count == 1 ? "0" : "")\(digits)>")
      types.append(6)
      scores.append(0)
    }
    for (text, score) in [
      ("▁", -1), ("a", -2), ("b", -3), ("c", -4), ("ab", -5), ("bc", -4.5), ("▁a", -6), ("▁ab", -7),
    ] as [(String, Float)] {
      tokens.append(text)
      types.append(1)
      scores.append(score)
    }
    var pairs = MetadataPairs()
    pairs.add("tokenizer.ggml.model", "llama")
    pairs.add("tokenizer.ggml.tokens", tokens)
    pairs.add("tokenizer.ggml.scores", scores)
    pairs.add("tokenizer.ggml.token_type", types)
    pairs.add("tokenizer.ggml.bos_token_id", 1)
    pairs.add("tokenizer.ggml.add_space_prefix", addsSpace)
    return try Tokenizer(pairs.vocabulary(), in: "sample")
  }
}

/// Key–value pairs as GGUF has them, one after the other.
struct MetadataPairs {
  private(set) var bytes: [UInt8] = []

  private mutating func add(key: String, type: UInt32) {
    add(key)
    bytes.append(littleEndian: type)
  }

  private mutating func add(_ text: String) {
    bytes.append(littleEndian: UInt64(text.utf8.count))
    bytes += Array(text.utf8)
  }

  private mutating func add(listOf type: UInt32, _ count: Int) {
    bytes.append(littleEndian: type)
    bytes.append(littleEndian: UInt64(count))
  }

  mutating func add(_ key: String, _ text: String) {
    add(key: key, type: 8)
    add(text)
  }

  mutating func add(_ key: String, _ value: Bool) {
    add(key: key, type: 7)
    bytes.append(value ? 1 : 0)
  }

  mutating func add(_ key: String, _ value: UInt32) {
    add(key: key, type: 4)
    bytes.append(littleEndian: value)
  }

  mutating func add(_ key: String, _ texts: [String]) {
    add(key: key, type: 9)
    add(listOf: 8, texts.count)
    for text in texts { add(text) }
  }

  mutating func add(_ key: String, _ values: [Int32]) {
    add(key: key, type: 9)
    add(listOf: 5, values.count)
    for value in values { bytes.append(littleEndian: value) }
  }

  mutating func add(_ key: String, _ values: [Float]) {
    add(key: key, type: 9)
    add(listOf: 6, values.count)
    for value in values { bytes.append(littleEndian: value.bitPattern) }
  }

  func vocabulary() throws -> Vocabulary {
    try Self.vocabulary(MappedFile(copying: bytes.rawSpan, path: "sample.gguf"))
  }

  static func vocabulary(_ file: MappedFile) throws -> Vocabulary {
    let metadata = try GGUFMetadata(pairs: file)
    let checkpoint = Checkpoint(
      format: .gguf, path: "sample.gguf", files: [], tensors: [], metadata: .gguf(metadata))
    let reading = Vocabulary.read(checkpoint)
    try reading.findings.throwFirstError()
    guard let vocabulary = reading.vocabulary else { throw SampleVocabulary.NoVocabulary() }
    return vocabulary
  }
}
