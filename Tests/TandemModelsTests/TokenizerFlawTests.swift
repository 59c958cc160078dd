import TandemBytes
import TandemModels
import Testing

@Suite struct TokenizerFlawTests {
  @Test(arguments: ModelFlaw.tokenizer)
  func `one flaw of a tokenizer gives its finding`(_ flaw: ModelFlaw) throws {
    var model = try TinyModel(flaw.base)
    flaw.edit(&model)
    #expect(try model.findings() == flaw.found)
  }

  @Test func `a vocabulary has its tokens, special ones and behaviour`() throws {
    let vocabulary = try #require(Samples.model("good/huggingface/tiny-mistral").model.vocabulary)
    #expect(vocabulary.kind == .byteFallbackBPE)
    #expect(vocabulary.tokenCount == 352 && vocabulary.mergeCount == 20)
    #expect(vocabulary.tokens.text(4) == "<0x00>" && vocabulary.id(of: "<0xFF>") == 259)
    #expect(vocabulary.specialTokenIDs == [0, 1, 2, 3])
    #expect(vocabulary.bosTokenID == 2 && vocabulary.eosTokenIDs == [1])
    #expect(vocabulary.padTokenID == 0 && vocabulary.unknownTokenID == 3)
    #expect(vocabulary.addsBOS && !vocabulary.addsEOS)
    #expect(vocabulary.chatTemplate == nil)
  }

  @Test func `an encoder's marks are its begin and end`() throws {
    let vocabulary = try #require(Samples.model("good/huggingface/tiny-bert").model.vocabulary)
    #expect(vocabulary.kind == .wordPiece)
    #expect(vocabulary.bosTokenID == vocabulary.id(of: "[CLS]"))
    #expect(vocabulary.addsBOS && vocabulary.addsEOS)
  }

  @Test func `one tokenizer has the same digest from either format`() throws {
    let folder = try Samples.model("good/huggingface/tiny-llama").model.vocabulary
    let file = try Samples.model("good/gguf/tiny-llama.gguf").model.vocabulary
    #expect(folder?.digest == file?.digest && folder != nil)
    #expect(folder?.chatTemplate == file?.chatTemplate && folder?.chatTemplate != nil)
    #expect(folder?.addsBOS == true && file?.addsBOS == true)
  }

  @Test func `the digest is that of the bundle's format`() throws {
    let vocabulary = try #require(Samples.model("good/huggingface/tiny-llama").model.vocabulary)
    var hasher = SHA256Hasher()
    for id in 0..<vocabulary.tokenCount { hasher.update(counted: vocabulary.tokens.text(id)) }
    for merge in ["Ġ t", "h e", "Ġ a", "i n", "r e", "o n", "Ġt he", "e r", "Ġ s", "a t"] {
      hasher.update(counted: merge)
    }
    for merge in ["o u", "n d", "Ġ w", "i s", "e n", "Ġa nd", "l l", "in g", "o r", "Ġ o"] {
      hasher.update(counted: merge)
    }
    #expect(vocabulary.digest == hasher.finalize())
  }

  @Test func `merge rules written as texts are those written as lists`() throws {
    var model = try TinyModel()
    let text = model.files["tokenizer.json"] ?? ""
    let parts = text.split(separator: "\"merges\": [")
    var rules = parts[1]
    rules = rules[..<(rules.lastIndex(of: "]") ?? rules.endIndex)]
    let sides = rules.split(separator: "\"").filter { !$0.contains("\n") }
    let merges = stride(from: 0, to: sides.count, by: 2).map { "\"\(sides[$0]) \(sides[$0 + 1])\"" }
    model.files["tokenizer.json"] =
      parts[0] + "\"merges\": [" + merges.joined(separator: ",") + "]}}"
    let original = try Samples.model("good/huggingface/tiny-llama").model.vocabulary
    #expect(merges.count == 20)
    #expect(try model.model().vocabulary?.digest == original?.digest)
  }

  @Test func `an end token of generation_config is blamed on that file`() throws {
    var model = try TinyModel()
    model.set("eos_token_id", "[1, 96]", in: "generation_config.json")
    let messages = try model.allFindings().filter { $0.code == "TK001" }.map(\.message)
    #expect(
      messages == [
        "generation_config.json gives the id 96; ids below the vocabulary size 96 are allowed"
      ])
  }

  @Test func `texts that are canonically equivalent are two tokens`() throws {
    var model = try TinyModel()
    model.replace("\"Y\": ", "\"\u{E9}\": ", in: "tokenizer.json")
    model.replace("\"Z\": ", "\"e\u{301}\": ", in: "tokenizer.json")
    #expect(try model.findings() == [])
  }
}

