import CTandem

/// The keys and values of all layers for the positions so far.
///
/// The memory for all positions is reserved at once and zero; the system gives pages as positions
/// are written.
public struct KeyValueCache: ~Copyable {
  /// The type of the elements.
  public enum Precision: String, Sendable, CaseIterable { case f16, f32 }

  /// The largest width of a head.
  public static let maximumHeadSize = Int(TK_MAXIMUM_HEAD_SIZE)

  public let layerCount: Int
  public let headCount: Int
  public let headSize: Int
  /// The positions that there is room for.
  public let contextLength: Int
  public let precision: Precision
  /// Positions that are laid out: a multiple of what attention takes at a time.
  private let positionCount: Int
  private let memory: LazyMemory
  private let level: tk_level

  /// - Returns: nil if the system does not give that much address space.
  /// - Precondition: All counts are positive, and `headSize` is at most ``maximumHeadSize``.
  public init?(
    layerCount: Int, headCount: Int, headSize: Int, contextLength: Int, precision: Precision
  ) {
    self.init(
      layerCount: layerCount, headCount: headCount, headSize: headSize,
      contextLength: contextLength, precision: precision, level: tk_best_level())
  }

  /// The same at a level that this processor has, so that tests can compare levels.
  init?(
    layerCount: Int, headCount: Int, headSize: Int, contextLength: Int, precision: Precision,
    level: tk_level
  ) {
    precondition(
      layerCount > 0 && headCount > 0 && contextLength > 0
        && 1...Self.maximumHeadSize ~= headSize, "KeyValueCache: counts out of range")
    self.layerCount = layerCount
    self.headCount = headCount
    self.headSize = headSize
    self.contextLength = contextLength
    self.precision = precision
    self.level = level
    let group = Int(TK_POSITION_GROUP)
    positionCount = (contextLength + group - 1) / group * group
    let byteCount = Self.byteCount(
      layerCount: layerCount, headCount: headCount, headSize: headSize,
      positionCount: positionCount, precision: precision)
    guard let byteCount, let memory = LazyMemory(byteCount: byteCount) else { return nil }
    self.memory = memory
  }

  /// Bytes of address space; nil if they are over 2⁶³ − 1.
  private static func byteCount(
    layerCount: Int, headCount: Int, headSize: Int, positionCount: Int, precision: Precision
  ) -> Int? {
    var product = headSize + paddedSize(headSize)
    for factor in [headCount, positionCount, layerCount, precision == .f16 ? 2 : 4] {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      if overflow { return nil }
      product = next
    }
    return product
  }

  /// Elements of a position's values: whole vectors.
  private static func paddedSize(_ headSize: Int) -> Int { (headSize + 15) / 16 * 16 }

  /// The keys and values of a layer.
  private func cache(_ layer: Int) -> tk_cache {
    precondition(0..<layerCount ~= layer, "KeyValueCache: no such layer")
    let elementByteCount = precision == .f16 ? 2 : 4
    let keyByteCount = headCount * positionCount * headSize * elementByteCount
    let valueByteCount = headCount * positionCount * Self.paddedSize(headSize) * elementByteCount
    let start = unsafe memory.base + layer * (keyByteCount + valueByteCount)
    return unsafe tk_cache(
      keys: start, values: start + keyByteCount, head_count: headCount, head_size: headSize,
      position_count: positionCount, is_half: precision == .f16)
  }

  /// Takes the keys and values of tokens at consecutive positions.
  ///
  /// - Parameters:
  ///   - keys: (token, head, element), as `values`.
  ///   - position: That of the first token.
  public mutating func store(
    _ keys: [Float], _ values: [Float], layer: Int, position: Int
  ) {
    let width = headCount * headSize
    let tokenCount = keys.count / width
    precondition(
      keys.count == tokenCount * width && values.count == keys.count && position >= 0
        && tokenCount <= contextLength - position, "store: tokens do not fit")
    var cache = unsafe cache(layer)
    let table = unsafe tk_decoding_for(level).pointee
    unsafe keys.withUnsafeBufferPointer { keys in
      unsafe values.withUnsafeBufferPointer { values in
        guard let keys = keys.baseAddress, let values = values.baseAddress else { return }
        for token in 0..<tokenCount {
          // SAFETY: both hold `width` numbers for each token, and the position is one of the cache.
          unsafe table.store(
            &cache, keys + token * width, values + token * width, position + token)
        }
      }
    }
  }

  /// Attends for tokens at consecutive positions, whose keys and values are stored already.
  ///
  /// - Parameters:
  ///   - queries: (token, head, element), as `output`; a multiple of the cache's heads.
  ///   - position: That of the first token.
  ///   - window: How many positions a token sees, itself included; nil for all.
  ///   - scale: What products of queries and keys are multiplied by.
  ///   - softcap: Scores s become softcap · tanh(s / softcap); nil if they stay.
  public func attend(
    _ queries: [Float], tokenCount: Int, layer: Int, position: Int, window: Int?, scale: Float,
    softcap: Float? = nil, into output: inout [Float], on pool: ThreadPool
  ) {
    guard tokenCount > 0 else { return }
    let queryHeadCount = queries.count / tokenCount / headSize
    precondition(
      queries.count == tokenCount * queryHeadCount * headSize && output.count == queries.count
        && queryHeadCount % headCount == 0, "attend: queries differ from heads")
    precondition(
      position >= 0 && tokenCount <= contextLength - position && window ?? 1 > 0,
      "attend: positions out of range")
    let cache = unsafe cache(layer)
    unsafe queries.withUnsafeBufferPointer { queries in
      unsafe output.withUnsafeMutableBufferPointer { output in
        guard let queries = queries.baseAddress, let output = output.baseAddress else { return }
        // SAFETY: each pair of head and token writes its own part of the output, and run waits for
        // all of them; the positions lie in the cache (lines above).
        nonisolated(unsafe) var attention = unsafe tk_attention(
          cache: cache, queries: queries, output: output, token_count: tokenCount,
          head_count: queryHeadCount, first_position: position, window: window ?? contextLength,
          scale: scale, cap: softcap ?? 0)
        let attend = unsafe tk_decoding_for(level).pointee.attend
        unsafe withUnsafePointer(to: &attention) { attention in
          nonisolated(unsafe) let attention = unsafe attention
          nonisolated(unsafe) let attend = unsafe attend
          // Tokens stay together: keys and values are read once for them.
          let pairCount = headCount * tokenCount
          let run = min(max(1, pairCount / (3 * pool.threadCount)), 16)
          pool.run(pairCount, inRunsOf: run) { pairs in
            unsafe attend(attention, pairs.lowerBound, pairs.upperBound)
          }
        }
      }
    }
  }
}
