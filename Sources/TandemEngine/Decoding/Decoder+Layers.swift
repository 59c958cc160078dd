import TandemKernels

/// The forward pass, in the order of Touvron et al. (arXiv:2302.13971): each half of a layer
/// normalises the residual stream x, computes, and adds what it found to x.
extension Decoder {
  /// x = the tokens' embeddings; also their positions' angles.
  mutating func embed(_ tokens: [Int]) {
    activations.resize(tokenCount: tokens.count, shape, pairCount: rotary.pairCount)
    var x = activations.x.mutableSpan
    for (index, token) in tokens.enumerated() {
      var row = x._mutatingExtracting(index * shape.dim..<(index + 1) * shape.dim)
      weights.tokenEmbedding.read(row: token, in: weights.file, into: &row)
    }
    var cosines = activations.cosines.mutableSpan
    var sines = activations.sines.mutableSpan
    rotary.write(
      position: position, tokenCount: tokens.count, cosines: &cosines, sines: &sines)
  }

  mutating func runLayer(_ index: Int, tokenCount: Int) {
    let layer = weights.layers[index]
    project(layer, tokenCount)
    rotate(layer, tokenCount)
    attend(layer, index, tokenCount)
    feedForward(layer, tokenCount)
  }

  /// q = Wq · norm(x), k = Wk · norm(x), v = Wv · norm(x)
  private mutating func project(_ layer: DecoderLayer, _ tokenCount: Int) {
    normalise(layer.attentionNorm)
    var (q, k, v) = (activations.q.mutableSpan, activations.k.mutableSpan, activations.v.mutableSpan)
    let file = weights.file
    multiplier.multiply(
      activations.xb.span, tokenCount: tokenCount, by: layer.wq.view(in: file), into: &q,
      by: layer.wk.view(in: file), into: &k, by: layer.wv.view(in: file), into: &v)
    add(layer.bq, to: &q)
    add(layer.bk, to: &k)
    add(layer.bv, to: &v)
  }

  /// Turns queries and keys by their positions' angles.
  private mutating func rotate(_ layer: DecoderLayer, _ tokenCount: Int) {
    var (q, k) = (activations.q.mutableSpan, activations.k.mutableSpan)
    if !layer.queryNorm.isEmpty {
      loops.rmsNorm(&q, weight: layer.queryNorm.span, epsilon: shape.epsilon)
    }
    if !layer.keyNorm.isEmpty {
      loops.rmsNorm(&k, weight: layer.keyNorm.span, epsilon: shape.epsilon)
    }
    loops.rotate(
      &q, tokenCount: tokenCount, headSize: shape.headSize, cosines: activations.cosines.span,
      sines: activations.sines.span, neighbours: rotary.rotatesNeighbours)
    loops.rotate(
      &k, tokenCount: tokenCount, headSize: shape.headSize, cosines: activations.cosines.span,
      sines: activations.sines.span, neighbours: rotary.rotatesNeighbours)
  }

  /// x = x + Wo · softmax(q · K / sqrt(headSize)) · V, over the positions so far.
  private mutating func attend(_ layer: DecoderLayer, _ index: Int, _ tokenCount: Int) {
    cache.store(activations.k.span, activations.v.span, layer: index, position: position)
    var attended = activations.attended.mutableSpan
    cache.attend(
      activations.q.span, tokenCount: tokenCount, layer: index, position: position,
      window: shape.windows[index], scale: shape.attentionScale, into: &attended, on: loops.pool)
    var x = activations.x.mutableSpan
    multiplier.multiply(
      activations.attended.span, tokenCount: tokenCount, by: layer.wo.view(in: weights.file),
      into: &x, adding: true)
    add(layer.bo, to: &x)
  }

  /// x = x + W2 · (silu(W1 · norm(x)) * (W3 · norm(x)))
  private mutating func feedForward(_ layer: DecoderLayer, _ tokenCount: Int) {
    normalise(layer.feedForwardNorm)
    var (h1, h3) = (activations.h1.mutableSpan, activations.h3.mutableSpan)
    let file = weights.file
    multiplier.multiply(
      activations.xb.span, tokenCount: tokenCount, by: layer.w1.view(in: file), into: &h1,
      by: layer.w3.view(in: file), into: &h3)
    add(layer.b1, to: &h1)
    add(layer.b3, to: &h3)
    loops.swiglu(&h1, up: activations.h3.span, width: shape.hiddenDim)
    var x = activations.x.mutableSpan
    multiplier.multiply(
      activations.h1.span, tokenCount: tokenCount, by: layer.w2.view(in: file), into: &x,
      adding: true)
    add(layer.b2, to: &x)
  }

  /// logits = head · norm(x), of the block's last rows.
  mutating func predict(tokenCount: Int) {
    let rowCount = logitRowCount
    activations.logits.resize(rowCount * vocabularySize)
    guard rowCount > 0 else { return }
    let first = (tokenCount - rowCount) * shape.dim
    activations.xb.resize(rowCount * shape.dim)
    var xb = activations.xb.mutableSpan
    loops.rmsNorm(
      activations.x.span.extracting(droppingFirst: first), weight: weights.finalNorm.span,
      epsilon: shape.epsilon, into: &xb)
    var logits = activations.logits.mutableSpan
    multiplier.multiply(
      activations.xb.span, tokenCount: rowCount, by: weights.head.view(in: weights.file),
      into: &logits)
  }

  /// xb = norm(x)
  private mutating func normalise(_ weight: [Float]) {
    var xb = activations.xb.mutableSpan
    loops.rmsNorm(
      activations.x.span, weight: weight.span, epsilon: shape.epsilon, into: &xb)
  }

  private func add(_ bias: [Float], to rows: inout MutableSpan<Float>) {
    if !bias.isEmpty { loops.add(bias.span, toRowsOf: &rows) }
  }
}
