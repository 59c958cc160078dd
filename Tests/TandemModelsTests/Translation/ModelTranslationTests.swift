import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct ModelTranslationTests {
  /// What stands against the translation of a folder to GGUF, or is lost.
  private static func findings(
    _ name: String = "tiny-llama", _ edit: (inout TinyModel) -> Void
  ) throws -> [String] {
    try translation(name, edit).findings.all.map(\.short)
  }

  private static func translation(
    _ name: String = "tiny-llama", _ edit: (inout TinyModel) -> Void
  ) throws -> ModelTranslation {
    var tiny = try TinyModel(name)
    edit(&tiny)
    return ModelTranslation(
      try tiny.model(), to: .gguf, ModelTranslation.Options(elementType: .bf16))
  }

  /// The model after a way there and back.
  private static func back(
    _ name: String = "tiny-llama", _ edit: (inout TinyModel) -> Void
  ) throws -> (there: Model, back: Model) {
    var tiny = try TinyModel(name)
    edit(&tiny)
    let (one, two) = try (TemporaryFolder(), TemporaryFolder())
    let there = try TranslatedFile(try tiny.model(), to: .gguf, as: .f32).read(in: one).model
    let back = try TranslatedFile(there, to: .huggingFace, as: .f32).read(in: two).model
    return (there, back)
  }

  @Test func `all tensors without a name are listed at once`() throws {
    let found = try Self.findings {
      for layer in 0...1 { $0.add("model.layers.\(layer).self_attn.sinks", [4]) }
      $0.add("model.layers.1.mlp.router.weight", [4, 32])
      $0.add("extra", [1])
    }
    #expect(
      found == [
        "TR002 model.layers.{0-1}.self_attn.sinks", "TR002 model.layers.1.mlp.router.weight",
        "TR002 extra",
      ])
  }

  @Test func `buffers and a tied head are left out without a word`() throws {
    let translation = try Self.translation {
      $0.add("model.layers.0.self_attn.rotary_emb.inv_freq", .f32, [4])
      $0.add("lm_head.weight", [96, 32])
    }
    #expect(translation.findings.all.isEmpty)
    #expect(Set(translation.dropped.map(\.reason)) == [.buffer, .tiedHead])
    #expect(!translation.tensors.contains { $0.name == "output.weight" })
  }

  @Test func `a head of its own is kept`() throws {
    let translation = try Self.translation {
      $0.set("tie_word_embeddings", "false")
      $0.add("lm_head.weight", [96, 32])
    }
    #expect(translation.tensors.last?.name == "output.weight")
  }

  @Test func `a part that GGUF has no place for is left out with a note`() throws {
    let found = try Self.findings("tiny-bert") {
      $0.add("cls.predictions.bias", .f32, [96])
    }
    #expect(found == ["TR005 cls.predictions.bias"])
  }

  @Test func `two names for one tensor are an error`() throws {
    let found = try Self.findings("tiny-bert") {
      $0.add("embeddings.LayerNorm.gamma", .f32, [32])
    }
    #expect(found == ["TR003 embeddings.LayerNorm.gamma"])
  }

  @Test func `rows that make no pairs are an error`() throws {
    let found = try Self.findings { $0.set("num_attention_heads", "3") }
    #expect(
      found == (0...1).map { "TR004 model.layers.\($0).self_attn.q_proj.weight" })
  }

  @Test func `vectors, positions and segments are F32 in GGUF`() throws {
    let bert = try Self.translation("tiny-bert") { _ in }
    let needing = bert.tensors.filter { $0.needsF32 && $0.shape.rank == 2 }.map(\.name)
    #expect(needing == ["position_embd.weight", "token_types.weight"])
    #expect(bert.tensors.allSatisfy { $0.needsF32 || $0.shape.rank == 2 })
  }

  @Test func `factors of the kind llama3 are a tensor in GGUF, and found again`() throws {
    let scaling =
      #"{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}"#
    let models = try Self.back {
      $0.set("rope_scaling", scaling)
      $0.set("rope_theta", "500000.0")
      $0.set("max_position_embeddings", "131072")
    }
    // Heads of 8 elements have 4 frequencies: 1, 500000^-¼, 500000^-½, 500000^-¾. Their wavelengths
    // are 6.28, 167, 4443 and 118143, of which those below 2048 stay and those over 8192 are scaled
    // by 8; the third by what lies between: 1 / (⅞ · s + ⅛) with s = (8192 / 4443 - 1) / 3.
    let smooth = (8192 / (2 * Double.pi * 500_000.0.squareRoot()) - 1) / 3
    let factors = try #require(
      models.there.checkpoint.tensors.first { $0.name == "rope_freqs.weight" })
    let bytes = models.there.checkpoint.bytes(of: factors)
    let stored = (0..<4).map {
      Float(bitPattern: bytes.rawSpan.littleEndian(at: 4 * $0))
    }
    #expect(stored[0] == 1 && stored[1] == 1 && stored[3] == 8)
    #expect(abs(Double(stored[2]) - 1 / ((1 - smooth) / 8 + smooth)) < 1e-5)
    #expect(models.there.configuration?.ropeScaling?.type == "llama3")
    #expect(models.back.configuration?.ropeScaling == models.there.configuration?.ropeScaling)
  }

  @Test func `factors that follow no rule cannot be said in a folder`() throws {
    var file = try TinyGGUF()
    file.add("rope_freqs.weight", [1, 2, 3, 7])
    let translation = ModelTranslation(
      try file.load().model, to: .huggingFace, ModelTranslation.Options(elementType: .f16))
    #expect(translation.findings.all.map(\.short) == ["TR011 rope_freqs.weight"])
    #expect(translation.dropped.map(\.reason) == [.inConfiguration])
  }

  @Test func `lists of factors are tensors in GGUF, and lists again`() throws {
    let scaling =
      #"{"type": "longrope", "long_factor": [1.5, 2, 3, 4], "short_factor": [1, 1, 1.25, 1.5]}"#
    let models = try Self.back("tiny-phi3") {
      $0.set("rope_scaling", scaling)
      $0.set("original_max_position_embeddings", "64")
    }
    let original = try TinyModel("tiny-phi3").changed {
      $0.set("rope_scaling", scaling)
      $0.set("original_max_position_embeddings", "64")
    }
    #expect(models.back.fields == (try original.model().fields))
    #expect(models.there.configuration?.ropeScaling?.numbers["attention_factor"] != nil)
  }

  @Test func `what GGUF cannot say is an error if the model computes another thing without it`()
    throws
  {
    #expect(try Self.findings { $0.set("hidden_act", #""relu""#) } == ["TR011 hidden_act"])
    let dynamic = try Self.findings {
      $0.set("rope_scaling", #"{"rope_type": "dynamic", "factor": 2.0}"#)
    }
    #expect(dynamic == ["TR011 rope_scaling"])
    #expect(try Self.findings("tiny-mistral") { _ in } == ["TR006 sliding_window"])
  }

  /// llama.cpp takes the scale from the size of a head; from hidden size over heads, here 8, in a
  /// model of 46 layers (src/models/gemma2.cpp).
  @Test(arguments: [(16, 2, false), (64, 2, true), (8, 46, false), (16, 46, true)])
  func `a scale of attention that llama.cpp does not take is warned of`(
    _ scalar: Int, _ layerCount: Int, _ isWarnedOf: Bool
  ) throws {
    let found = try Self.findings("tiny-gemma2") {
      $0.replace(#""layer_types": ["#, #""unused": ["#)
      $0.set("num_hidden_layers", "\(layerCount)")
      $0.set("query_pre_attn_scalar", "\(scalar)")
    }
    #expect(found == (isWarnedOf ? ["TR006 query_pre_attn_scalar"] : []))
  }

  @Test func `a model that is not known is not translated`() throws {
    #expect(try Self.findings { $0.set("model_type", #""mamba""#) } == ["TR001"])
    #expect(try Self.findings { $0.set("hidden_size", nil) } == ["TR001"])
    #expect(try Self.translation { $0.set("hidden_size", nil) }.tensors.isEmpty)
  }

  @Test func `a way of pooling goes both ways`() throws {
    let pooling = #"{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}"#
    var tiny = try TinyModel("tiny-bert")
    tiny.files["1_Pooling/config.json"] = pooling
    let (one, two) = try (TemporaryFolder(), TemporaryFolder())
    let there = try TranslatedFile(tiny.model(), to: .gguf, as: .f32).read(in: one).model
    guard case .gguf(let metadata) = there.checkpoint.metadata else { return }
    #expect(metadata.int("bert.pooling_type") == 1)
    let back = try TranslatedFile(there, to: .huggingFace, as: .f32).read(in: two).model
    let document = try #require(
      back.checkpoint.documents.first { $0.name == "1_Pooling/config.json" })
    #expect(document.file.bytes.lossyText.contains(#""pooling_mode_mean_tokens": true"#))
  }
}

extension TinyModel {
  func changed(_ edit: (inout TinyModel) -> Void) -> TinyModel {
    var copy = self
    edit(&copy)
    return copy
  }
}
