import TandemBytes

extension PairDescription {
  /// What a tandem needs that paths alone cannot say.
  var missingKeys: Findings {
    var findings = Findings()
    guard kind == .tandem, file == nil else { return findings }
    let keys: [(String, Bool)] = [
      ("projection.weight", projection?.weight != nil),
      ("projection.bias", projection?.bias != nil),
      ("layer_map", layerMap != nil), ("layer_ids", layerMap != nil),
      ("final_norm", readsFinalNorm != nil), ("projected_norm", normsProjected != nil),
      ("boundary", boundary != nil), ("free_token", writesFreeToken != nil),
      ("block_length", blockLength != nil), ("acceptance", acceptance != nil),
      ("vocabulary", vocabulary != nil),
    ]
    let missing = keys.filter { !$0.1 }.map(\.0)
    if !missing.isEmpty {
      findings.add(
        finding(
          .missingKey, nil, "the paths of a tandem do not say \(missing.enumeration)",
          remedy: "write a PAIR.json, which says how the models work together"))
    }
    return findings
  }
}
