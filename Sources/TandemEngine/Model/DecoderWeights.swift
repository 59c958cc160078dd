/// The weights of a decoder, under the names that papers and llama2.c give them.
///
/// Matrices stay in the mapped file, but for rows of the embedding that are chosen as a head. Vectors (norms and biases, some thousandth of the weights) are
/// held as binary32, whatever their type there.
struct DecoderWeights: Sendable {
  /// (vocabulary, dim)
  let tokenEmbedding: StoredMatrix
  /// Learned positions, added to the embeddings: (context, dim); nil with rotary ones.
  let positionEmbedding: StoredMatrix?
  let layers: [DecoderLayer]
  /// (dim)
  let finalNorm: DecoderNorm
  /// (tokens that can be written, dim); the embedding or some of its rows, if there is no other.
  let head: StoredMatrix
}

/// The weights of a layer: one description for all families, whose differences are what is empty
/// or nil here.
struct DecoderLayer: Sendable {
  /// (dim)
  let attentionNorm: DecoderNorm
  let wq: Projection  // (headCount * headSize, dim)
  let wk: Projection  // (keyValueHeadCount * headSize, dim)
  let wv: Projection  // (keyValueHeadCount * headSize, dim)
  /// (headSize); empty if queries pass no norm.
  let queryNorm: [Float]
  /// (headSize); empty if keys pass no norm.
  let keyNorm: [Float]
  let wo: Projection  // (dim, headCount * headSize)
  /// What attention gives passes it before it is added: (dim); empty if there is none.
  let attentionPostNorm: [Float]

  /// (dim)
  let feedForwardNorm: DecoderNorm
  /// The gate: (hiddenDim, dim); nil if there is none.
  let w1: Projection?
  /// Down: (dim, hiddenDim)
  let w2: Projection
  /// Up: (hiddenDim, dim)
  let w3: Projection
  /// As ``attentionPostNorm``: (dim)
  let feedForwardPostNorm: [Float]
}

/// A matrix and what is added to its products.
struct Projection: Sendable {
  /// (out, in)
  let weight: StoredMatrix
  /// (out); empty if there is none.
  let bias: [Float]

  /// Some of the outputs, where several matrices are stored as one.
  func rows(_ range: Range<Int>) -> Projection {
    Projection(weight: weight.rows(range), bias: bias.isEmpty ? [] : Array(bias[range]))
  }
}

/// A norm: LayerNorm if it has a bias, RMSNorm if it has none. No family that can be run has a
/// LayerNorm without.
struct DecoderNorm: Sendable {
  let weight: [Float]
  /// As long as the weight, or empty.
  let bias: [Float]
}
