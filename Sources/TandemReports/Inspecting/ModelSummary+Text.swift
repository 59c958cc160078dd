import TandemModels
import TandemTensors

extension ModelSummary {
  /// What a person wants first.
  var facts: [(String, String?)] {
    let count = totals.elementCount
    let parameters =
      Numbers.grouped(count) + (count < 10_000 ? "" : " (\(Numbers.abbreviated(count)))")
    let architecture = configuration?.architecture ?? ""
    return [("architecture", architecture.isEmpty ? "not known" : architecture)]
      + [("parameters", "\(parameters) in \(Numbers.counted(totals.tensorCount, "tensor"))")]
      + (configuration?.facts(embeddings: embeddings) ?? [])
  }

  private var embeddings: String? {
    if tiesAbsentTensor { return "tied; the embedding is not stored here" }
    return tiedTensor.map { "tied: \($0) is the output head too" }
  }

  /// Types, then the tensors: folded, or one by one if that is wanted.
  func write(to text: inout ReportText, _ options: InspectOptions, level: Int) {
    text.heading("Types", level: level)
    text.table(totals.table)
    if options.wantsTensors {
      let selected = options.selected(tensors)
      let filters = options.filters.map(\.description).joined(separator: ", ")
      let some = "\(Numbers.grouped(selected.count)) of \(Numbers.grouped(tensors.count)) tensors"
      text.heading(
        filters.isEmpty ? Numbers.counted(tensors.count, "tensor") : "\(some): \(filters)",
        level: level)
      text.table(TensorEntry.table(selected))
      return
    }
    let folded = FoldedTensors(tensors)
    if !folded.single.isEmpty {
      text.heading(folded.stacks.isEmpty ? "Tensors" : "Tensors outside layers", level: level)
      text.table(folded.singleTable(tensors))
    }
    for stack in folded.stacks {
      text.heading("Layers \(stack.title), \(Numbers.bytes(stack.byteCount))", level: level)
      text.table(stack.table)
    }
  }
}

extension ModelConfiguration {
  /// The model's shape. What is 0 is not known.
  fileprivate func facts(embeddings: String?) -> [(String, String?)] {
    func count(_ value: Int) -> String? { value > 0 ? Numbers.grouped(value) : nil }
    let isGrouped = keyValueHeadCount != headCount && keyValueHeadCount > 0
    let heads = count(headCount).map {
      "\($0), each \(headSize) wide"
        + (isGrouped ? "; \(keyValueHeadCount) for keys and values" : "")
    }
    return [
      ("layers", count(layerCount)), ("hidden size", count(hiddenSize)),
      ("feed-forward size", count(feedForwardSize)), ("heads", heads),
      ("vocabulary", count(vocabularySize)), ("context", count(contextLength)),
      ("window", window), ("positions", positions),
      ("embeddings", embeddings), ("tokens", tokens),
    ]
  }

  private var window: String? {
    guard let slidingWindow, !slidingLayers.isEmpty else { return nil }
    return "\(Numbers.grouped(slidingWindow)) positions in \(slidingLayers.count) of "
      + "\(layerCount) layers: \(IndexRanges(slidingLayers))"
  }

  private var positions: String? {
    guard let ropeBase else { return nil }
    var text = "rotary, base \(Self.plain(ropeBase))"
    if let slidingRopeBase { text += " (\(Self.plain(slidingRopeBase)) in the window)" }
    if let ropeDimensionCount, ropeDimensionCount != headSize {
      text += ", \(ropeDimensionCount) of \(headSize) rotated"
    }
    if let ropeScaling {
      text += ", scaling \(ropeScaling.type)"
      if let factor = ropeScaling.factor { text += " by \(Self.plain(factor))" }
    }
    return text
  }

  private var tokens: String? {
    let known = [
      bosTokenID.map { "begin \($0)" },
      eosTokenIDs.isEmpty
        ? nil : "end \(eosTokenIDs.map { "\($0)" }.joined(separator: ", "))",
      padTokenID.map { "pad \($0)" }, unknownTokenID.map { "unknown \($0)" },
    ].compactMap { $0 }
    return known.isEmpty ? nil : known.joined(separator: "; ")
  }

  /// A number without a needless fraction.
  private static func plain(_ number: Double) -> String {
    Int(exactly: number).map { Numbers.grouped($0) } ?? "\(number)"
  }
}
