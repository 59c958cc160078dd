import TandemKernels

/// The forward pass, in the order of Touvron et al. (arXiv:2302.13971): each half of a layer
/// normalises the residual stream x, computes, and adds what it found to x.
extension Decoder {
  /// x = the tokens' embeddings; also their positions' angles.
  mutating func embed(_ tokens: [Int]) {
    activations.resize(tokenCount: tokens.count, shape, pairCount: rotary.pairCount)
    weights.tokenEmbedding.read(rows: tokens, in: weights.file, into: &activations.x)
    computeAngles(tokens.count)
  }

  /// The angles of the positions that come next.
  mutating func computeAngles(_ n: Int) {
    rotary.write(
      position: position, tokenCount: n, cosines: &activations.cosines, sines: &activations.sines)
  }

  /// - Parameter storing: Whether the tokens' own keys and values are kept; else they see those that
  ///   are there for their positions.
  mutating func runLayer(_ index: Int, tokenCount: Int, storing: Bool = true) {
    let layer = weights.layers[index]
    project(layer, tokenCount)
    rotateQueries(layer, tokenCount)
    rotateKeys(layer, tokenCount)
    if storing { cache.store(activations.k, activations.v, layer: index, position: position) }
    attend(layer, index, tokenCount)
    feedForward(layer, tokenCount)
  }

  /// q = Wq · norm(x), k = Wk · norm(x), v = Wv · norm(x)
  private mutating func project(_ layer: DecoderLayer, _ n: Int) {
    let file = weights.file
    loops.rmsNorm(
      activations.x, weight: layer.attentionNorm, epsilon: shape.epsilon, into: &activations.xb)
    multiplier.multiply(
      activations.xb, n, by: layer.wq.view(in: file), into: &activations.q,
      by: layer.wk.view(in: file), into: &activations.k,
      by: layer.wv.view(in: file), into: &activations.v)
    loops.add(bias: layer.bq, to: &activations.q)
    loops.add(bias: layer.bk, to: &activations.k)
    loops.add(bias: layer.bv, to: &activations.v)
  }

  /// k = Wk · x, v = Wv · x, where x is normalised before or not; keys turned by their angles.
  mutating func projectKeysAndValues(_ layer: DecoderLayer, _ n: Int, isNormed: Bool) {
    let file = weights.file
    if isNormed {
      loops.rmsNorm(
        activations.x, weight: layer.attentionNorm, epsilon: shape.epsilon, into: &activations.xb)
    } else {
      swap(&activations.x, &activations.xb)
    }
    multiplier.multiply(
      activations.xb, n, by: layer.wk.view(in: file), into: &activations.k,
      by: layer.wv.view(in: file), into: &activations.v)
    loops.add(bias: layer.bk, to: &activations.k)
    loops.add(bias: layer.bv, to: &activations.v)
    rotateKeys(layer, n)
  }

  /// Turns queries by their positions' angles.
  private mutating func rotateQueries(_ layer: DecoderLayer, _ n: Int) {
    if !layer.queryNorm.isEmpty {
      loops.rmsNorm(&activations.q, weight: layer.queryNorm, epsilon: shape.epsilon)
    }
    loops.rotate(
      &activations.q, tokenCount: n, headSize: shape.headSize, cosines: activations.cosines,
      sines: activations.sines, neighbours: rotary.rotatesNeighbours)
  }

  /// Turns keys by their positions' angles.
  private mutating func rotateKeys(_ layer: DecoderLayer, _ n: Int) {
    if !layer.keyNorm.isEmpty {
      loops.rmsNorm(&activations.k, weight: layer.keyNorm, epsilon: shape.epsilon)
    }
    loops.rotate(
      &activations.k, tokenCount: n, headSize: shape.headSize, cosines: activations.cosines,
      sines: activations.sines, neighbours: rotary.rotatesNeighbours)
  }

  /// x = x + Wo · softmax(q · K / sqrt(headSize)) · V, over the positions so far.
  private mutating func attend(_ layer: DecoderLayer, _ index: Int, _ n: Int) {
    cache.attend(
      activations.q, tokenCount: n, layer: index, position: position,
      window: shape.windows[index], scale: shape.attentionScale, into: &activations.attended,
      on: loops.pool)
    let file = weights.file
    multiplier.multiply(
      activations.attended, n, by: layer.wo.view(in: file), into: &activations.x, adding: true)
    loops.add(bias: layer.bo, to: &activations.x)
  }

  /// x = x + W2 · (silu(W1 · norm(x)) * (W3 · norm(x)))
  private mutating func feedForward(_ layer: DecoderLayer, _ n: Int) {
    let file = weights.file
    loops.rmsNorm(
      activations.x, weight: layer.feedForwardNorm, epsilon: shape.epsilon, into: &activations.xb)
    multiplier.multiply(
      activations.xb, n, by: layer.w1.view(in: file), into: &activations.h1,
      by: layer.w3.view(in: file), into: &activations.h3)
    loops.add(bias: layer.b1, to: &activations.h1)
    loops.add(bias: layer.b3, to: &activations.h3)
    loops.swiglu(&activations.h1, up: activations.h3, width: shape.hiddenDim)
    multiplier.multiply(
      activations.h1, n, by: layer.w2.view(in: file), into: &activations.x, adding: true)
    loops.add(bias: layer.b2, to: &activations.x)
  }

  /// Keeps norm(x), the last state as the head reads it.
  mutating func recordNormedState() {
    states.recordNormed(count: activations.x.count) { rows in
      loops.rmsNorm(
        activations.x, weight: weights.finalNorm, epsilon: shape.epsilon, into: &rows)
    }
  }

  /// logits = head · norm(x), of the block's last rows.
  mutating func predict(tokenCount: Int) {
    let rowCount = logitRowCount
    activations.logits.resize(rowCount * vocabularySize)
    guard rowCount > 0 else { return }
    activations.xb.resize(rowCount * shape.dim)
    loops.rmsNorm(
      activations.x, from: tokenCount - rowCount, weight: weights.finalNorm,
      epsilon: shape.epsilon, into: &activations.xb)
    let file = weights.file
    multiplier.multiply(
      activations.xb, rowCount, by: weights.head.view(in: file), into: &activations.logits)
  }
}

extension DecodingLoops {
  /// Adds a bias to each row, if the model has it.
  fileprivate func add(bias: [Float], to rows: inout [Float]) {
    if !bias.isEmpty { add(bias, toRowsOf: &rows) }
  }
}
