import TandemBytes
import TandemTensors
import Testing

@testable import TandemModels

@Suite struct ConfigurationTests {
  private static func fields(_ path: String) throws -> [String: FieldValue] {
    let model = try Samples.model(path).model
    let fields = try #require(model.configuration).fields
    return Dictionary(uniqueKeysWithValues: fields.map { ($0.key, $0.value) })
  }

  @Test func `one model has the same fields from either format`() throws {
    var folder = try Self.fields("good/huggingface/tiny-llama")
    var file = try Self.fields("good/gguf/tiny-llama-f16.gguf")
    #expect(folder.removeValue(forKey: "source.dtype") == .string("BF16"))
    #expect(file.removeValue(forKey: "source.dtype") == .string("F16"))
    #expect(folder == file)
  }

  @Test(arguments: SampleTests.folders + SampleTests.gguf)
  func `fields ascend by their bytes and give the configuration back`(path: String) throws {
    let model = try Samples.model(path).model
    let configuration = try #require(model.configuration)
    let fields = configuration.fields
    #expect(
      fields.map(\.key)
        == fields.map(\.key).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
    #expect(try ModelConfiguration(fields: fields) == configuration)
  }

  @Test func `fields with everything that a configuration can have give it back`() throws {
    var model = ModelConfiguration(
      architecture: "phi3", hiddenSize: 64, layerCount: 3, feedForwardSize: 128, headCount: 4,
      vocabularySize: 96, contextLength: 4096, normEpsilon: 1e-5, activation: "silu")
    model.ropeScaling = RopeScaling(type: "longrope", factor: 4, originalContextLength: 1024)
    model.ropeScaling?.numbers = ["attention_factor": 1.19]
    model.ropeScaling?.lists = ["long_factor": [1.08, 1.25], "short_factor": [1, 1.5]]
    model.slidingWindow = 512
    model.slidingLayers = [0, 2]
    model.eosTokenIDs = [7, 9]
    model.attentionSoftcap = 50
    let back = try ModelConfiguration(fields: model.fields + [("source.name", .string("x"))])
    #expect(back == model)
  }

  @Test func `fields are refused that are missing, unknown or of another type`() throws {
    let fields = try #require(Samples.model("good/huggingface/tiny-llama").model.configuration)
      .fields
    let without = fields.filter { $0.key != "config.hidden_size" }
    #expect(throws: FieldFailure(key: "config.hidden_size", problem: .missing)) {
      try ModelConfiguration(fields: without)
    }
    #expect(throws: FieldFailure(key: "config.hidden_size", problem: .otherType)) {
      try ModelConfiguration(fields: without + [("config.hidden_size", .float(32))])
    }
    #expect(throws: FieldFailure(key: "config.hidden_size", problem: .otherType)) {
      try ModelConfiguration(fields: without + [("config.hidden_size", .unsigned(1 << 60))])
    }
    #expect(throws: FieldFailure(key: "config.colour", problem: .unknown)) {
      try ModelConfiguration(fields: fields + [("config.colour", .bool(true))])
    }
  }

  /// A change to config.json and what the configuration then says.
  struct Reading: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var base = "tiny-llama"
    var edit: @Sendable (inout TinyModel) -> Void
    var check: @Sendable (ModelConfiguration) -> Bool
  }

  @Test(arguments: Reading.all)
  func `config.json is read as transformers reads it`(_ reading: Reading) throws {
    var model = try TinyModel(reading.base)
    reading.edit(&model)
    let configuration = try #require(model.model().configuration)
    #expect(reading.check(configuration), "\(configuration)")
  }
}

