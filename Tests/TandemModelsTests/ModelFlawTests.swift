import TandemBytes
import TandemTensors
import Testing

/// A flaw put into a good model, and everything that is found then.
struct ModelFlaw: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var base = "tiny-llama"
  var edit: @Sendable (inout TinyModel) -> Void
  var found: [String]
}

@Suite struct ModelFlawTests {
  @Test(arguments: ModelFlaw.all)
  func `one flaw gives its finding and no other`(_ flaw: ModelFlaw) throws {
    var model = try TinyModel(flaw.base)
    flaw.edit(&model)
    #expect(try model.findings() == flaw.found)
  }

  @Test func `several flaws are found at once`() throws {
    var model = try TinyModel()
    model.tensors.removeAll { $0.name == "model.norm.weight" }
    model.add("model.extra", [2])
    model.set("vocab_size", "95")
    #expect(
      try model.findings() == [
        "MD012 model.embed_tokens.weight", "MD004 model.norm.weight", "MD005 model.extra", "TK005",
      ])
  }

  @Test func `a wrong shape is told with what is needed and why`() throws {
    var model = try TinyModel()
    for layer in 0...1 {
      model.change("model.layers.\(layer).self_attn.k_proj.weight") { $0.shape = [32, 16] }
    }
    let finding = try #require(model.allFindings().first)
    #expect(finding.item == "model.layers.{0-1}.self_attn.k_proj.weight")
    #expect(
      finding.message
        == "2 tensors have the shape [32, 16]; [16, 32] (key–value heads × head size, hidden size) is needed"
    )
  }

  @Test func `a name that is nearly right is suggested`() throws {
    var model = try TinyModel()
    model.change("model.layers.1.mlp.up_proj.weight") {
      $0.name = "model.layers.1.mlp.up_prj.weight"
    }
    let findings = try model.allFindings()
    #expect(findings.map(\.code) == ["MD004", "MD005"])
    #expect(findings[0].remedy == "is 'model.layers.1.mlp.up_prj.weight' meant?")
  }
}

