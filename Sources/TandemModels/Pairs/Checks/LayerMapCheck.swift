import TandemBytes

/// Looks at which states of the primary the secondary's layers read.
///
/// A map that is in range and wrong shows in nothing but the rate of accepted tokens: a probe must
/// measure it.
struct LayerMapCheck {
  private let description: PairDescription
  private let map: PairDescription.LayerMap
  private(set) var findings = Findings()

  /// - Parameters:
  ///   - primaryCount: The primary's layers, nil if they are not known.
  ///   - secondaryCount: The secondary's layers, nil if they are not known.
  init?(_ description: PairDescription, primaryCount: Int?, secondaryCount: Int?) {
    guard let map = description.layerMap else { return nil }
    self.description = description
    self.map = map
    if let secondaryCount, map.ids.count != secondaryCount {
      add(
        .layerMapLength,
        "the map's length is \(map.ids.count); one entry for each of the secondary's \(secondaryCount) layers is needed"
      )
    }
    if let primaryCount { checkRange(primaryCount) }
    checkOrder()
    checkEmbedding()
  }

  private mutating func checkRange(_ count: Int) {
    let last = map.convention == .outputOf ? count - 1 : count
    let wrong = map.ids.indices.filter { map.ids[$0] > last }
    if let first = wrong.first {
      let others = wrong.count > 1 ? ", and \(wrong.count - 1) more are beyond it too" : ""
      add(
        .layerOutOfRange,
        "entry \(first) is \(map.ids[first])\(others); the primary has \(count) layers, so that "
          + "'\(map.convention.rawValue)' goes from 0 to \(last)",
        remedy: map.convention == .outputOf && wrong.allSatisfy { map.ids[$0] == count }
          ? "layers are numbered from 0; if entries count layers passed, write 'state-after'"
          : "the map may be that of a larger primary")
    } else if map.convention == .inputOf, map.ids.contains(count) {
      add(
        .layerConvention,
        "the map says 'input-of' and names layer \(count), but the primary's last layer is \(count - 1)",
        remedy: "state \(count) comes out of the last layer; if every entry counts layers passed, "
          + "write 'state-after'")
    }
    if map.states.contains(count), description.readsFinalNorm == false, wrong.isEmpty {
      findings.add(
        description.finding(
          .beforeFinalNorm, "final_norm",
          "the state after the last layer is read before the final norm",
          remedy:
            "transformers gives the last of its hidden_states behind that norm; be sure that training did not"
        ))
    }
  }

  private mutating func checkOrder() {
    let states = map.ids
    guard let index = states.indices.dropFirst().first(where: { states[$0] <= states[$0 - 1] })
    else { return }
    let relation = states[index] == states[index - 1] ? "the same as" : "below"
    add(
      .layerOrder,
      "entry \(index) is \(states[index]), \(relation) entry \(index - 1), which is \(states[index - 1])",
      remedy: "deeper layers usually read deeper states")
  }

  private mutating func checkEmbedding() {
    guard let index = map.states.firstIndex(of: 0) else { return }
    let advice =
      map.convention == .stateAfter
      ? "if the state that layer 0 puts out is meant, that is 1"
      : "if the state that layer 0 puts out is meant, write 'output-of'"
    add(
      .layerConvention,
      "entry \(index) reads the embedding, which knows one token and no text", remedy: advice)
  }

  private mutating func add(_ rule: PairRule, _ message: String, remedy: String? = nil) {
    findings.add(description.finding(rule, "layer_map", message, remedy: remedy))
  }
}