extension ConfigurationTests.Reading {
  static let all: [Self] = [
    Self(testDescription: "no head_dim: hidden size over heads") {
      $0.set("head_dim", nil)
    } check: {
      $0.headSize == 8
    },
    Self(testDescription: "no num_key_value_heads: one for each head") {
      $0.set("num_key_value_heads", nil)
    } check: {
      $0.keyValueHeadCount == 4
    },
    Self(testDescription: "mistral without num_key_value_heads has 8", base: "tiny-mistral") {
      $0.set("num_key_value_heads", nil)
    } check: {
      $0.keyValueHeadCount == 8
    },
    Self(testDescription: "mistral without sliding_window has 4096", base: "tiny-mistral") {
      $0.set("sliding_window", nil)
    } check: {
      $0.slidingWindow == 4096 && $0.slidingLayers == [0, 1]
    },
    Self(testDescription: "mistral with a sliding_window of null has none", base: "tiny-mistral") {
      $0.set("sliding_window", "null")
    } check: {
      $0.slidingWindow == nil && $0.slidingLayers == []
    },
    Self(testDescription: "qwen2 has a window only if it is used", base: "tiny-qwen2") {
      $0.set("sliding_window", "64")
    } check: {
      $0.slidingWindow == nil
    },
    Self(testDescription: "qwen2 with a window has it in upper layers", base: "tiny-qwen2") {
      $0.set("sliding_window", "64")
      $0.set("use_sliding_window", "true")
      $0.set("max_window_layers", "1")
      $0.replace(
        "  \"layer_types\": [\n    \"full_attention\",\n    \"full_attention\"\n  ],\n", "")
    } check: {
      $0.slidingWindow == 64 && $0.slidingLayers == [1]
    },
    Self(testDescription: "rope_scaling of llama 3") {
      $0.set(
        "rope_scaling",
        #"{"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 64, "rope_type": "llama3"}"#
      )
    } check: {
      var scaling = RopeScaling(type: "llama3", factor: 8, originalContextLength: 64)
      scaling.numbers = ["high_freq_factor": 4, "low_freq_factor": 1]
      return $0.ropeScaling == scaling
    },
    Self(testDescription: "rope_scaling with the old key 'type'") {
      $0.set("rope_scaling", #"{"factor": 2.0, "type": "linear"}"#)
    } check: {
      $0.ropeScaling == RopeScaling(type: "linear", factor: 2)
    },
    Self(testDescription: "rope_scaling without an original context takes the context") {
      $0.set("rope_scaling", #"{"factor": 2.0, "rope_type": "dynamic"}"#)
    } check: {
      $0.ropeScaling?.originalContextLength == 128
    },
    Self(testDescription: "su is longrope, with its lists", base: "tiny-phi3") {
      $0.set(
        "rope_scaling",
        #"{"long_factor": [1.5, 2, 3, 4.25], "short_factor": [1, 1, 1, 1], "type": "su"}"#)
      $0.set("original_max_position_embeddings", "32")
    } check: {
      $0.ropeScaling?.type == "longrope" && $0.ropeScaling?.originalContextLength == 32
        && $0.ropeScaling?.lists["long_factor"] == [1.5, 2, 3, 4.25]
    },
    Self(testDescription: "rope_parameters for each kind of layer", base: "tiny-gemma3") {
      $0.set("rope_theta", nil)
      $0.set("rope_local_base_freq", nil)
      $0.set(
        "rope_parameters",
        #"{"full_attention": {"factor": 8.0, "rope_theta": 5e5, "rope_type": "linear"}, "sliding_attention": {"rope_theta": 2e4}}"#
      )
    } check: {
      $0.ropeBase == 500_000 && $0.slidingRopeBase == 20_000
        && $0.ropeScaling == RopeScaling(type: "linear", factor: 8)
    },
    Self(testDescription: "partial_rotary_factor") {
      $0.set("partial_rotary_factor", "0.5")
    } check: {
      $0.ropeDimensionCount == 4
    },
    Self(testDescription: "several end tokens") {
      $0.set("eos_token_id", "[1, 3]")
      $0.set("eos_token_id", "[1, 3]", in: "generation_config.json")
    } check: {
      $0.eosTokenIDs == [1, 3]
    },
    Self(testDescription: "end tokens of generation_config.json count too") {
      $0.set("eos_token_id", "[3, 1]", in: "generation_config.json")
    } check: {
      $0.eosTokenIDs == [1, 3]
    },
    Self(testDescription: "a pad_token_id of -1 is none") {
      $0.set("pad_token_id", "-1")
    } check: {
      $0.padTokenID == nil
    },
    Self(testDescription: "the class name stands for model_type") {
      $0.set("model_type", nil)
    } check: {
      $0.architecture == "llama"
    },
    Self(testDescription: "n_inner of null is four times the hidden size", base: "tiny-gpt2") { _ in
    } check: {
      $0.feedForwardSize == 128 && $0.hiddenSize == 32
    },
    Self(testDescription: "numbers are those of binary32") {
      $0.set("rms_norm_eps", "9.999999747378752e-06")
    } check: {
      $0.normEpsilon == 1e-05
    },
    Self(testDescription: "gemma's scales", base: "tiny-gemma2") {
      $0.set("query_pre_attn_scalar", "64")
    } check: {
      $0.attentionScale == 0.125 && $0.embeddingScale == 5.656854
    },
    Self(testDescription: "softcaps of null are none", base: "tiny-gemma2") {
      $0.set("attn_logit_softcapping", "null")
    } check: {
      $0.attentionSoftcap == nil && $0.finalSoftcap == 30
    },
  ]
}
