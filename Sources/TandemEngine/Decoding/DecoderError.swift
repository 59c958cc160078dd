/// Why a decoder cannot take tokens.
public enum DecoderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// More tokens than there are positions left.
  case contextFull(position: Int, tokenCount: Int, contextLength: Int)
  /// An id beyond the embedding's rows.
  case unknownToken(id: Int, vocabularySize: Int)
  /// A logit is NaN, or all are minus infinity: the weights are damaged, or too large to compute with.
  case noFiniteLogits(position: Int)

  public var description: String {
    switch self {
    case .contextFull(0, let tokenCount, let contextLength):
      "the prompt has \(tokenCount) tokens, the context has room for \(contextLength); shorten it"
    case .contextFull(let position, let tokenCount, let contextLength):
      "the context of \(contextLength) positions is full: \(position) are taken, "
        + "\(tokenCount) more are wanted"
    case .unknownToken(let id, let vocabularySize):
      "there is no token \(id): the model knows those from 0 to \(vocabularySize - 1)"
    case .noFiniteLogits(let position):
      "the model's output at position \(position) is not finite: its weights are damaged, or "
        + "too large for binary32"
    }
  }
}
