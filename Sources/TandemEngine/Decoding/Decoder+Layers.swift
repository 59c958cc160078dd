import TandemKernels

/// The forward pass, in the order of Touvron et al. (arXiv:2302.13971): each half of a layer
/// normalises the residual stream x, computes, and adds what it found to x.
extension Decoder {
  /// x = the tokens' embeddings; also their positions' angles, or with learned positions those.
  mutating func embed(_ tokens: [Int]) {
    activations.resize(tokenCount: tokens.count, shape)
    weights.tokenEmbedding.read(rows: tokens, into: &activations.x)
    if let scale = shape.embeddingScale {
      for index in activations.x.indices { activations.x[index] *= scale }
    }
    if let learned = weights.positionEmbedding {
      learned.read(rows: position..<position + tokens.count, into: &activations.xb)
      loops.add(activations.xb, toRowsOf: &activations.x)
    }
    computeAngles(tokens.count)
  }

  /// The angles of the positions that come next.
  mutating func computeAngles(_ n: Int) {
    rotary.write(position: position, tokenCount: n, into: &activations.angles)
  }

  /// - Parameter storing: Whether the tokens' own keys and values are kept; else they see those that
  ///   are there for their positions.
  mutating func runLayer(_ index: Int, tokenCount: Int, storing: Bool = true) {
    let layer = weights.layers[index]
    project(layer, tokenCount)
    rotateQueries(layer, index, tokenCount)
    rotateKeys(layer, index, tokenCount)
    if storing { cache.store(activations.k, activations.v, layer: index, position: position) }
    attend(layer, index, tokenCount)
    feedForward(layer, tokenCount)
  }

  /// q = Wq · norm(x), k = Wk · norm(x), v = Wv · norm(x)
  private mutating func project(_ layer: DecoderLayer, _ n: Int) {
    loops.normalise(activations.x, layer.attentionNorm, shape.epsilon, into: &activations.xb)
    multiplier.multiply(
      activations.xb, n, by: layer.wq.weight.view, into: &activations.q,
      by: layer.wk.weight.view, into: &activations.k,
      by: layer.wv.weight.view, into: &activations.v)
    loops.add(bias: layer.wq.bias, to: &activations.q)
    loops.add(bias: layer.wk.bias, to: &activations.k)
    loops.add(bias: layer.wv.bias, to: &activations.v)
  }

  /// k = Wk · x, v = Wv · x, where x is normalised before or not; keys turned by their angles.
  mutating func projectKeysAndValues(
    _ layer: DecoderLayer, _ index: Int, _ n: Int, isNormed: Bool
  ) {
    if isNormed {
      loops.normalise(activations.x, layer.attentionNorm, shape.epsilon, into: &activations.xb)
    } else {
      swap(&activations.x, &activations.xb)
    }
    multiplier.multiply(
      activations.xb, n, by: layer.wk.weight.view, into: &activations.k,
      by: layer.wv.weight.view, into: &activations.v)
    loops.add(bias: layer.wk.bias, to: &activations.k)
    loops.add(bias: layer.wv.bias, to: &activations.v)
    rotateKeys(layer, index, n)
  }

  private mutating func rotateQueries(_ layer: DecoderLayer, _ index: Int, _ n: Int) {
    loops.normaliseHeads(&activations.q, layer.queryNorm, shape.epsilon)
    rotary.rotate(&activations.q, n, ofLayer: index, by: activations.angles, shape, on: loops)
  }

  private mutating func rotateKeys(_ layer: DecoderLayer, _ index: Int, _ n: Int) {
    loops.normaliseHeads(&activations.k, layer.keyNorm, shape.epsilon)
    rotary.rotate(&activations.k, n, ofLayer: index, by: activations.angles, shape, on: loops)
  }

  /// x = x + Wo · softmax(q · K / sqrt(headSize)) · V, over the positions so far.
  private mutating func attend(_ layer: DecoderLayer, _ index: Int, _ n: Int) {
    cache.attend(
      activations.q, tokenCount: n, layer: index, position: position,
      window: shape.windows[index], scale: shape.attentionScale, softcap: shape.attentionSoftcap,
      into: &activations.attended, on: loops.pool)
    addProduct(of: activations.attended, n, layer.wo, postNorm: layer.attentionPostNorm)
  }

