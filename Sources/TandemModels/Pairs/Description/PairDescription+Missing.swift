import TandemBytes

extension PairDescription {
  /// What a pair needs that paths alone cannot say.
  var missingKeys: Findings {
    var findings = Findings()
    guard file == nil else { return findings }
    let tandem: [(String, Bool)] = [
      ("projection.weight", projection?.weight != nil),
      ("projection.bias", projection?.bias != nil),
      ("layer_map", layerMap != nil), ("layer_ids", layerMap != nil),
      ("final_norm", readsFinalNorm != nil), ("projected_norm", normsProjected != nil),
      ("boundary", boundary != nil), ("free_token", writesFreeToken != nil),
      ("block_length", blockLength != nil), ("acceptance", acceptance != nil),
      ("vocabulary", vocabulary != nil),
    ]
    let keys = (kind == .tandem ? tandem : []) + (router?.keys ?? [])
    let missing = keys.filter { !$0.1 }.map(\.0)
    if !missing.isEmpty {
      findings.add(
        finding(
          .missingKey, nil, "the paths of a pair do not say \(missing.enumeration)",
          remedy: "write a PAIR.json, which says how the models work together"))
    }
    return findings
  }
}

extension PairDescription.Router {
  /// What an engine must know about it, and whether that is said.
  fileprivate var keys: [(String, Bool)] {
    [
      ("router.weight", weight != nil), ("router.bias", bias != nil),
      ("router.activation", activation != nil), ("router.top_k", topK != nil),
      ("router.threshold", threshold != nil), ("router.sign", sign != nil),
    ]
  }
}
