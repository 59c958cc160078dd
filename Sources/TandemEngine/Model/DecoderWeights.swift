import TandemBytes

/// The weights of a decoder, under the names that papers and llama2.c give them.
///
/// Matrices stay in the mapped file. Vectors (norms and biases, some thousandth of the weights) are
/// held as binary32, whatever their type there.
struct DecoderWeights: Sendable {
  let file: MappedFile
  /// (vocabulary, dim)
  let tokenEmbedding: StoredMatrix
  let layers: [DecoderLayer]
  /// (dim)
  let finalNorm: [Float]
  /// (vocabulary, dim); the embedding, if there is no other.
  let head: StoredMatrix
}

/// The weights of a layer. Biases are empty where the model has none.
struct DecoderLayer: Sendable {
  /// (dim)
  let attentionNorm: [Float]
  /// (headCount * headSize, dim)
  let wq: StoredMatrix
  /// (keyValueHeadCount * headSize, dim)
  let wk: StoredMatrix
  /// (keyValueHeadCount * headSize, dim)
  let wv: StoredMatrix
  /// (headCount * headSize)
  let bq: [Float]
  /// (keyValueHeadCount * headSize)
  let bk: [Float]
  /// (keyValueHeadCount * headSize)
  let bv: [Float]
  /// (headSize); empty if queries pass no norm.
  let queryNorm: [Float]
  /// (headSize); empty if keys pass no norm.
  let keyNorm: [Float]
  /// (dim, headCount * headSize)
  let wo: StoredMatrix
  /// (dim)
  let bo: [Float]

  /// (dim)
  let feedForwardNorm: [Float]
  /// The gate: (hiddenDim, dim)
  let w1: StoredMatrix
  /// (hiddenDim)
  let b1: [Float]
  /// Down: (dim, hiddenDim)
  let w2: StoredMatrix
  /// (dim)
  let b2: [Float]
  /// Up: (hiddenDim, dim)
  let w3: StoredMatrix
  /// (hiddenDim)
  let b3: [Float]
}
