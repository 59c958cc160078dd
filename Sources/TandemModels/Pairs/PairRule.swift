public import TandemBytes

/// Rules for models that work together, and for the description of how they do (`schemas/pair.md`).
public enum PairRule: String, Rule {
  // The description.
  case invalidText = "PAIR001"
  case repeatedKey = "PAIR002"
  case unknownKey = "PAIR003"
  case wrongValue = "PAIR004"
  case missingKey = "PAIR005"
  case needlessKey = "PAIR006"
  case unreadableMember = "PAIR007"
  case absolutePath = "PAIR008"
  case wrongAllowance = "PAIR009"
  case unusedAllowance = "PAIR010"
  // What the members are.
  case foreignDrafter = "PAIR011"
  case sameModel = "PAIR012"
  case largerSecondary = "PAIR013"
  case uncheckedArchitecture = "PAIR014"
  case notADecoder = "PAIR015"
  case undescribedReading = "PAIR016"
  // The layers that a tandem reads.
  case layerMapLength = "PAIR021"
  case layerOutOfRange = "PAIR022"
  case layerOrder = "PAIR023"
  case layerConvention = "PAIR024"
  case beforeFinalNorm = "PAIR025"
  // Projections, and types at every boundary.
  case missingProjection = "PAIR031"
  case extraProjection = "PAIR032"
  case projectionShape = "PAIR033"
  case projectionBias = "PAIR034"
  case unusableType = "PAIR035"
  case narrowType = "PAIR036"
  case misreadType = "PAIR037"
  // Tokens.
  case vocabularySize = "PAIR041"
  case otherToken = "PAIR042"
  case draftOnlyTokens = "PAIR043"
  case missingDraftTokens = "PAIR044"
  case paddingRows = "PAIR045"
  case mergeRules = "PAIR046"
  case addedEnds = "PAIR047"
  case specialTokens = "PAIR048"
  case chatTemplates = "PAIR049"
  case noTokenizer = "PAIR050"
  case draftMap = "PAIR051"
  case draftMapRange = "PAIR052"
  case draftMapRepeats = "PAIR053"
  case draftMapConvention = "PAIR054"
  case draftMapEnds = "PAIR055"
  case draftMapMask = "PAIR056"
  case borrowedEmbedding = "PAIR057"
  // Positions and blocks.
  case shorterContext = "PAIR061"
  case otherRotation = "PAIR062"
  case blockLength = "PAIR063"
  // Which primary the others were made for.
  case otherPrimary = "PAIR071"
  case derivedPrimary = "PAIR072"
  case disagreeingOrigins = "PAIR073"
  case unboundPair = "PAIR074"
  // The router.
  case routerTensors = "PAIR081"
  case routerShape = "PAIR082"

  public var severity: Severity {
    switch self {
    case .invalidText, .repeatedKey, .unknownKey, .wrongValue, .missingKey, .needlessKey,
      .unreadableMember, .wrongAllowance, .foreignDrafter, .notADecoder, .layerMapLength,
      .layerOutOfRange, .missingProjection, .extraProjection, .projectionShape, .projectionBias,
      .unusableType, .misreadType, .vocabularySize, .otherToken, .draftOnlyTokens, .addedEnds,
      .draftMap, .draftMapRange, .draftMapRepeats, .draftMapConvention, .draftMapMask,
      .borrowedEmbedding,
      .blockLength, .otherPrimary, .disagreeingOrigins, .routerTensors, .routerShape:
      .error
    case .absolutePath, .sameModel, .largerSecondary, .uncheckedArchitecture, .layerOrder,
      .layerConvention, .missingDraftTokens, .mergeRules, .specialTokens, .chatTemplates,
      .noTokenizer, .draftMapEnds, .shorterContext, .unboundPair:
      .warning
    case .unusedAllowance, .beforeFinalNorm, .narrowType, .paddingRows, .otherRotation,
      .derivedPrimary, .undescribedReading:
      .note
    }
  }
}

extension PairRule {
  public var summary: String {
    switch self {
    case .invalidText: "the description is not JSON"
    case .repeatedKey: "a key stands twice in one object"
    case .unknownKey: "a key is not known"
    case .wrongValue: "a value has another type or range than it needs"
    case .missingKey: "a key that an engine must know is missing"
    case .needlessKey: "a key belongs to another kind of pair"
    case .unreadableMember: "a member's path leads to nothing that can be opened"
    case .absolutePath: "a member's path is absolute, and leads nowhere on another machine"
    case .wrongAllowance: "a code is accepted that no rule has, or that is no warning's"
    case .unusedAllowance: "a warning is accepted that is not there"
    case .foreignDrafter: "a member is a drafter of a kind that is not supported"
    case .sameModel: "primary and secondary are the same model"
    case .largerSecondary: "the secondary has more parameters than the primary"
    case .uncheckedArchitecture:
      "a member's architecture is not known, so that its tensors are not checked"
    case .notADecoder: "a member cannot write texts"
    case .undescribedReading: "nothing says which states of the primary the secondary reads"
    case .layerMapLength: "the layer map does not have one entry for each layer of the secondary"
    case .layerOutOfRange: "the layer map names a layer that the primary does not have"
    case .layerOrder: "the layer map does not ascend"
    case .layerConvention: "the layer map looks as if it counted layers in another way than it says"
    case .beforeFinalNorm: "the last state is read before the final norm, unlike in transformers"
    case .missingProjection: "a layer of the secondary has no projection"
    case .extraProjection: "there is a tensor beside the projections, or a projection too many"
    case .projectionShape: "a projection does not lead from the primary's width to the secondary's"
    case .projectionBias: "a projection's bias is missing, is not announced, or has another length"
    case .unusableType: "a weight is stored as integers without scales"
    case .narrowType: "projections have a smaller range than the states that pass them"
    case .misreadType: "the numbers of a tensor are those of another element type"
    case .vocabularySize: "vocabulary sizes differ, and no tokenizers say why"
    case .otherToken: "a token id has another text in the secondary"
    case .draftOnlyTokens: "the secondary has tokens that the primary does not have"
    case .missingDraftTokens: "the primary has tokens that the secondary does not have"
    case .paddingRows: "the numbers of rows differ by padding"
    case .mergeRules: "the tokenizers cut texts in different ways"
    case .addedEnds: "the tokenizers put different tokens around a text"
    case .specialTokens: "the special tokens differ"
    case .chatTemplates: "the chat templates differ"
    case .noTokenizer: "there is no tokenizer to compare"
    case .draftMap:
      "the map of the draft's tokens is missing or has another type or length than it needs"
    case .draftMapRange: "the map of the draft's tokens leads to ids that the primary does not have"
    case .draftMapRepeats: "the map of the draft's tokens leads to one id twice"
    case .draftMapConvention:
      "the map of the draft's tokens holds offsets for ids, or ids for offsets"
    case .draftMapEnds: "the draft cannot write a token that ends a text"
    case .draftMapMask: "the mask of the draft's tokens disagrees with their map"
    case .borrowedEmbedding:
      "the secondary has an embedding of its own, or cannot read the primary's"
    case .shorterContext: "the secondary's context is shorter than the primary's"
    case .otherRotation: "rotary positions differ"
    case .blockLength: "the block lengths do not fit each other or the context"
    case .otherPrimary: "the pair was made for another primary"
    case .derivedPrimary: "the pair was made for the model that the primary comes from"
    case .disagreeingOrigins: "the members were made for different primaries"
    case .unboundPair: "nothing says which primary the tandem was made for"
    case .routerTensors: "the router is not two layers under the given names"
    case .routerShape: "the router's layers do not fit the secondary or each other"
    }
  }
}
