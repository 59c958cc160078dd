import TandemBytes
public import TandemKernels
public import TandemModels
public import TandemTensors

/// How long the matrix products of a model's layers and head take for blocks of tokens, beside how
/// fast the same weights can be read.
public struct ProductBenchmark: Sendable {
  /// The times of a block of tokens, shortest first.
  public struct Block: Sendable {
    public let tokenCount: Int
    public let times: [Duration]
  }

  /// The bytes of the weights that one token needs.
  public let byteCount: Int
  /// The products of weights and activations for one token.
  public let multiplicationCount: Int
  public let threadCount: Int
  public let variant: ProductVariant
  public let blocks: [Block]
  /// The times of reading the weights once on the same threads, shortest first.
  public let readings: [Duration]
  /// What was read, added up: without a use, the compiler could leave the reading out.
  public let checksum: UInt64

  /// Longer blocks are prompts: of those, only the last token meets the head.
  public static let longestBlock = 16

  /// Measures a model. Reading and all block lengths take turns, so that they meet the same
  /// conditions.
  ///
  /// - Parameters:
  ///   - encoding: What the weights are converted to, in memory; nil for the stored ones, in place.
  ///   - repetitions: How often each is measured, at least once.
  /// - Returns: nil if the model's architecture is not known, or there are no products of its types.
  public init?(
    _ model: Model, as encoding: ElementType? = nil, tokenCounts: [Int] = [1, 2, 4, 8, 16, 512],
    repetitions: Int, pool: ThreadPool, variant: ProductVariant = .best
  ) {
    precondition(repetitions > 0, "ProductBenchmark: no repetitions")
    guard let weights = ModelProducts(model, encoding) else { return nil }
    byteCount = weights.byteCount
    multiplicationCount = weights.multiplicationCount
    threadCount = pool.threadCount
    self.variant = variant
    let longest = tokenCounts.max() ?? 1
    // Of any values.
    let activations = (0..<longest * weights.largestColumnCount).map { Float($0 % 251 - 125) / 64 }
    var y1 = [Float](repeating: 0, count: weights.outputCount(longestBlock: longest))
    var (y2, y3) = (y1, y1)
    var multiplier = MatrixMultiplier(pool: pool, variant: variant)
    var times = [[Duration]](repeating: [], count: tokenCounts.count)
    var readings: [Duration] = []
    var sum: UInt64 = 0
    let clock = ContinuousClock()
    for _ in 0..<repetitions {
      let start = clock.now
      sum &+= weights.read(pool)
      readings.append(clock.now - start)
      for (index, tokenCount) in tokenCounts.enumerated() {
        let start = clock.now
        for call in weights.calls {
          let count = call.tokenCount(ofBlock: tokenCount)
          multiply(activations.span, count, call.matrices, &multiplier, &y1, &y2, &y3)
        }
        times[index].append(clock.now - start)
      }
    }
    blocks = zip(tokenCounts, times).map { Block(tokenCount: $0, times: $1.sorted()) }
    self.readings = readings.sorted()
    checksum = sum
  }
}

/// One call with one to three matrices.
private func multiply(
  _ x: Span<Float>, _ tokenCount: Int, _ matrices: [StoredMatrix],
  _ multiplier: inout MatrixMultiplier, _ output1: inout [Float], _ output2: inout [Float],
  _ output3: inout [Float]
) {
  var y1 = output1.mutableSpan
  var y2 = output2.mutableSpan
  var y3 = output3.mutableSpan
  switch matrices.count {
  case 1:
    matrices[0].withView { w1 in
      multiplier.multiply(x, tokenCount: tokenCount, by: w1, into: &y1)
    }
  case 2:
    matrices[0].withView { w1 in
      matrices[1].withView { w2 in
        multiplier.multiply(x, tokenCount: tokenCount, by: w1, into: &y1, by: w2, into: &y2)
      }
    }
  default:
    matrices[0].withView { w1 in
      matrices[1].withView { w2 in
        matrices[2].withView { w3 in
          multiplier.multiply(
            x, tokenCount: tokenCount, by: w1, into: &y1, by: w2, into: &y2, by: w3, into: &y3)
        }
      }
    }
  }
}