extension ModelFlaw {
  static let tokenizer: [ModelFlaw] = [
    ModelFlaw(testDescription: "a begin token beyond the vocabulary") {
      $0.set("bos_token_id", "96")
    } found: {
      ["TK001 begin token", "TK016 begin token"]
    },
    ModelFlaw(testDescription: "an added token with the text of another") {
      $0.replace(
        "\"added_tokens\": [", "\"added_tokens\": [{\"id\": 95, \"content\": \"Ġ\"},",
        in: "tokenizer.json")
      $0.replace("\"Ġo\": 95", "\"Ġo\": 96", in: "tokenizer.json")
      $0.set("vocab_size", "97")
    } found: {
      ["TK002 Ġ", "MD011 model.embed_tokens.weight"]
    },
    ModelFlaw(testDescription: "a special token that is not there") {
      $0.set("pad_token", "\"[PAD]\"", in: "tokenizer_config.json")
    } found: {
      ["TK003 pad_token"]
    },
    ModelFlaw(testDescription: "a special token that is a number") {
      $0.set("pad_token", "5", in: "tokenizer_config.json")
    } found: {
      ["TK012 pad_token"]
    },
    ModelFlaw(testDescription: "a merge rule of an unknown token") {
      $0.replace("\"merges\": [", "\"merges\": [[\"a\", \"§\"],", in: "tokenizer.json")
    } found: {
      ["TK004 a §"]
    },
    ModelFlaw(testDescription: "a merge rule to an unknown token") {
      $0.replace("\"merges\": [", "\"merges\": [\"x y\",", in: "tokenizer.json")
    } found: {
      ["TK004 x y"]
    },
    ModelFlaw(testDescription: "more tokens than rows") {
      $0.replace("\"vocab\": {", "\"vocab\": {\"[extra]\": 96,", in: "tokenizer.json")
    } found: {
      ["TK005"]
    },
    ModelFlaw(testDescription: "an id without a token") {
      $0.replace("\"Z\": ", "\"Z\": 95, \"unused\": ", in: "tokenizer.json")
      $0.replace("\"Ġo\": 95", "\"Ġo\": 97", in: "tokenizer.json")
    } found: {
      ["TK007", "TK005"]
    },
    ModelFlaw(testDescription: "generation ends at another token") {
      $0.set("eos_token_id", "3", in: "generation_config.json")
    } found: {
      ["TK008 eos_token_id"]
    },
    ModelFlaw(testDescription: "generation ends at more tokens") {
      $0.set("eos_token_id", "[1, 3]", in: "generation_config.json")
    } found: {
      ["TK009 eos_token_id"]
    },
    ModelFlaw(testDescription: "two texts for one id") {
      $0.replace("\"Z\": ", "\"zz\": 4, \"Z\": ", in: "tokenizer.json")
    } found: {
      ["TK010 zz"]
    },
    ModelFlaw(testDescription: "an id far beyond the others") {
      $0.replace("\"Z\": ", "\"zz\": 9000000, \"Z\": ", in: "tokenizer.json")
    } found: {
      ["TK010 zz"]
    },
    ModelFlaw(testDescription: "a kind that is not known") {
      $0.replace("\"type\": \"BPE\"", "\"type\": \"Morse\"", in: "tokenizer.json")
    } found: {
      ["TK011 model"]
    },
    ModelFlaw(testDescription: "a vocabulary that is a text") {
      $0.files["tokenizer.json"] = #"{"model": {"type": "BPE", "vocab": "abc"}}"#
    } found: {
      ["TK012"]
    },
    ModelFlaw(testDescription: "an empty vocabulary") {
      $0.files["tokenizer.json"] = #"{"model": {"type": "BPE", "vocab": {}}}"#
    } found: {
      ["TK012"]
    },
    ModelFlaw(testDescription: "an id that is a text") {
      $0.replace("\"Z\": ", "\"zz\": \"5\", \"Z\": ", in: "tokenizer.json")
    } found: {
      ["TK012"]
    },
    ModelFlaw(testDescription: "a merge rule without a space") {
      $0.replace("\"merges\": [", "\"merges\": [\"xy\",", in: "tokenizer.json")
    } found: {
      ["TK012"]
    },
    ModelFlaw(testDescription: "a merge rule of three tokens") {
      $0.replace("\"merges\": [", "\"merges\": [[\"a\", \"b\", \"c\"],", in: "tokenizer.json")
    } found: {
      ["TK012"]
    },
    ModelFlaw(testDescription: "no tokenizer") {
      $0.files["tokenizer.json"] = nil
    } found: {
      ["TK013"]
    },
    ModelFlaw(testDescription: "the configuration contradicts the post-processor") {
      $0.set("add_bos_token", "false", in: "tokenizer_config.json")
    } found: {
      ["TK015 add_bos_token"]
    },
    ModelFlaw(testDescription: "tokenizer and configuration begin otherwise") {
      $0.set("bos_token_id", "2")
    } found: {
      ["TK016 begin token"]
    },
    ModelFlaw(testDescription: "tokenizer and configuration end otherwise") {
      $0.set("eos_token_id", "2")
      $0.set("eos_token_id", "2", in: "generation_config.json")
    } found: {
      ["TK016 end token"]
    },
  ]
}
