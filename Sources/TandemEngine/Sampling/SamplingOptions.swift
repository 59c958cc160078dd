/// How a token is chosen from a model's logits.
///
/// The steps are taken in this order, each on what the one before has left: repeat penalty,
/// temperature, top-k, top-p, min-p. Tokens with equal logits are in the order of their ids.
public struct SamplingOptions: Hashable, Sendable {
  /// What logits are divided by; at 0 the most probable token is taken.
  public var temperature = 0.0
  /// Keeps so many of the most probable tokens; nil for all.
  public var topK: Int?
  /// Keeps the fewest most probable tokens that together have at least this probability; 1 for all.
  public var topP = 1.0
  /// Keeps tokens that are at least this part as probable as the most probable one; 0 for all.
  public var minP = 0.0
  /// What positive logits of recent tokens are divided by, and negative ones multiplied with:
  /// Keskar et al., "CTRL" (arXiv:1909.05858). At 1 nothing changes.
  public var repeatPenalty = 1.0
  /// How many tokens are recent.
  public var repeatWindow = 64
  /// What the random numbers begin with.
  public var seed: UInt64 = 0

  public init() {}

  /// How many of the last tokens the choice depends on.
  var historyLength: Int { repeatPenalty == 1 ? 0 : repeatWindow }

  /// Whether the most probable token is taken, without random numbers.
  public var isGreedy: Bool { temperature == 0 }
}
