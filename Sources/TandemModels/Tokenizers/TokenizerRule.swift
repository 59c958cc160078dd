public import TandemBytes

/// Rules for tokenizers, by themselves and against the model's configuration.
public enum TokenizerRule: String, Rule {
  case idOutOfRange = "TK001"
  case duplicateToken = "TK002"
  case missingSpecialToken = "TK003"
  case unknownTokenInMerge = "TK004"
  case tooManyTokens = "TK005"
  case fewerTokens = "TK006"
  case missingID = "TK007"
  case endDisagreement = "TK008"
  case moreEnds = "TK009"
  case badID = "TK010"
  case unknownKind = "TK011"
  case malformed = "TK012"
  case noTokenizer = "TK013"
  case listLength = "TK014"
  case beginBehaviour = "TK015"
  case specialDisagreement = "TK016"
  case unsupported = "TK017"

  public var severity: Severity {
    switch self {
    case .idOutOfRange, .missingSpecialToken, .unknownTokenInMerge, .tooManyTokens, .badID,
      .malformed, .listLength, .unsupported:
      .error
    case .duplicateToken, .missingID, .endDisagreement, .beginBehaviour, .specialDisagreement:
      .warning
    case .fewerTokens, .moreEnds, .unknownKind, .noTokenizer: .note
    }
  }

  public var summary: String {
    switch self {
    case .idOutOfRange: "a token id is not below the vocabulary size"
    case .duplicateToken: "two token ids have the same text"
    case .missingSpecialToken: "a special token is named that the vocabulary does not have"
    case .unknownTokenInMerge: "a merge rule names a token that the vocabulary does not have"
    case .tooManyTokens: "the tokenizer has more tokens than the model has rows"
    case .fewerTokens: "the tokenizer has fewer tokens than the model has rows"
    case .missingID: "a token id between others has no token"
    case .endDisagreement: "generation_config.json lacks an end token that config.json has"
    case .moreEnds: "generation_config.json has end tokens that config.json lacks"
    case .badID: "a token id is given twice, or is far beyond the others"
    case .unknownKind: "the kind of tokenizer is not known"
    case .malformed: "the tokenizer's description is not what it needs to be"
    case .noTokenizer: "there is no tokenizer that can be read"
    case .listLength: "lists about tokens have different lengths"
    case .beginBehaviour: "it is not clear whether a text begins with the begin token"
    case .specialDisagreement: "tokenizer and configuration name different tokens for one purpose"
    case .unsupported: "the tokenizer needs something that texts cannot be cut with here"
    }
  }
}
