import TandemBytes
import TandemCheckpoints
import TandemJSON
import TandemTensors

/// Kinds of drafters that are known and not supported: how to tell them, and what they are called.
///
/// Most have the configuration of a Llama, so that keys, class names and tensor names tell them, in
/// this order of the table: a special kind stands before the one that it is built on.
struct DrafterKind: Sendable {
  let name: String
  /// Values of `model_type`, or of GGUF's `general.architecture`.
  var modelTypes: [String] = []
  /// Parts of class names in `architectures`.
  var classParts: [String] = []
  /// Keys of config.json; all of one group are there.
  var keys: [[String]] = []
  /// Names of tensors, `{}` for the first number; one is there.
  var tensors: [String] = []

  static let all = [
    DrafterKind(
      name: "DSpark", modelTypes: ["dspark"], classParts: ["DSpark"], keys: [["markov_rank"]]),
    DrafterKind(
      name: "DFlash", modelTypes: ["dflash"], classParts: ["DFlash"], keys: [["dflash_config"]]),
    DrafterKind(
      name: "P-EAGLE", modelTypes: ["peagle"], classParts: ["PEagle"]),
    DrafterKind(
      name: "EAGLE-3", modelTypes: ["eagle3"], classParts: ["Eagle3"],
      keys: [["draft_vocab_size"], ["eagle_aux_hidden_state_layer_ids"], ["eagle_config"]],
      tensors: ["midlayer.self_attn.q_proj.weight", "midlayer.hidden_norm.weight"]),
    DrafterKind(
      name: "Medusa", modelTypes: ["medusa"], classParts: ["Medusa"], keys: [["medusa_num_heads"]]),
    DrafterKind(
      name: "Hydra", modelTypes: ["hydra"], keys: [["hydra_num_heads"], ["grounded_heads"]]),
    DrafterKind(
      name: "BiTA", keys: [["mask_num", "prompt_num"]], tensors: ["mask_tokens.weight"]),
    DrafterKind(
      name: "GliDe", keys: [["large_hidden_size"]],
      tensors: [
        "model.layers.{}.cross_attn.q_proj.weight", "layers.{}.cross_attn.q_proj.weight",
      ]),
    DrafterKind(
      name: "Gemma assistant", modelTypes: ["gemma4_assistant"], classParts: ["Assistant"],
      keys: [["backbone_hidden_size"]], tensors: ["pre_projection.weight"]),
    DrafterKind(
      name: "MLP speculator", modelTypes: ["mlp_speculator"], classParts: ["MLPSpeculator"],
      tensors: ["speculator.emb.{}.weight"]),
    DrafterKind(
      name: "multi-token prediction", modelTypes: ["mtp"], classParts: ["NextN", "MTP"],
      tensors: ["mtp.fc.weight", "mtp.layers.{}.self_attn.q_proj.weight"]),
    DrafterKind(
      name: "EAGLE", modelTypes: ["eagle"], classParts: ["Eagle", "EAGLE"], tensors: ["fc.weight"]),
    DrafterKind(
      name: "Medusa", tensors: ["{}.0.linear.weight", "medusa_head.{}.0.linear.weight"]),
  ]
}

extension DrafterKind {
  /// What a drafter of another kind is called, nil if nothing shows that the checkpoint is one.
  static func name(of checkpoint: Checkpoint) -> String? {
    let config: [String: PlacedValue]
    switch checkpoint.metadata {
    case .gguf(let metadata):
      let type = metadata.string("general.architecture").map { ConfigValue.string($0) }
      config = ["model_type": PlacedValue(value: type ?? .null, offset: 0)]
    case .safetensors, .pytorch:
      let document = checkpoint.documents.first { $0.name == "config.json" }
      config = document.map { members(of: $0.file) } ?? [:]
    case .onnx, .absent: config = [:]
    }
    return name(config, tensors: Set(checkpoint.tensors.map { NameTemplate($0.name).text }))
  }

  /// The same, from the config.json in a folder that holds no checkpoint that can be read.
  static func name(ofFolder path: String) -> String? {
    guard let file = try? MappedFile(path: Paths.join(path, "config.json")) else { return nil }
    return name(members(of: file), tensors: [])
  }

  private static func name(_ config: [String: PlacedValue], tensors: Set<String>) -> String? {
    // The library's own format says the kind in a word.
    if let kind = config["speculators_model_type"]?.value.string {
      return all.first { $0.modelTypes.contains(kind) }?.name ?? "speculators' \(kind)"
    }
    return all.first { $0.matches(config, tensors) }?.name
  }

  private func matches(_ config: [String: PlacedValue], _ names: Set<String>) -> Bool {
    if let type = config["model_type"]?.value.string, modelTypes.contains(type) { return true }
    if case .list(let classes)? = config["architectures"]?.value,
      classes.contains(where: { name in classParts.contains { name.string?.contains($0) ?? false } }
      )
    {
      return true
    }
    return keys.contains { group in group.allSatisfy { config[$0] != nil } }
      || tensors.contains { names.contains($0) }
  }

  private static func members(of file: MappedFile) -> [String: PlacedValue] {
    guard file.byteCount <= 4 << 20 else { return [:] }
    var json = JSONReader(file.bytes, allowsNonFinite: true)
    return (try? ConfigValue(&json))?.members ?? [:]
  }
}

extension String {
  /// Whether another text occurs in this one, byte for byte.
  fileprivate func contains(_ part: String) -> Bool {
    let (bytes, wanted) = (Array(utf8), Array(part.utf8))
    guard bytes.count >= wanted.count else { return false }
    return (0...bytes.count - wanted.count).contains {
      bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
  }
}
