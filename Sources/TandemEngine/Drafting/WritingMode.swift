/// Which models of a bundle write a text, and how they work together.
public enum WritingMode: String, Sendable, CaseIterable {
  /// The primary alone.
  case primary
  /// The secondary alone.
  case secondary
  /// The secondary of a tandem, which sees what was written through the primary's states.
  case tandem
  /// Speculative decoding: the secondary drafts by itself, the primary decides what stands.
  case speed
  /// Speculative decoding with the secondary of a tandem.
  case tandemSpeed = "tandem-speed"
}

/// How a bundle's models are to work together.
public struct WritingOptions: Sendable {
  public enum BlockLength: Hashable, Sendable {
    case fixed(Int)
    /// The router decides, up to the pair's maximum.
    case adaptive
  }

  /// nil for the fastest that keeps the primary's text: ``WritingMode/tandemSpeed`` for a tandem,
  /// ``WritingMode/speed`` for an independent pair, ``WritingMode/primary`` without a secondary.
  public var mode: WritingMode?
  /// nil for the pair's default.
  public var blockLength: BlockLength?
  /// nil for the pair's.
  public var acceptance: Acceptance?
  /// nil for the pair's. Of no effect but in the mode ``WritingMode/tandem``.
  public var freeToken: FreeToken?

  public init() {}
}
