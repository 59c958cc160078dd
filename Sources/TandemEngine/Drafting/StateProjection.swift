import TandemBundles
import TandemBytes
import TandemModels

/// FF_Tandem: what makes states of the secondary of the primary's, a linear layer for each layer of
/// the secondary (arXiv:2402.08644, equation 2).
struct StateProjection: Sendable {
  /// For each layer j of the secondary the state l(j) of the primary that it reads.
  let layerMap: [Int]
  /// For each layer: (secondary's dim, primary's dim)
  let layers: [Projection]
  /// Whether projected states pass the norm before the secondary's attention.
  let areNormed: Bool
  /// Whether the first token of a block sees itself through the primary, whose states of it are
  /// there before the block is drafted (equation 2 with positions from 1).
  let includesLast: Bool

  /// - Throws: ``Finding`` if a tensor is missing or has another shape.
  init(
    _ bundle: TandemBundle, _ reading: PairContract.Reading, primary: DecoderShape,
    secondary: DecoderShape
  ) throws(Finding) {
    let tensors = try NetworkTensors(bundle, "projection")
    guard reading.layerMap.count == secondary.layerCount,
      reading.layerMap.allSatisfy({ $0 <= primary.layerCount })
    else {
      throw Finding(
        PairRunRule.field, in: bundle.file.path, item: "tandem.layer_map",
        "is \(reading.layerMap); one entry from 0 to \(primary.layerCount) is needed for each of "
          + "the secondary's \(secondary.layerCount) layers")
    }
    var layers: [Projection] = []
    for layer in 0..<secondary.layerCount {
      layers.append(try tensors.layer(layer, rows: secondary.dim, columns: primary.dim))
    }
    layerMap = reading.layerMap
    self.layers = layers
    areNormed = reading.normsProjected
    includesLast = reading.boundary == .paper
  }
}