  /// x = x + W2 · (f(W1 · norm(x)) * (W3 · norm(x))); without a gate x = x + W2 · f(W3 · norm(x)).
  private mutating func feedForward(_ layer: DecoderLayer, _ n: Int) {
    loops.normalise(activations.x, layer.feedForwardNorm, shape.epsilon, into: &activations.xb)
    if let w1 = layer.w1 {
      multiplier.multiply(
        activations.xb, n, by: w1.weight.view, into: &activations.h1,
        by: layer.w3.weight.view, into: &activations.h3)
      loops.add(bias: w1.bias, to: &activations.h1)
      loops.add(bias: layer.w3.bias, to: &activations.h3)
    } else {
      multiplier.multiply(activations.xb, n, by: layer.w3.weight.view, into: &activations.h1)
      loops.add(bias: layer.w3.bias, to: &activations.h1)
    }
    activate(hasGate: layer.w1 != nil)
    addProduct(of: activations.h1, n, layer.w2, postNorm: layer.feedForwardPostNorm)
  }

  /// h1 = f(h1), times h3 if there is a gate.
  private mutating func activate(hasGate: Bool) {
    switch shape.activation {
    case .silu: loops.swiglu(&activations.h1, up: activations.h3, width: shape.hiddenDim)
    case .gelu:
      loops.gelu(&activations.h1, width: shape.hiddenDim)
      if hasGate {
        loops.multiply(&activations.h1, by: activations.h3, width: shape.hiddenDim)
      }
    }
  }

  /// x = x + W · y + b; what is added passes a norm before, if the model has one there.
  private mutating func addProduct(
    of y: [Float], _ n: Int, _ w: Projection, postNorm: [Float]
  ) {
    if postNorm.isEmpty {
      multiplier.multiply(y, n, by: w.weight.view, into: &activations.x, adding: true)
      loops.add(bias: w.bias, to: &activations.x)
    } else {
      multiplier.multiply(y, n, by: w.weight.view, into: &activations.xb)
      loops.add(bias: w.bias, to: &activations.xb)
      loops.rmsNorm(&activations.xb, weight: postNorm, epsilon: shape.epsilon)
      loops.add(activations.xb, toRowsOf: &activations.x)
    }
  }

  /// Keeps norm(x), the last state as the head reads it.
  mutating func recordNormedState() {
    states.recordNormed(count: activations.x.count) { rows in
      loops.normalise(activations.x, weights.finalNorm, shape.epsilon, into: &rows)
    }
  }

  /// logits = head · norm(x), of the block's last rows.
  mutating func predict(tokenCount: Int) {
    let rowCount = logitRowCount
    activations.logits.resize(rowCount * vocabularySize)
    guard rowCount > 0 else { return }
    activations.xb.resize(rowCount * shape.dim)
    loops.normalise(
      activations.x, from: tokenCount - rowCount, weights.finalNorm, shape.epsilon,
      into: &activations.xb)
    let head = weights.head
    multiplier.multiply(activations.xb, rowCount, by: head.view, into: &activations.logits)
    if let cap = shape.finalSoftcap {
      loops.cap(&activations.logits, at: cap, width: vocabularySize)
    }
  }
}

extension DecodingLoops {
  /// Adds a bias to each row, if the model has it.
  func add(bias: [Float], to rows: inout [Float]) {
    if !bias.isEmpty { add(bias, toRowsOf: &rows) }
  }

  /// Normalises each head, if the model does.
  fileprivate func normaliseHeads(_ heads: inout [Float], _ weight: [Float], _ epsilon: Float) {
    if !weight.isEmpty { rmsNorm(&heads, weight: weight, epsilon: epsilon) }
  }

  fileprivate func normalise(
    _ x: [Float], from first: Int = 0, _ norm: DecoderNorm, _ epsilon: Float, into y: inout [Float]
  ) {
    if norm.bias.isEmpty {
      rmsNorm(x, from: first, weight: norm.weight, epsilon: epsilon, into: &y)
    } else {
      layerNorm(x, from: first, weight: norm.weight, bias: norm.bias, epsilon: epsilon, into: &y)
    }
  }
}
