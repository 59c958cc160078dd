public import TandemBundles
public import TandemBytes
public import TandemKernels

extension TokenGenerator {
  /// Makes the models of a bundle ready to write.
  ///
  /// - Throws: ``Finding`` if a model cannot be run, or the pair does not fit the options.
  /// - Complexity: As `Decoder`'s.
  public init(
    _ bundle: TandemBundle, _ options: WritingOptions = WritingOptions(), pool: ThreadPool,
    decoding: DecoderOptions = DecoderOptions()
  ) throws(Finding) {
    let plan = try WritingPlan(bundle, options)
    guard let contract = plan.contract, plan.mode.hasDrafts else {
      self.init(try Decoder(bundle, plan.writer, pool: pool, options: decoding))
      return
    }
    var primary = try Decoder(bundle, contract.primary, pool: pool, options: decoding)
    let secondary = try Decoder(bundle, contract.secondary, pool: pool, options: decoding)
    // What is drafted is read in turn, by both.
    let idCount = min(
      primary.vocabularySize, primary.weights.tokenEmbedding.rowCount,
      secondary.weights.tokenEmbedding.rowCount)
    let vocabulary =
      if let map = contract.draftMap {
        try DraftVocabulary(
          map, bundle, contract.secondary, rowCount: secondary.vocabularySize, idCount: idCount)
      } else {
        DraftVocabulary(sharedRowCount: min(idCount, secondary.vocabularySize))
      }
    var projection: StateProjection?
    if plan.mode != .speed, let reading = contract.reading {
      projection = try StateProjection(
        bundle, reading, primary: primary.shape, secondary: secondary.shape)
      primary.states = HiddenStates(
        reading.layerMap, layerCount: primary.shape.layerCount,
        areNormed: reading.isBehindFinalNorm)
    }
    let router = plan.isAdaptive ? try Router(bundle, dim: secondary.shape.dim, pool: pool) : nil
    let drafter = Drafter(
      secondary, vocabulary, projection: projection, router: router, blockLength: plan.blockLength)
    self.init(primary, drafter, plan.standing)
  }
}

extension TandemBundle {
  /// The member whose tokenizer and end tokens hold for a text: the one that writes alone, or the
  /// primary.
  ///
  /// - Throws: ``Finding`` if the bundle's members do not fit the options.
  public func writer(_ options: WritingOptions) throws(Finding) -> BundleMember {
    try WritingPlan(self, options).writer
  }
}

/// What options come to with the pair of a bundle.
private struct WritingPlan {
  let mode: WritingMode
  let contract: PairContract?
  let writer: BundleMember
  private(set) var blockLength = 0
  private(set) var isAdaptive = false
  private(set) var standing = TokenGenerator.Standing.accepted(.greedy)

  init(_ bundle: TandemBundle, _ options: WritingOptions) throws(Finding) {
    let contract = try PairContract(bundle)
    self.contract = contract
    let own: WritingMode =
      contract == nil ? .primary : contract?.reading == nil ? .speed : .tandemSpeed
    mode = options.mode ?? own
    writer = try Self.writer(mode, contract, bundle)
    func refuse(_ rule: PairRunRule, _ message: String, _ remedy: String? = nil) -> Finding {
      Finding(rule, in: bundle.file.path, message, remedy: remedy)
    }
    if contract == nil && options.blockLength != nil {
      throw refuse(
        .noSecondary,
        "a block length is given, and the bundle has one model, which drafts nothing")
    }
    guard let contract, mode.hasDrafts else { return }
    if mode != .speed, contract.reading == nil {
      throw refuse(
        .otherKind,
        "the mode '\(mode.rawValue)' needs a tandem, and the bundle's pair is an independent one",
        "the mode 'speed' is for these")
    }
    let maximum = min(contract.maximumBlockLength ?? .max, Decoder.maximumBlockLength - 1)
    switch options.blockLength {
    case .fixed(let length):
      guard 1...maximum ~= length else {
        throw refuse(
          .blockLength, "blocks of \(length) tokens are asked for; the pair allows 1 to \(maximum)")
      }
      blockLength = length
    case .adaptive:
      guard bundle.relations.contains(where: { $0.kind == "router" }) else {
        throw refuse(
          .noRouter, "the pair has no router, so that block lengths cannot adapt",
          "give a block length")
      }
      blockLength = maximum
      isAdaptive = true
    case nil: blockLength = contract.defaultBlockLength ?? min(maximum, Self.usualBlockLength)
    }
    if mode == .tandem {
      let freeToken = contract.reading?.writesFreeToken == true ? FreeToken.always : .never
      standing = .all(options.freeToken ?? freeToken)
    } else {
      standing = .accepted(options.acceptance ?? contract.acceptance ?? .residual)
    }
  }

  /// Of independent pairs that say nothing.
  private static let usualBlockLength = 4

  private static func writer(
    _ mode: WritingMode, _ contract: PairContract?, _ bundle: TandemBundle
  ) throws(Finding) -> BundleMember {
    guard let primary = bundle.member(.primary) else {
      throw Finding(EngineRule.noDecoder, in: bundle.file.path, "the bundle has no primary")
    }
    if mode == .primary { return primary }
    guard let contract else {
      throw Finding(
        PairRunRule.noSecondary, in: bundle.file.path,
        "the mode '\(mode.rawValue)' needs a secondary, and the bundle has a primary only")
    }
    guard mode == .secondary else { return primary }
    guard contract.draftMap == nil else {
      throw Finding(
        PairRunRule.otherKind, in: bundle.file.path,
        "the secondary's head has tokens of its own, so that it does not write alone")
    }
    return contract.secondary
  }
}

extension WritingMode {
  /// Whether the secondary drafts for the primary.
  fileprivate var hasDrafts: Bool {
    switch self {
    case .primary, .secondary: false
    case .tandem, .speed, .tandemSpeed: true
    }
  }
}
