import TandemBytes
import TandemCheckpoints
import TandemJSON
import TandemTensors
import TandemTestSupport
import Testing

@testable import TandemModels

@Suite struct TokenizerTranslationTests {
  private static func toGGUF(
    _ name: String = "tiny-llama", pre: String? = nil, _ edit: (inout TinyModel) -> Void
  ) throws -> ModelTranslation {
    var tiny = try TinyModel(name)
    edit(&tiny)
    var options = ModelTranslation.Options(elementType: .bf16)
    options.preTokenizer = pre
    return ModelTranslation(try tiny.model(), to: .gguf, options)
  }

  private static func toFolder(
    pre: String? = nil, _ edit: (inout TinyGGUF) -> Void
  ) throws -> ModelTranslation {
    var file = try TinyGGUF()
    edit(&file)
    var options = ModelTranslation.Options(elementType: .f16)
    options.preTokenizer = pre
    return ModelTranslation(try file.load().model, to: .huggingFace, options)
  }

  @Test func `rows without token get one that stands for nothing, and lose it again`() throws {
    let rows = 100
    var tiny = try TinyModel()
    tiny.set("vocab_size", "\(rows)")
    tiny.change("model.embed_tokens.weight") {
      $0.shape[0] = rows
      $0.bytes += [UInt8](repeating: 0, count: 4 * 32 * 2)
    }
    let (one, two) = try (TemporaryFolder(), TemporaryFolder())
    let there = try TranslatedFile(tiny.model(), to: .gguf, as: .bf16).read(in: one).model
    #expect(there.texts.suffix(4) == ["[PAD96]", "[PAD97]", "[PAD98]", "[PAD99]"])
    #expect(there.vocabulary?.unusedTokenIDs == [96, 97, 98, 99])
    let back = try TranslatedFile(there, to: .huggingFace, as: .bf16).read(in: two).model
    #expect(back.vocabulary?.tokenCount == 96)
    #expect(back.configuration?.vocabularySize == rows)
  }

  @Test func `more tokens than rows are an error`() throws {
    let translation = try Self.toGGUF {
      $0.set("vocab_size", "90")
      $0.change("model.embed_tokens.weight") {
        $0.shape[0] = 90
        $0.bytes.removeLast(6 * 32 * 2)
      }
    }
    #expect(translation.findings.all.map(\.short) == ["TR009"])
  }

  @Test func `rows far beyond the tokens cost no memory`() throws {
    let translation = try Self.toGGUF {
      $0.set("vocab_size", "200000000")
      $0.change("model.embed_tokens.weight") {
        $0.shape = [200_000_000, 0]
        $0.bytes = []
      }
    }
    #expect(translation.findings.all.map(\.short) == ["TR009"])
  }

  @Test func `a way to cut texts that has no name is an error, unless a name is given`() throws {
    let edit: (inout TinyModel) -> Void = {
      $0.replace(#""pre_tokenizer": {"#, #""pre_tokenizer": {"extra": 1, "#, in: "tokenizer.json")
      $0.replace(
        "\"type\": \"ByteLevel\",\n  \"add_prefix_space\": false",
        "\"type\": \"ByteLevel\",\n  \"add_prefix_space\": true", in: "tokenizer.json")
    }
    #expect(
      try Self.toGGUF("tiny-llama", edit).findings.all.map(\.short) == ["TR008 pre_tokenizer"])
    #expect(try Self.toGGUF(pre: "gpt-2", edit).findings.all.isEmpty)
  }

  @Test(arguments: PreTokenizerForm.all.map { $0.names[0] })
  func `each name gives a description that gives the name`(_ name: String) throws {
    let form = try #require(PreTokenizerForm.named(name))
    let text = Array(form.json.text(pretty: true).utf8)
    let value = try Self.value(text)
    let found = PreTokenizerForm.described(
      by: value, normalizer: form.normalizer, ignoresMerges: form.ignoresMerges)
    #expect(found?.names == form.names)
  }

