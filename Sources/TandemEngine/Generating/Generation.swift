/// What text is generated, and where it ends.
public struct GenerationOptions: Sendable {
  public var sampling = SamplingOptions()
  /// nil for as many as the context has room for.
  public var maximumTokenCount: Int?
  /// Tokens that end the text and are no part of it.
  public var endTokens: Set<Int> = []
  /// Texts that end the text and are no part of it.
  public var stopTexts: [String] = []

  public init() {}
}

/// What was generated, and how long it took.
public struct Generation: Sendable {
  /// Why a text ended.
  public enum End: String, Sendable {
    case endToken = "end-token"
    case stopText = "stop-text"
    case tokenLimit = "token-limit"
    case contextFull = "context-full"
    case interrupted
  }

  /// The tokens of the prompt.
  public internal(set) var promptTokenCount = 0
  /// Those of them whose keys and values were there from the last call.
  public internal(set) var knownTokenCount = 0
  /// What was generated, without an end token.
  public internal(set) var tokens: [Int] = []
  public internal(set) var end = End.tokenLimit
  /// What drafting has gained, where there was any.
  public internal(set) var drafting = DraftingStatistics()
  /// The tokens that came together with the first one.
  public internal(set) var firstTokenCount = 0
  /// From the call to the first token.
  public internal(set) var timeToFirstToken: Duration = .zero
  /// From the first token to the last one.
  public internal(set) var decodingTime: Duration = .zero
}
