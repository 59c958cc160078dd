import TandemBytes
import TandemCheckpoints

extension Pair {
  /// What is found on the members by themselves and with each other, and the primary's digest, if
  /// it was of use.
  func findings(_ options: PairValidation.Options) -> (findings: Findings, primaryDigest: Digest?) {
    var found = networkFindings
    var origin = OriginCheck(self)
    let hashes = options.includesDigests && origin.needsDigest && primary != nil
    let stages = ValidationStages(self, options, hashes: hashes)
    let (together, draftMap) = modelFindings
    let embedding = EmbeddingCheck(description, primary: primary, secondary: secondary)
    found.add(contentsOf: embedding.findings)
    found.add(contentsOf: together)
    let allowance = SecondaryAllowance(
      mapName: draftMap?.mapName, isBorrowing: description.embedding == .primary)
    func validate(_ model: Model?, _ stage: ValidationStages.Stage) {
      guard let model else { return }
      let own = model.validate(
        includingValues: options.includesValues, progress: stages.progress(stage))
      let isSecondary = stage == .secondaryValues
      found.add(
        contentsOf: own.partitioned { isSecondary && allowance.excuses($0, on: model) }.others)
    }
    validate(primary, .primaryValues)
    validate(secondary, .secondaryValues)
    if options.includesValues { found.add(contentsOf: valueFindings) }
    let digest = hashes ? primary.map { stages.digest(of: $0.checkpoint) } : nil
    origin.compare(with: digest)
    found.add(contentsOf: origin.findings)
    return (found, digest)
  }

  /// The two models with each other, and the check of the map between their tokens.
  private var modelFindings: (Findings, DraftMapCheck?) {
    guard let primary, let secondary else { return (Findings(), nil) }
    let members = MemberCheck(primary: primary, secondary: secondary)
    var found = members.findings
    guard members.areDecoders else { return (found, nil) }
    let map = DraftMapCheck(description, primary: primary, secondary: secondary)
    found.add(contentsOf: map.findings)
    let vocabulary = VocabularyCheck(self, primary: primary, secondary: secondary)
    found.add(contentsOf: vocabulary.findings)
    let positions = PositionCheck(description, primary: primary, secondary: secondary)
    found.add(contentsOf: positions.findings)
    return (found, map)
  }

  /// Layer map, projections and router against the models' configurations.
  private var networkFindings: Findings {
    var found = Findings()
    let (first, second) = (primary?.configuration, secondary?.configuration)
    let map = LayerMapCheck(
      description, primaryCount: first?.layerCount, secondaryCount: second?.layerCount)
    if let map { found.add(contentsOf: map.findings) }
    if let names = description.projection, let projection, let first, let second,
      let check = ProjectionCheck(names, projection, first, second)
    {
      found.add(contentsOf: check.findings)
    }
    if let names = description.router, let router, let second,
      let check = RouterCheck(names, router, width: second.hiddenSize)
    {
      found.add(contentsOf: check.findings)
    }
    return found
  }

  /// The numbers of what lies between the models, and at their edges; all others are the models'
  /// matter.
  private var valueFindings: Findings {
    var found = Findings()
    var misread = MisreadCheck()
    for network in [projection, router].compactMap(\.self) {
      found.add(contentsOf: ValueCheck(network, nil, progress: nil).findings)
      misread.check(network)
    }
    for model in [primary, secondary].compactMap(\.self) { misread.check(model) }
    found.add(contentsOf: misread.findings)
    return found
  }
}
