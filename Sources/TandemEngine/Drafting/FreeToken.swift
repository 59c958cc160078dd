/// When the primary of a tandem writes a token itself, behind each block that it reads
/// (arXiv:2402.08644, Figures 2 and 4).
public enum FreeToken: String, Sendable, CaseIterable {
  /// Behind the prompt and each block.
  case always
  /// Behind each block; the prompt is only read (appendix B, representation generation only).
  case afterPrompt = "after-prompt"
  /// Never: all tokens are the secondary's.
  case never
}
