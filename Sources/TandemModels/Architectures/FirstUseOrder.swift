/// The order in which a forward pass uses tensors: embeddings, layer by layer, the last norm, the
/// head.
public enum FirstUseOrder {
  /// The indices of names in the order of their use.
  ///
  /// Names that the map does not know, or all if there is none, are placed by their layer number;
  /// among each other they keep their order.
  ///
  /// - Complexity: O(*n* log *n*).
  public static func indices(_ names: [String], _ map: TensorMap?) -> [Int] {
    let keys = names.map { key($0, map) }
    return keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
  }

  private struct Key: Comparable {
    /// 0 before the layers, 1 in them, 2 behind them.
    var phase: Int
    var layer: Int
    /// The place in the table.
    var entry: Int

    static func < (left: Key, right: Key) -> Bool {
      (left.phase, left.layer, left.entry) < (right.phase, right.layer, right.entry)
    }
  }

  private static func key(_ name: String, _ map: TensorMap?) -> Key {
    if let map, let place = map.place(of: name) {
      let phase = place.layer != nil ? 1 : place.entryIndex < map.firstLayered ? 0 : 2
      return Key(phase: phase, layer: place.layer ?? 0, entry: place.entryIndex)
    }
    let layer = NameTemplate(name).layer
    let isEmbedding = ["emb", "wte", "wpe"].contains { name.contains($0) }
    return Key(
      phase: layer != nil ? 1 : isEmbedding ? 0 : 2, layer: layer ?? 0, entry: .max)
  }
}