extension ModelFlaw {
  static let all: [ModelFlaw] = [
    ModelFlaw(testDescription: "a tensor is missing in one layer") {
      $0.tensors.removeAll { $0.name == "model.layers.1.mlp.up_proj.weight" }
    } found: {
      ["MD004 model.layers.1.mlp.up_proj.weight"]
    },
    ModelFlaw(testDescription: "a tensor is missing in all layers") {
      $0.tensors.removeAll { $0.name.hasSuffix("mlp.up_proj.weight") }
    } found: {
      ["MD004 model.layers.{0-1}.mlp.up_proj.weight"]
    },
    ModelFlaw(testDescription: "a tensor is too many") {
      $0.add("model.layers.0.mlp.extra.weight", [2])
    } found: {
      ["MD005 model.layers.0.mlp.extra.weight"]
    },
    ModelFlaw(testDescription: "a layer is too many") {
      $0.add("model.layers.2.input_layernorm.weight", [32])
      $0.add("model.layers.2.mlp.up_proj.weight", [64, 32])
    } found: {
      ["MD007 model.layers.2.input_layernorm.weight", "MD007 model.layers.2.mlp.up_proj.weight"]
    },
    ModelFlaw(testDescription: "layers are missing as wholes") {
      $0.set("num_hidden_layers", "5")
    } found: {
      ["MD004 num_hidden_layers"]
    },
    ModelFlaw(testDescription: "a bias that the configuration does not give") {
      $0.add("model.layers.0.self_attn.q_proj.bias", [32])
    } found: {
      ["MD005 model.layers.0.self_attn.q_proj.bias"]
    },
    ModelFlaw(testDescription: "the configuration gives biases that are missing") {
      $0.set("mlp_bias", "true")
    } found: {
      ["gate", "up", "down"].map { "MD004 model.layers.{0-1}.mlp.\($0)_proj.bias" }
    },
    ModelFlaw(testDescription: "a head equal to the embedding it is tied to") {
      var head = $0.tensors.first { $0.name == "model.embed_tokens.weight" }
      head?.name = "lm_head.weight"
      if let head { $0.tensors.append(head) }
    } found: {
      ["MD008 lm_head.weight"]
    },
    ModelFlaw(testDescription: "a head unlike the embedding it is tied to") {
      $0.add("lm_head.weight", [96, 32])
    } found: {
      ["MD009 lm_head.weight"]
    },
    ModelFlaw(testDescription: "no head, and not tied") {
      $0.set("tie_word_embeddings", "false")
    } found: {
      ["MD010 lm_head.weight"]
    },
    ModelFlaw(testDescription: "fewer rows than token ids") {
      $0.set("vocab_size", "100")
    } found: {
      ["MD011 model.embed_tokens.weight", "TK006"]
    },
    ModelFlaw(testDescription: "more rows than token ids") {
      $0.set("vocab_size", "90")
    } found: {
      ["MD012 model.embed_tokens.weight", "TK005"]
    },
    ModelFlaw(testDescription: "query heads cannot share key–value heads") {
      $0.set("num_key_value_heads", "3")
    } found: {
      [
        "MD013", "MD006 model.layers.{0-1}.self_attn.k_proj.weight",
        "MD006 model.layers.{0-1}.self_attn.v_proj.weight",
      ]
    },
    ModelFlaw(testDescription: "an odd number of rotary dimensions") {
      $0.set("partial_rotary_factor", "0.4")
    } found: {
      ["MD013"]
    },
    ModelFlaw(testDescription: "a context beyond the trained one without scaling") {
      $0.set("original_max_position_embeddings", "64")
    } found: {
      ["MD014"]
    },
    ModelFlaw(testDescription: "a context beyond what yarn reaches") {
      $0.set(
        "rope_scaling",
        #"{"factor": 1.5, "original_max_position_embeddings": 64, "rope_type": "yarn"}"#)
    } found: {
      ["MD014"]
    },
    ModelFlaw(testDescription: "a layer in another type") {
      $0.change("model.layers.1.mlp.up_proj.weight") {
        $0.type = .f32
        $0.bytes += $0.bytes
      }
    } found: {
      ["MD015 model.layers.{}.mlp.up_proj.weight"]
    },
    ModelFlaw(testDescription: "another type than the configuration says") {
      $0.set("dtype", "\"float16\"")
    } found: {
      ["MD016 dtype"]
    },
    ModelFlaw(testDescription: "weights as integers without scales") {
      $0.change("model.layers.1.mlp.up_proj.weight") { $0.type = .i16 }
    } found: {
      ["MD017 model.layers.1.mlp.up_proj.weight"]
    },
    ModelFlaw(testDescription: "weights quantised by a method of transformers") {
      $0.set("quantization_config", #"{"quant_method": "gptq", "bits": 4}"#)
      $0.tensors.removeAll { $0.name.hasSuffix("mlp.up_proj.weight") }
      $0.add("model.layers.0.mlp.up_proj.qweight", .i32, [8, 8])
    } found: {
      ["MD018 quantization_config"]
    },
    ModelFlaw(testDescription: "an architecture that is not known") {
      $0.set("model_type", "\"mamba\"")
    } found: {
      ["MD001"]
    },
    ModelFlaw(testDescription: "keys are missing") {
      for key in ["hidden_size", "num_hidden_layers", "intermediate_size"] { $0.set(key, nil) }
    } found: {
      ["MD002 hidden_size", "MD002 num_hidden_layers", "MD002 intermediate_size"]
    },
    ModelFlaw(testDescription: "no config.json") {
      $0.files["config.json"] = nil
    } found: {
      ["MD001"]
    },
    ModelFlaw(testDescription: "no prefix at all is no flaw") {
      for index in $0.tensors.indices { $0.tensors[index].name.removePrefix("model.") }
    } found: {
      []
    },
    ModelFlaw(testDescription: "one name without the prefix") {
      $0.change("model.norm.weight") { $0.name = "norm.weight" }
    } found: {
      ["MD004 model.norm.weight", "MD005 norm.weight"]
    },
    ModelFlaw(testDescription: "buffers are no flaw") {
      $0.add("model.layers.0.self_attn.rotary_emb.inv_freq", .f32, [4])
    } found: {
      []
    },
    ModelFlaw(testDescription: "masks are no flaw", base: "tiny-gpt2") {
      $0.add("transformer.h.0.attn.bias", .u8, [1, 1, 128, 128])
    } found: {
      []
    },
    ModelFlaw(testDescription: "old names of norms are no flaw", base: "tiny-bert") {
      for index in $0.tensors.indices where $0.tensors[index].name.contains("LayerNorm") {
        $0.tensors[index].name.replaceSuffix("weight", "gamma")
        $0.tensors[index].name.replaceSuffix("bias", "beta")
      }
    } found: {
      []
    },
    ModelFlaw(testDescription: "an encoder without pooler is no flaw", base: "tiny-bert") {
      $0.tensors.removeAll { $0.name.hasPrefix("pooler") }
    } found: {
      []
    },
    ModelFlaw(testDescription: "the language model of a larger one", base: "tiny-gemma3") {
      for index in $0.tensors.indices { $0.tensors[index].name.insertPrefix("language_model.") }
      $0.add("vision_tower.patch.weight", [4, 4])
      $0.files["config.json"] =
        "{\"model_type\": \"gemma3\", \"text_config\": \($0.files["config.json"] ?? "")}"
    } found: {
      ["MD019"]
    },
  ]

  init(
    testDescription: String, base: String = "tiny-llama",
    edit: @escaping @Sendable (inout TinyModel) -> Void, found: () -> [String]
  ) {
    self.testDescription = testDescription
    self.base = base
    self.edit = edit
    self.found = found()
  }
}

extension TinyModel {
  /// Adds a tensor of zeros in the type of most samples.
  mutating func add(_ name: String, _ shape: [Int]) { add(name, .bf16, shape) }
}

extension String {
  mutating func removePrefix(_ prefix: String) {
    if hasPrefix(prefix) { removeFirst(prefix.count) }
  }

  mutating func insertPrefix(_ prefix: String) { self = prefix + self }

  mutating func replaceSuffix(_ old: String, _ new: String) {
    if hasSuffix(old) { self = dropLast(old.count) + new }
  }
}
