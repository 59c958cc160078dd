import TandemModels
import TandemTensors

/// A tensor that may be quantised.
struct QuantisationCandidate {
  /// The name in the output.
  let name: String
  let shape: Shape
  let type: ElementType
  /// Whether its type is given by name; then it does not count as a layer of its kind either.
  let isFixed: Bool
}

/// Chooses the types of a model's tensors under a quantisation.
struct QuantisationChooser {
  /// The types, by the tensors' places among the candidates; those that keep theirs are left out.
  private(set) var types: [Int: ElementType] = [:]
  /// The types that tensors should have had, but for the length of their rows.
  private(set) var fallbacks: [Int: ElementType] = [:]
  private let quantisation: Quantisation
  /// How many query heads share a key; 1 if that is not known.
  private let headsForEachKey: Int
  private let isLargeLlama: Bool

  /// - Complexity: O(*n* log *n*) in the number of tensors.
  init(
    _ quantisation: Quantisation, _ model: ModelConfiguration?,
    _ candidates: [QuantisationCandidate]
  ) {
    self.quantisation = quantisation
    headsForEachKey = model.map { $0.headCount / max(1, $0.keyValueHeadCount) } ?? 1
    isLargeLlama = model.map(Self.isLargeLlama) ?? false
    let isTied = !candidates.contains { $0.name == "output.weight" }
    let kinds = candidates.map { Quantisation.TensorKind($0.name, isTied: isTied) }
    let valueCount = kinds.count { $0 == .value }
    let layers = candidates.map { Self.layer(of: $0.name) }
    let layerCount = model?.layerCount ?? (layers.max() ?? 0) + 1
    // The n-th tensor of a kind counts as that of layer n, as they stand in llama.cpp's order.
    let order = candidates.indices.sorted { left, right in
      layers[left] != layers[right]
        ? layers[left] < layers[right]
        : candidates[left].name.utf8.lexicographicallyPrecedes(candidates[right].name.utf8)
    }
    var counts: [Quantisation.TensorKind: Int] = [:]
    for index in order {
      let candidate = candidates[index]
      guard !candidate.isFixed, candidate.isQuantised else { continue }
      let kind = kinds[index]
      let layer = counts[kind, default: 0]
      counts[kind] = layer + 1
      choose(
        index, candidate, kind, layer: layer, of: kind == .value ? valueCount : layerCount)
    }
  }

  private mutating func choose(
    _ index: Int, _ candidate: QuantisationCandidate, _ kind: Quantisation.TensorKind,
    layer: Int, of count: Int
  ) {
    let wanted = type(kind, rowLength: candidate.shape.rowLength, layer: layer, of: count)
    let fitting = wanted.fitting(rowLength: candidate.shape.rowLength)
    types[index] = fitting
    if fitting != wanted { fallbacks[index] = wanted }
  }

  /// The type for a kind of tensor in layer i of n.
  private func type(
    _ kind: Quantisation.TensorKind, rowLength: Int, layer: Int, of count: Int
  ) -> ElementType {
    let rule = quantisation.rules.first {
      $0.kind == kind
        && $0.condition.holds(layer: layer, of: count, headsForEachKey: headsForEachKey)
    }
    var type = rule?.type ?? quantisation.type
    if kind == .head, rule == nil {
      let fills = rowLength % type.block.elementCount == 0
      type = !fills || type == .q8_0 ? .q8_0 : .q6_k
    }
    // Eight heads share each key and value: the matrix is small, and more bits cost little.
    if kind == .value, isLargeLlama, type == .q3_k || type == .q4_k { type = .q5_k }
    return type
  }

  /// Whether llama.cpp calls the model one of 70 billion parameters.
  private static func isLargeLlama(_ model: ModelConfiguration) -> Bool {
    switch model.architecture {
    case "llama": model.layerCount == 80 && model.headCount != model.keyValueHeadCount
    case "qwen2", "deci", "olmo": model.layerCount == 80
    case "jais2": model.layerCount == 68
    default: false
    }
  }

  /// The number in `blk.7.`; -1 for tensors of no layer.
  private static func layer(of name: String) -> Int {
    guard name.hasPrefix("blk.") else { return -1 }
    return Int(name.dropFirst(4).prefix { $0 != "." }) ?? -1
  }
}

extension Quantisation.TensorKind {
  init(_ name: String, isTied: Bool) {
    let isEmbedding = name == "token_embd.weight" || name == "per_layer_token_embd.weight"
    let parts: [(String, Self)] = [
      ("attn_qkv.weight", .value), ("attn_kv_b.weight", .value), ("attn_v.weight", .value),
      ("attn_output.weight", .attentionOutput), ("ffn_down", .down),
    ]
    if name == "output.weight" {
      self = .head
    } else if isEmbedding {
      self = isTied ? .head : .embedding
    } else {
      self = parts.first { name.contains($0.0) }?.1 ?? .other
    }
  }
}

extension QuantisationCandidate {
  /// Whether llama.cpp quantises the tensor: matrices, but for norms, routers, convolutions and
  /// positions.
  fileprivate var isQuantised: Bool {
    // Trailing ones, the outermost dimensions, do not count in ggml.
    let rank = shape.dimensions.drop { $0 == 1 }.count
    return rank >= 2 && type.isNumber && name.hasSuffix("weight")
      && !Self.kept.contains { name.contains($0) } && !Self.keptNames.contains(name)
  }

  private static let keptNames: Set<String> = ["position_embd.weight", "token_types.weight"]
  private static let kept = [
    "_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel",
    "per_layer_model_proj", "ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight",
    "indexer.q_proj.weight", "time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight",
    "time_mix_w2.weight", "time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight",
    "time_mix_a0.weight", "time_mix_a1.weight", "time_mix_a2.weight", "time_mix_g1.weight",
    "time_mix_g2.weight", "time_mix_decay_w1.weight", "time_mix_decay_w2.weight",
    "time_mix_lerp_fused.weight", "attn_rel_b.weight", ".position_embd", "sam.pos_embd",
    "sam.neck.", "sam.net_", ".rel_pos", ".patch_embd", ".patch_merger", "a.rvq.codebook",
    "mm.a.code_embd",
  ]
}

extension ElementType {
  /// The type, or the one that llama.cpp takes for rows that do not fill its blocks.
  fileprivate func fitting(rowLength: Int) -> ElementType {
    if rowLength % block.elementCount == 0 { return self }
    let other: ElementType =
      switch self {
      case .iq3_s, .iq4_xs: .iq4_nl
      case .q2_k, .q3_k, .tq1_0, .tq2_0: .q4_0
      case .q4_k: .q5_0
      case .q5_k: .q5_1
      case .q6_k: .q8_0
      default: .f16
      }
    return rowLength % other.block.elementCount == 0 ? other : .f16
  }
}
