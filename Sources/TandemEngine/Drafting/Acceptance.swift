/// When a drafted token stands. Under either rule the text is distributed as the primary's alone.
public enum Acceptance: String, Sendable, CaseIterable {
  /// The secondary drafts its likeliest token, which stands if the primary chooses the same: the
  /// text is token for token the one that the primary writes alone with the same seed.
  case greedy
  /// The secondary draws tokens, which stand with the probability that keeps the primary's
  /// distribution (Leviathan et al., arXiv:2211.17192). More of them stand than under the other rule
  /// where the primary is uncertain; without sampling both rules are the same.
  case residual
}
