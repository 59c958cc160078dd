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
  /// Whether the engines of the target want F32: llama.cpp keeps vectors and the embeddings of
  /// positions and segments so.
  public let needsF32: Bool
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
