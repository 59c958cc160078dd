import TandemBytes
import TandemModels
import Testing

@Suite struct GGUFModelTests {
  /// A change to a good file and everything that is found then.
  struct Flaw: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var edit: @Sendable (inout TinyGGUF) -> Void
    var found: [String]
  }

  @Test(arguments: Flaw.all)
  func `one flaw of the metadata gives its finding`(_ flaw: Flaw) throws {
    var file = try TinyGGUF()
    flaw.edit(&file)
    let found = try file.load().findings.map(\.short)
    #expect(found.sorted() == flaw.found.sorted())
  }

  @Test func `a list with one number for all layers is that number`() throws {
    var file = try TinyGGUF()
    file.set("llama.attention.head_count_kv", list: [2, 2])
    let (model, findings) = try file.load()
    #expect(findings.isEmpty && model.configuration?.keyValueHeadCount == 2)
  }

  @Test func `the vocabulary size is the number of tokens where no key says it`() throws {
    var file = try TinyGGUF()
    file.remove("llama.vocab_size")
    #expect(try file.load().model.configuration?.vocabularySize == 96)
  }

  @Test(arguments: [4097, 5000])
  func `a list that is too long is reported with its length`(_ count: Int) throws {
    var file = try TinyGGUF()
    file.set("llama.attention.head_count", list: [UInt32](repeating: 4, count: count))
    let messages = try file.load().findings.map(\.message)
    #expect(messages.contains { $0.hasPrefix("the value is a list of \(count); ") }, "\(messages)")
  }

  @Test func `a vocabulary without a size is an error, and the rest is checked`() throws {
    var file = try TinyGGUF()
    for key in ["llama.vocab_size", "tokenizer.ggml.tokens", "tokenizer.ggml.model"] {
      file.remove(key)
    }
    file.rename("token_embd.weight", "token_emxx.weight")
    file.rename("output.weight", "outpux.weight")
    file.set("llama.feed_forward_length", count: 48)
    let found = Set(try file.load().findings.map(\.code))
    #expect(found.isSuperset(of: ["MD002", "MD004", "MD006"]), "\(found)")
  }

  @Test func `rope scaling is read under its names`() throws {
    var file = try TinyGGUF()
    file.set("llama.rope.scaling.type", "yarn")
    file.set("llama.rope.scaling.factor", Float(4))
    file.set("llama.rope.scaling.original_context_length", count: 32)
    file.set("llama.rope.scaling.yarn_beta_fast", Float(32))
    var scaling = RopeScaling(type: "yarn", factor: 4, originalContextLength: 32)
    scaling.numbers = ["beta_fast": 32]
    #expect(try file.load().model.configuration?.ropeScaling == scaling)
  }

  @Test func `a file whose architecture has no keys is only checked for its format`() throws {
    var file = try TinyGGUF()
    file.set("general.architecture", "clip")
    let (model, findings) = try file.load()
    #expect(findings.map(\.code) == ["MD020"])
    #expect(model.architecture == nil && model.vocabulary != nil)
  }
}

extension GGUFModelTests.Flaw {
  static let all: [Self] = [
    Self(testDescription: "a count that is a text") {
      $0.set("llama.block_count", "two")
    } found: {
      ["MD003 llama.block_count"]
    },
    Self(testDescription: "more layers than any model has") {
      $0.set("llama.block_count", count: 4097)
    } found: {
      ["MD003 llama.block_count"]
    },
    Self(testDescription: "a list with other numbers for other layers") {
      $0.set("llama.feed_forward_length", list: [64, 32])
    } found: {
      ["MD003 llama.feed_forward_length"]
    },
    Self(testDescription: "an epsilon of zero") {
      $0.set("llama.attention.layer_norm_rms_epsilon", Float(0))
    } found: {
      ["MD003 llama.attention.layer_norm_rms_epsilon"]
    },
    Self(testDescription: "keys are missing") {
      $0.remove("llama.embedding_length")
      $0.remove("llama.context_length")
    } found: {
      ["MD002 llama.embedding_length", "MD002 llama.context_length"]
    },
    Self(testDescription: "fewer layers than there are tensors of") {
      $0.set("llama.block_count", count: 1)
    } found: {
      [
        "attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up",
        "ffn_down",
      ]
      .map { "MD007 blk.1.\($0).weight" }.sorted()
    },
    Self(testDescription: "a begin token beyond the vocabulary") {
      $0.set("tokenizer.ggml.bos_token_id", count: 400)
    } found: {
      ["TK001 begin token"]
    },
    Self(testDescription: "a negative token id") {
      $0.set("tokenizer.ggml.bos_token_id", type: 5, littleEndianBytes(Int32(-2)))
    } found: {
      ["MD003 tokenizer.ggml.bos_token_id", "TK015"]
    },
    Self(testDescription: "types for other tokens than there are") {
      $0.set("tokenizer.ggml.token_type", list: [1, 1, 3])
    } found: {
      ["TK014 tokenizer.ggml.token_type"]
    },
    Self(testDescription: "tokens that are numbers") {
      $0.set("tokenizer.ggml.tokens", list: [1, 2])
    } found: {
      ["TK012 tokenizer.ggml.tokens"]
    },
    Self(testDescription: "no tokens") {
      $0.remove("tokenizer.ggml.tokens")
    } found: {
      ["TK013 tokenizer.ggml.tokens"]
    },
    Self(testDescription: "a kind of tokenizer that is not known") {
      $0.set("tokenizer.ggml.model", "morse")
    } found: {
      ["TK011 tokenizer.ggml.model"]
    },
    Self(testDescription: "a context beyond the trained one without scaling") {
      $0.set("llama.rope.scaling.original_context_length", count: 64)
    } found: {
      ["MD014"]
    },
  ]

  init(
    testDescription: String, edit: @escaping @Sendable (inout TinyGGUF) -> Void,
    found: () -> [String]
  ) {
    self.testDescription = testDescription
    self.edit = edit
    self.found = found()
  }
}
