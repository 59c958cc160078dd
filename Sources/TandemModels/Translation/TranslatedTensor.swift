public import TandemTensors

/// A tensor of a model in the convention that it is translated to, and where it comes from.
public struct TranslatedTensor: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// A tensor of the checkpoint, by its index.
    case stored(Int)
    /// Numbers that the source states in its configuration; stored as F32.
    case numbers([Float])
  }

  /// The name in the target.
  public let name: String
  /// The shape in the target.
  public let shape: Shape
  public let source: Source
  /// What is done to the source's data.
  public let change: TensorChange
  /// Whether the engines of the target want F32.
  public let needsF32: Bool
}

extension TranslatedTensor {
  /// Whether llama.cpp wants a tensor of GGUF in F32 whatever the others are: vectors, norms, and
  /// the embeddings of positions and segments (`prepare_tensors` in its converter,
  /// conversion/base.py).
  public static func needsF32InGGUF(_ name: String, _ shape: Shape) -> Bool {
    shape.rank < 2 || name.hasSuffix("_norm.weight")
      || ["position_embd.weight", "token_types.weight"].contains(name)
  }
}

/// A tensor of the source that has no counterpart, and why it can be done without.
public struct DroppedTensor: Hashable, Sendable {
  public enum Reason: String, Sendable {
    case buffer = "every engine computes them"
    case tiedHead = "the embedding is the head"
    case inConfiguration = "the configuration says it"
    case unused = "the convention has no place for it"
  }

  /// The index in the checkpoint.
  public let index: Int
  public let reason: Reason
}
