/// What a block of tokens becomes on its way: a row for each token.
struct DecoderActivations {
  /// The residual stream: (tokens, dim)
  var x: [Float] = []
  /// Its norm: (tokens, dim)
  var xb: [Float] = []
  /// (tokens, headCount * headSize)
  var q: [Float] = []
  /// (tokens, keyValueHeadCount * headSize)
  var k: [Float] = []
  /// (tokens, keyValueHeadCount * headSize)
  var v: [Float] = []
  /// What attention gives: (tokens, headCount * headSize)
  var attended: [Float] = []
  /// The gate: (tokens, hiddenDim)
  var h1: [Float] = []
  /// Up: (tokens, hiddenDim)
  var h3: [Float] = []
  /// The positions' angles, of each kind of layer that has its own.
  var angles: [RotaryAngles] = []
  /// (rows, vocabulary)
  var logits: [Float] = []

  /// Makes room for a block.
  mutating func resize(tokenCount: Int, _ shape: DecoderShape) {
    x.resize(tokenCount * shape.dim)
    xb.resize(tokenCount * shape.dim)
    q.resize(tokenCount * shape.queryDim)
    k.resize(tokenCount * shape.keyValueDim)
    v.resize(tokenCount * shape.keyValueDim)
    attended.resize(tokenCount * shape.queryDim)
    h1.resize(tokenCount * shape.hiddenDim)
    h3.resize(tokenCount * shape.hiddenDim)
  }
}

extension [Float] {
  /// Gives the array a count; its memory stays, and what it holds means nothing.
  mutating func resize(_ newCount: Int) {
    if newCount < count {
      removeLast(count - newCount)
    } else if newCount > count {
      append(contentsOf: repeatElement(0, count: newCount - count))
    }
  }
}
