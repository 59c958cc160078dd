import TandemModels
import Testing

@Suite struct ArchitectureTests {
  /// A small configuration of a family, from its sample.
  private static func configuration(_ name: String) throws -> ModelConfiguration {
    try #require(Samples.model("good/huggingface/tiny-\(name)").model.configuration)
  }

  private static func map(
    _ name: String, _ naming: TensorNaming, names: [String] = []
  ) throws -> TensorMap {
    TensorMap(try #require(Architecture.named(name)), naming, names: names)
  }

  @Test func `nine families are known`() {
    #expect(
      Architecture.all.map(\.name) == [
        "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2", "bert",
      ])
    #expect(Architecture.named("mamba") == nil)
  }

  /// What a family requires of layer 0, one line a tensor, in the order of use.
  struct Layer: Sendable, CustomTestStringConvertible {
    var family: String
    var naming: TensorNaming
    var lines: [String]
    var testDescription: String { "\(family) \(naming)" }
  }

  @Test(arguments: Layer.all)
  func `a layer has these tensors`(_ layer: Layer) throws {
    let architecture = try #require(Architecture.named(layer.family))
    let configuration = try Self.configuration(layer.family)
    let lines = architecture.expectedTensors(configuration, naming: layer.naming)
      .filter { $0.layer == 0 && $0.requirement == .required }
      .map { "\($0.name) \($0.dimensions.map { $0 ?? -1 })" }
    #expect(lines == layer.lines)
  }

  @Test(arguments: ["llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2", "bert"])
  func `every required tensor has a name in either naming, and finds back`(family: String) throws {
    let (folder, file) = try (Self.map(family, .huggingFace), Self.map(family, .gguf))
    let configuration = try Self.configuration(family)
    let expected = folder.expectedTensors(configuration).filter { $0.requirement == .required }
    var names: Set<String> = []
    for tensor in expected {
      let place = try #require(folder.place(of: tensor.name))
      let name = try #require(file.name(of: place))
      #expect(file.place(of: name)?.role == tensor.role)
      #expect(file.place(of: name).flatMap(folder.name(of:)) == tensor.name)
      names.insert(name)
    }
    let required = file.expectedTensors(configuration).filter { $0.requirement == .required }
    #expect(names == Set(required.map(\.name)))
  }

  @Test func `the prefix is that with which most names are known`() throws {
    let names = [
      "layers.0.mlp.up_proj.weight", "layers.0.mlp.down_proj.weight", "model.norm.weight",
    ]
    #expect(try Self.map("llama", .huggingFace, names: names).prefix == "")
    #expect(try Self.map("llama", .huggingFace, names: []).prefix == "model.")
    #expect(try Self.map("bert", .huggingFace, names: ["bert.pooler.dense.bias"]).prefix == "bert.")
  }

  @Test func `tensors come in the order of their use`() throws {
    let names = [
      "lm_head.weight", "model.norm.weight", "model.layers.10.mlp.down_proj.weight",
      "model.layers.2.self_attn.v_proj.weight", "model.layers.2.input_layernorm.weight",
      "model.layers.2.extra", "model.layers.2.self_attn.q_proj.weight", "extra.embedding",
      "model.embed_tokens.weight", "extra.end",
    ]
    let map = try Self.map("llama", .huggingFace, names: names)
    #expect(
      FirstUseOrder.indices(names, map).map { names[$0] } == [
        "model.embed_tokens.weight", "extra.embedding", "model.layers.2.input_layernorm.weight",
        "model.layers.2.self_attn.q_proj.weight", "model.layers.2.self_attn.v_proj.weight",
        "model.layers.2.extra", "model.layers.10.mlp.down_proj.weight", "model.norm.weight",
        "lm_head.weight", "extra.end",
      ])
    #expect(FirstUseOrder.indices(["h.1.a", "out", "wte", "h.0.b"], nil) == [2, 3, 0, 1])
  }

  @Test func `llama's rotary rows and gpt2's matrices change on the way to GGUF`() throws {
    let llama = try Self.map("llama", .huggingFace)
    #expect(
      llama.place(of: "model.layers.3.self_attn.q_proj.weight")?.change == .queryRowsInterleaved)
    #expect(
      llama.place(of: "model.layers.3.self_attn.k_proj.weight")?.change == .keyRowsInterleaved)
    #expect(llama.place(of: "model.layers.3.self_attn.v_proj.weight")?.change == GGUFChange.none)
    let gpt2 = try Self.map("gpt2", .huggingFace)
    #expect(gpt2.place(of: "transformer.h.0.mlp.c_fc.weight")?.change == .transposed)
    #expect(gpt2.place(of: "transformer.h.0.mlp.c_fc.bias")?.change == GGUFChange.none)
    let gemma = try Self.map("gemma3", .huggingFace)
    #expect(gemma.place(of: "model.layers.0.self_attn.q_norm.weight")?.change == .oneAdded)
  }

  @Test func `a layer number is the first part of digits`() {
    #expect(NameTemplate("model.layers.12.mlp.weight").text == "model.layers.{}.mlp.weight")
    #expect(NameTemplate("model.layers.12.experts.3.w").layer == 12)
    #expect(NameTemplate("layer12.weight").layer == nil)
    #expect(NameTemplate("layers.012.weight").layer == nil)
    #expect(NameTemplate("a..b").text == "a..b")
    #expect(NameTemplate.fill("blk.{}.attn_q.weight", with: 7) == "blk.7.attn_q.weight")
  }
}

