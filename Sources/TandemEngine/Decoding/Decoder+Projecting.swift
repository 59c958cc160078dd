import TandemKernels

/// Keys and values of another model's states: the right side of equation 2 (arXiv:2402.08644),
/// y_i sees ŷ_{≤k} = FF_Tandem(x_{≤k}).
extension Decoder {
  /// Takes tokens as another model has read them: each layer's keys and values are those of the
  /// projected states, and nothing else of the layers is computed.
  ///
  /// - Parameters:
  ///   - states: Those of the other model's last block.
  ///   - tokenCount: So many of its first tokens are taken.
  /// - Precondition: The context has room for them.
  mutating func take(
    _ states: HiddenStates, tokenCount: Int, through projection: StateProjection
  ) {
    precondition(tokenCount <= contextLength - position, "take: no room")
    activations.resize(tokenCount: tokenCount, shape)
    computeAngles(tokenCount)
    for (index, layer) in weights.layers.enumerated() {
      // ŷ = FF_Tandem(x^(l(j)))
      let feedForward = projection.layers[index]
      multiplier.multiply(
        states.rows(after: projection.layerMap[index]), tokenCount,
        by: feedForward.weight.view, into: &activations.x)
      loops.add(bias: feedForward.bias, to: &activations.x)
      projectKeysAndValues(layer, index, tokenCount, isNormed: projection.areNormed)
      cache.store(activations.k, activations.v, layer: index, position: position)
    }
    position += tokenCount
  }
}
