import TandemJSON
import TandemModels

/// The memory that running a model takes, in bytes.
struct MemoryPlan: Sendable, Hashable {
  /// The positions of a sequence.
  let contextLength: Int
  /// The sequences that run at the same time.
  let batchSize: Int
  /// The tensors as stored.
  let weights: Int
  /// Keys and values of all positions in F16; none for an encoder.
  let keyValueCache: Int
  /// What one step holds at a time in F32: of a decoder for one token of each sequence, of an
  /// encoder for all.
  let activations: Int

  var total: Int { weights.plus(keyValueCache).plus(activations) }

  /// Plans for a model.
  ///
  /// - Parameter contextLength: nil for all that the model allows.
  /// - Returns: nil if the configuration does not say how large the model is.
  init?(
    _ model: ModelConfiguration, weights: Int, contextLength: Int?, batchSize: Int
  ) {
    guard model.layerCount > 0, model.hiddenSize > 0, model.headCount > 0, model.headSize > 0
    else { return nil }
    let context = contextLength ?? model.contextLength
    guard context > 0 else { return nil }
    self.contextLength = context
    self.batchSize = batchSize
    self.weights = weights
    let query = model.headCount.times(model.headSize)
    let keyValue = model.keyValueHeadCount.times(model.headSize)
    // Residual stream and its norm; queries, keys and values; gate and up.
    let perToken = model.hiddenSize.times(2).plus(query).plus(keyValue.times(2))
      .plus(model.feedForwardSize.times(2))
    let scores = model.headCount.times(context)
    if model.isEncoder {
      keyValueCache = 0
      activations = perToken.plus(scores).times(context).times(4).times(batchSize)
    } else {
      keyValueCache = model.cachedPositions(context).times(keyValue).times(2 * 2).times(batchSize)
      activations = perToken.plus(scores).plus(model.vocabularySize).times(4).times(batchSize)
    }
  }

  var json: JSONOutput {
    .object([
      ("context_length", .integer(contextLength)), ("batch_size", .integer(batchSize)),
      ("weights_byte_count", .integer(weights)),
      ("key_value_cache_byte_count", .integer(keyValueCache)),
      ("activations_byte_count", .integer(activations)), ("total_byte_count", .integer(total)),
    ])
  }
}

extension ModelConfiguration {
  /// Whether it reads all tokens at once and keeps no keys and values.
  var isEncoder: Bool { architecture == "bert" }

  /// The positions whose keys and values are kept, of all layers together.
  fileprivate func cachedPositions(_ context: Int) -> Int {
    guard let slidingWindow else { return layerCount.times(context) }
    let sliding = min(slidingLayers.count, layerCount)
    return (layerCount - sliding).times(context).plus(sliding.times(min(context, slidingWindow)))
  }
}
