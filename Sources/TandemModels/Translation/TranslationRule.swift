public import TandemBytes

/// Rules for what cannot be said in the other convention when a model is translated.
public enum TranslationRule: String, Rule {
  case unknownModel = "TR001"
  case unmappedTensor = "TR002"
  case sameName = "TR003"
  case unfitShape = "TR004"
  case droppedTensor = "TR005"
  case lostProperty = "TR006"
  case unsupportedTokenizer = "TR007"
  case unknownPreTokenizer = "TR008"
  case tokenCount = "TR009"
  case lostTokenizerPart = "TR010"
  case needsDequantising = "TR011"
  case unsayableProperty = "TR012"

  public var severity: Severity {
    switch self {
    case .unknownModel, .unmappedTensor, .sameName, .unfitShape, .unsupportedTokenizer, .tokenCount,
      .unknownPreTokenizer, .needsDequantising, .unsayableProperty:
      .error
    case .lostProperty, .lostTokenizerPart: .warning
    case .droppedTensor: .note
    }
  }

  public var summary: String {
    switch self {
    case .unknownModel:
      "a model is to be translated whose architecture or configuration is not known"
    case .unmappedTensor: "a tensor has no name in the convention that the model is translated to"
    case .sameName: "two tensors have the same name after translation"
    case .unfitShape: "a tensor's shape does not allow the change that its translation needs"
    case .droppedTensor: "tensors are left out, because the other convention has no place for them"
    case .lostProperty: "the other convention, or its engines, do without a property of the model"
    case .unsayableProperty:
      "without a property that cannot be said, the model computes another thing"
    case .unsupportedTokenizer: "a tokenizer is of a kind that is not translated"
    case .unknownPreTokenizer: "no name, or no description, is known for how a tokenizer cuts texts"
    case .tokenCount: "there are more tokens than the embedding has rows, or far fewer"
    case .lostTokenizerPart: "the other convention cannot say a part of the tokenizer"
    case .needsDequantising: "values change that are stored in blocks with shared scales"
    }
  }
}
