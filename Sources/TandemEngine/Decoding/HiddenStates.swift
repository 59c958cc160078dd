/// States of a decoder's residual stream that are kept from each block: what another model reads of
/// this one.
///
/// A state is named by the layers that it has passed: 0 is the embedding, i the state after layer
/// i, as the paper and transformers' `hidden_states` count.
public struct HiddenStates: Sendable {
  /// Whether the state after the last layer is taken behind the final norm.
  let areNormed: Bool
  /// The place in ``rows`` of each state, nil for those that are not kept; empty if none is.
  private let places: [Int?]
  /// For each state that is kept: (tokens, dim)
  private var rows: [[Float]]

  /// Keeps nothing.
  init() { self.init([], layerCount: 0, areNormed: false) }

  /// Keeps the states after so many layers, in any order and any of them several times.
  init(_ states: [Int], layerCount: Int, areNormed: Bool) {
    self.areNormed = areNormed
    let kept = Set(states).sorted()
    precondition(
      kept.allSatisfy((0...layerCount).contains), "HiddenStates: no such state of the decoder")
    var places = [Int?](repeating: nil, count: kept.isEmpty ? 0 : layerCount + 1)
    for (place, state) in kept.enumerated() { places[state] = place }
    self.places = places
    rows = [[Float]](repeating: [], count: kept.count)
  }

  /// Whether the last state is kept, behind the final norm.
  var includesNormed: Bool { areNormed && places.last.flatMap(\.self) != nil }

  /// A state of the last block, row by row.
  ///
  /// - Precondition: It is kept.
  func rows(after layers: Int) -> [Float] {
    guard let place = place(after: layers) else { preconditionFailure("rows: not kept") }
    return rows[place]
  }

  /// Keeps a state if it is one of those that are wanted.
  mutating func record(_ x: [Float], after layers: Int) {
    guard let place = place(after: layers), !areNormed || layers < places.count - 1 else { return }
    rows[place].removeAll(keepingCapacity: true)
    rows[place].append(contentsOf: x)
  }

  /// Lets the last state be written behind the final norm.
  mutating func recordNormed(count: Int, _ write: (inout [Float]) -> Void) {
    guard let place = places.last.flatMap(\.self) else { return }
    rows[place].resize(count)
    write(&rows[place])
  }

  private func place(after layers: Int) -> Int? {
    places.isEmpty ? nil : places[layers]
  }
}