  private static func value(_ text: [UInt8]) throws -> ConfigValue {
    var json = JSONReader(text.rawSpan)
    return try ConfigValue(&json)
  }

  @Test func `a name that is not known is an error, unless another is given`() throws {
    let edit: (inout TinyGGUF) -> Void = { $0.set("tokenizer.ggml.pre", "morse") }
    #expect(try Self.toFolder(edit).findings.all.map(\.short) == ["TR008 tokenizer.ggml.pre"])
    let named = try Self.toFolder(pre: "qwen2", edit)
    #expect(named.findings.all.isEmpty)
    let text = named.documents.first { $0.name == "tokenizer.json" }?.text ?? ""
    #expect(text.contains(#""type": "NFC""#))
  }

  @Test func `kinds of tokenizers without a translation are an error`() throws {
    let unigram = try Self.toFolder { $0.set("tokenizer.ggml.model", "t5") }
    #expect(unigram.findings.all.map(\.short) == ["TR007 tokenizer.ggml.model"])
    let scoreless = try Self.toFolder { $0.set("tokenizer.ggml.model", "llama") }
    #expect(scoreless.findings.all.map(\.short) == ["TR007 tokenizer.ggml.scores"])
    #expect(scoreless.documents.map(\.name) == ["config.json", "generation_config.json"])
  }

  @Test func `a merge rule with a token that is not there is an error of the source`() throws {
    var tiny = try TinyModel()
    tiny.replace("    \"e\",\n    \"r\"\n", "    \"e\",\n    \"§\"\n", in: "tokenizer.json")
    #expect(try tiny.allFindings().contains { $0.code == "TK004" })
    let translation = ModelTranslation(
      try tiny.model(), to: .gguf, ModelTranslation.Options(elementType: .bf16))
    #expect(translation.findings.all.isEmpty)
  }

  @Test func `three tokens that end a text have keys, a fourth is lost`() throws {
    let three = try Self.toGGUF { $0.set("eos_token_id", "[1, 2, 3]") }
    #expect(three.findings.all.isEmpty)
    let four = try Self.toGGUF { $0.set("eos_token_id", "[1, 2, 3, 5]") }
    #expect(four.findings.all.map(\.short) == ["TR010 eos_token_id"])
  }

  @Test func `token ids beyond the vocabulary are left out and said`() throws {
    let translation = try Self.toGGUF {
      $0.set("bos_token_id", "50256")
      $0.set("eos_token_id", "[1, 50256]")
    }
    #expect(translation.findings.all.map(\.short) == ["TR010 begin token", "TR010 end token"])
  }

  @Test func `an encoder that keeps upper case becomes another in llama.cpp`() throws {
    let translation = try Self.toGGUF("tiny-bert") {
      $0.replace("\"lowercase\": true", "\"lowercase\": false", in: "tokenizer.json")
    }
    #expect(translation.findings.all.map(\.short) == ["TR010 normalizer"])
  }

  @Test func `scores are the order of merge rules, and give it back`() throws {
    let model = try Samples.model("good/huggingface/tiny-gemma3").model
    let vocabulary = try #require(model.vocabulary)
    let types = [TokenType](repeating: .normal, count: vocabulary.tokenCount)
    let scores = MergeScores.scores(vocabulary.merges, types)
    for (rank, rule) in vocabulary.merges.enumerated() {
      #expect(scores[Int(rule.merged)] == -Float(rank))
    }
    let rules = MergeScores.rules(vocabulary.tokens) { scores[$0] }
    let found = rules.map { [$0.left, $0.right] }
    #expect(found == vocabulary.merges.map { [Int($0.left), Int($0.right)] })
  }

  @Test func `without a tokenizer a file takes token ids only`() throws {
    let translation = try Self.toGGUF { $0.files["tokenizer.json"] = nil }
    #expect(translation.findings.all.map(\.code) == ["TR010"])
    #expect(
      translation.pairs["tokenizer.ggml.model"] && !translation.pairs["tokenizer.ggml.tokens"])
  }
}
