import TandemBundles
import TandemBytes
import TandemModels

extension DecoderWeights {
  /// Finds the weights of a bundle's member.
  ///
  /// - Throws: ``Finding`` for the first tensor that is missing, or has another shape or a type
  ///   that cannot be used.
  /// - Complexity: O(layers); no matrix is read.
  init(_ tensors: TensorFinder, _ shape: DecoderShape) throws(Finding) {
    let dim = shape.dim
    file = tensors.bundle.file
    tokenEmbedding = try tensors.matrix(.tokenEmbedding, rows: nil, columns: dim)
    var layers: [DecoderLayer] = []
    for layer in 0..<shape.layerCount {
      layers.append(try DecoderLayer(tensors, shape, layer))
    }
    self.layers = layers
    finalNorm = try tensors.vector(.finalNorm, count: dim)
    head =
      tensors.has(.head) ? try tensors.matrix(.head, rows: nil, columns: dim) : tokenEmbedding
  }
}

extension DecoderLayer {
  fileprivate init(_ t: TensorFinder, _ shape: DecoderShape, _ layer: Int) throws(Finding) {
    let (dim, hidden) = (shape.dim, shape.hiddenDim)
    let (query, keyValue) = (shape.queryDim, shape.keyValueDim)
    func matrix(_ role: TensorRole, _ rows: Int, _ columns: Int) throws(Finding) -> StoredMatrix {
      try t.matrix(role, layer: layer, rows: rows, columns: columns)
    }
    func bias(_ role: TensorRole, _ count: Int) throws(Finding) -> [Float] {
      try t.optionalVector(role, isBias: true, layer: layer, count: count)
    }
    attentionNorm = try t.vector(.attentionNorm, layer: layer, count: dim)
    wq = try matrix(.query, query, dim)
    wk = try matrix(.key, keyValue, dim)
    wv = try matrix(.value, keyValue, dim)
    bq = try bias(.query, query)
    bk = try bias(.key, keyValue)
    bv = try bias(.value, keyValue)
    queryNorm = try t.optionalVector(.queryNorm, layer: layer, count: shape.headSize)
    keyNorm = try t.optionalVector(.keyNorm, layer: layer, count: shape.headSize)
    wo = try matrix(.attentionOutput, dim, query)
    bo = try bias(.attentionOutput, dim)
    feedForwardNorm = try t.vector(.feedForwardNorm, layer: layer, count: dim)
    w1 = try matrix(.gate, hidden, dim)
    b1 = try bias(.gate, hidden)
    w2 = try matrix(.down, dim, hidden)
    b2 = try bias(.down, dim)
    w3 = try matrix(.up, hidden, dim)
    b3 = try bias(.up, hidden)
  }
}