extension ArchitectureTests.Layer {
  static let all: [Self] = [
    Self(
      family: "llama", naming: .huggingFace,
      lines: [
        "model.layers.0.input_layernorm.weight [32]",
        "model.layers.0.self_attn.q_proj.weight [32, 32]",
        "model.layers.0.self_attn.k_proj.weight [16, 32]",
        "model.layers.0.self_attn.v_proj.weight [16, 32]",
        "model.layers.0.self_attn.o_proj.weight [32, 32]",
        "model.layers.0.post_attention_layernorm.weight [32]",
        "model.layers.0.mlp.gate_proj.weight [64, 32]",
        "model.layers.0.mlp.up_proj.weight [64, 32]",
        "model.layers.0.mlp.down_proj.weight [32, 64]",
      ]),
    Self(
      family: "qwen3", naming: .gguf,
      lines: [
        "blk.0.attn_norm.weight [32]", "blk.0.attn_q.weight [64, 32]",
        "blk.0.attn_q_norm.weight [16]", "blk.0.attn_k.weight [32, 32]",
        "blk.0.attn_k_norm.weight [16]", "blk.0.attn_v.weight [32, 32]",
        "blk.0.attn_output.weight [32, 64]", "blk.0.ffn_norm.weight [32]",
        "blk.0.ffn_gate.weight [64, 32]", "blk.0.ffn_up.weight [64, 32]",
        "blk.0.ffn_down.weight [32, 64]",
      ]),
    Self(
      family: "gemma2", naming: .gguf,
      lines: [
        "blk.0.attn_norm.weight [32]", "blk.0.attn_q.weight [64, 32]",
        "blk.0.attn_k.weight [32, 32]", "blk.0.attn_v.weight [32, 32]",
        "blk.0.attn_output.weight [32, 64]", "blk.0.post_attention_norm.weight [32]",
        "blk.0.ffn_norm.weight [32]", "blk.0.ffn_gate.weight [64, 32]",
        "blk.0.ffn_up.weight [64, 32]", "blk.0.ffn_down.weight [32, 64]",
        "blk.0.post_ffw_norm.weight [32]",
      ]),
    Self(
      family: "phi3", naming: .gguf,
      lines: [
        "blk.0.attn_norm.weight [32]", "blk.0.attn_qkv.weight [64, 32]",
        "blk.0.attn_output.weight [32, 32]", "blk.0.ffn_norm.weight [32]",
        "blk.0.ffn_up.weight [128, 32]", "blk.0.ffn_down.weight [32, 64]",
      ]),
    Self(
      family: "gpt2", naming: .huggingFace,
      lines: [
        "transformer.h.0.ln_1.weight [32]", "transformer.h.0.ln_1.bias [32]",
        "transformer.h.0.attn.c_attn.weight [32, 96]", "transformer.h.0.attn.c_attn.bias [96]",
        "transformer.h.0.attn.c_proj.weight [32, 32]", "transformer.h.0.attn.c_proj.bias [32]",
        "transformer.h.0.ln_2.weight [32]", "transformer.h.0.ln_2.bias [32]",
        "transformer.h.0.mlp.c_fc.weight [32, 128]", "transformer.h.0.mlp.c_fc.bias [128]",
        "transformer.h.0.mlp.c_proj.weight [128, 32]", "transformer.h.0.mlp.c_proj.bias [32]",
      ]),
    Self(
      family: "bert", naming: .gguf,
      lines: [
        "attn_q.weight [32, 32]", "attn_q.bias [32]", "attn_k.weight [32, 32]",
        "attn_k.bias [32]", "attn_v.weight [32, 32]", "attn_v.bias [32]",
        "attn_output.weight [32, 32]", "attn_output.bias [32]", "attn_output_norm.weight [32]",
        "attn_output_norm.bias [32]", "ffn_up.weight [64, 32]", "ffn_up.bias [64]",
        "ffn_down.weight [32, 64]", "ffn_down.bias [32]", "layer_output_norm.weight [32]",
        "layer_output_norm.bias [32]",
      ].map { "blk.0." + $0 }),
  ]
}
