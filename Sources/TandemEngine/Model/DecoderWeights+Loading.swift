import TandemBundles
import TandemBytes
import TandemModels

extension DecoderWeights {
  /// Finds the weights of a bundle's member.
  ///
  /// - Parameters:
  ///   - embeddings: Where the embedding is: the same, or the primary's tensors.
  ///   - draftMap: Names the rows of the embedding that are the head, if there is no other; nil for
  ///     all.
  /// - Throws: ``Finding`` for the first tensor that is missing, or has another shape or a type
  ///   that cannot be used.
  /// - Complexity: O(layers); no matrix is read, unless it is stored the other way round or rows of
  ///   it are chosen.
  init(
    _ tensors: TensorFinder, embeddings: TensorFinder, _ shape: DecoderShape,
    draftMap: PairContract.DraftMap?
  ) throws(Finding) {
    let dim = shape.dim
    tokenEmbedding = try embeddings.matrix(.tokenEmbedding, rows: nil, columns: dim)
    positionEmbedding =
      tensors.architecture.has(.positionEmbedding)
      ? try tensors.matrix(.positionEmbedding, rows: shape.contextLength, columns: dim) : nil
    var layers: [DecoderLayer] = []
    for layer in 0..<shape.layerCount {
      layers.append(try DecoderLayer(LayerFinder(tensors: tensors, layer: layer), shape))
    }
    self.layers = layers
    finalNorm = try tensors.norm(.finalNorm, count: dim)
    if tensors.has(.head) {
      head = try tensors.matrix(.head, rows: nil, columns: dim)
    } else if let draftMap {
      let ids = try tensors.bundle.draftedIDs(
        draftMap, of: tensors.member, idCount: tokenEmbedding.rowCount)
      head = try embeddings.chosen(ids, of: tokenEmbedding)
    } else {
      head = tokenEmbedding
    }
  }
}

extension DecoderLayer {
  fileprivate init(_ t: LayerFinder, _ shape: DecoderShape) throws(Finding) {
    let (dim, hidden) = (shape.dim, shape.hiddenDim)
    let (query, keyValue) = (shape.queryDim, shape.keyValueDim)
    attentionNorm = try t.norm(.attentionNorm, dim)
    if t.has(.queryKeyValue) {
      let all = try t.projection(.queryKeyValue, query + 2 * keyValue, dim)
      wq = all.rows(0..<query)
      wk = all.rows(query..<query + keyValue)
      wv = all.rows(query + keyValue..<query + 2 * keyValue)
    } else {
      wq = try t.projection(.query, query, dim)
      wk = try t.projection(.key, keyValue, dim)
      wv = try t.projection(.value, keyValue, dim)
    }
    queryNorm = try t.vector(.queryNorm, shape.headSize)
    keyNorm = try t.vector(.keyNorm, shape.headSize)
    wo = try t.projection(.attentionOutput, dim, query)
    attentionPostNorm = try t.vector(.attentionPostNorm, dim)
    feedForwardNorm = try t.norm(.feedForwardNorm, dim)
    if t.has(.gateUp) {
      let both = try t.projection(.gateUp, 2 * hidden, dim)
      w1 = both.rows(0..<hidden)
      w3 = both.rows(hidden..<2 * hidden)
    } else {
      w1 = t.has(.gate) ? try t.projection(.gate, hidden, dim) : nil
      w3 = try t.projection(.up, hidden, dim)
    }
    w2 = try t.projection(.down, dim, hidden)
    feedForwardPostNorm = try t.vector(.feedForwardPostNorm, dim)
  }
}

/// Finds the tensors of one layer.
private struct LayerFinder {
  let tensors: TensorFinder
  let layer: Int

  /// Whether the family's layers have such a tensor.
  func has(_ role: TensorRole) -> Bool { tensors.architecture.has(role) }

  func projection(
    _ role: TensorRole, _ rows: Int, _ columns: Int
  ) throws(Finding) -> Projection {
    Projection(
      weight: try tensors.matrix(role, layer: layer, rows: rows, columns: columns),
      bias: try tensors.optionalVector(role, isBias: true, layer: layer, count: rows))
  }

  func norm(_ role: TensorRole, _ count: Int) throws(Finding) -> DecoderNorm {
    try tensors.norm(role, layer: layer, count: count)
  }

  /// Of a norm that some models lack: empty then.
  func vector(_ role: TensorRole, _ count: Int) throws(Finding) -> [Float] {
    try tensors.optionalVector(role, layer: layer, count: count)
  }
}
