import TandemBytes
import TandemKernels

/// How long a decoder takes for blocks of tokens and for a prompt, and how fast memory is beside it.
public struct DecodingBenchmark: Sendable {
  /// How long a block takes.
  public struct Timing: Sendable {
    public let tokenCount: Int
    /// Shortest first.
    public let times: [Duration]

    public var median: Duration { times[times.count / 2] }

    fileprivate init(_ tokenCount: Int, _ times: [Duration]) {
      self.tokenCount = tokenCount
      self.times = times.sorted()
    }
  }

  /// The positions before each block.
  public let position: Int
  /// The bytes of weights that a block of any length reads.
  public let weightByteCount: Int
  public let threadCount: Int
  /// One for each block length that was asked for.
  public let blocks: [Timing]
  /// nil if no prompt was asked for.
  public let prompt: Timing?
  /// Bytes each second that all cores read of the same weights, in turn with the blocks: shared
  /// memory has slow and fast minutes. The least first.
  private let readRates: [Double]

  /// How fast all cores read the weights, in the median.
  public var readBytesPerSecond: Double { readRates[readRates.count / 2] }

  /// Measures a decoder.
  ///
  /// The lengths take turns, so that a busy moment of the machine meets all of them.
  ///
  /// - Parameters:
  ///   - position: The positions before each block.
  ///   - blockLengths: From 1 to ``Decoder/maximumBlockLength``.
  ///   - promptLength: 0 for none.
  ///   - repetitions: How often each is measured, at least once.
  /// - Throws: ``DecoderError`` if the context has no room.
  public init(
    _ decoder: inout Decoder, position: Int, blockLengths: [Int], promptLength: Int,
    repetitions: Int
  ) throws(DecoderError) {
    precondition(repetitions > 0, "DecodingBenchmark: no repetitions")
    let tokens = Self.tokens(
      max(position, promptLength, blockLengths.max() ?? 0), below: decoder.vocabularySize)
    try Self.fill(&decoder, Array(tokens.prefix(position)))
    var times = [[Duration]](repeating: [], count: blockLengths.count)
    var rates: [Double] = []
    // The first round touches pages and starts threads; it does not count.
    for round in 0...repetitions {
      for (index, length) in blockLengths.enumerated() {
        decoder.truncate(to: position)
        let start = ContinuousClock.now
        try decoder.forward(Array(tokens.prefix(length)), logits: .all)
        if round > 0 { times[index].append(ContinuousClock.now - start) }
      }
      let rate = Self.readRate(decoder.weights)
      if round > 0 { rates.append(rate) }
    }
    var promptTimes: [Duration] = []
    for _ in 0..<(promptLength > 0 ? repetitions : 0) {
      decoder.truncate(to: 0)
      let start = ContinuousClock.now
      try decoder.prefill(Array(tokens.prefix(promptLength)))
      promptTimes.append(ContinuousClock.now - start)
    }
    self.position = position
    weightByteCount = decoder.weights.matrices.reduce(0) { $0 + $1.byteRange.count }
    threadCount = decoder.loops.pool.threadCount
    blocks = zip(blockLengths, times).map { Timing($0, $1) }
    prompt = promptTimes.isEmpty ? nil : Timing(promptLength, promptTimes)
    readRates = rates.sorted()
  }

  /// The measurements of several rounds as one.
  ///
  /// - Precondition: There is one at least, and all measured the same.
  public init(_ rounds: [DecodingBenchmark]) {
    precondition(!rounds.isEmpty, "DecodingBenchmark: no rounds")
    position = rounds[0].position
    weightByteCount = rounds[0].weightByteCount
    threadCount = rounds[0].threadCount
    blocks = rounds[0].blocks.indices.map { index in
      Timing(rounds[0].blocks[index].tokenCount, rounds.flatMap { $0.blocks[index].times })
    }
    prompt = rounds[0].prompt.map { prompt in
      Timing(prompt.tokenCount, rounds.flatMap { $0.prompt?.times ?? [] })
    }
    readRates = rounds.flatMap(\.readRates).sorted()
  }

  private static func fill(_ decoder: inout Decoder, _ tokens: [Int]) throws(DecoderError) {
    decoder.truncate(to: 0)
    try decoder.prefill(tokens)
  }

  /// Tokens that are spread over the vocabulary, the same each time.
  private static func tokens(_ count: Int, below limit: Int) -> [Int] {
    (0..<count).map { ($0 &* 7919 &+ 101) % limit }
  }

  private static let chunkByteCount = 1 << 20

  /// How fast the weights are read by all cores, in bytes each second.
  private static func readRate(_ weights: DecoderWeights) -> Double {
    let chunks = weights.matrices.flatMap { matrix in
      stride(from: matrix.byteRange.lowerBound, to: matrix.byteRange.upperBound, by: chunkByteCount)
        .map { (matrix.file, $0..<min($0 + chunkByteCount, matrix.byteRange.upperBound)) }
    }
    let start = ContinuousClock.now
    let sums = concurrentMap(chunks.count) { index in
      let (file, range) = chunks[index]
      return file.bytes.extracting(range).sumOfWords
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    // The sums are used, so that the compiler cannot leave the reading out.
    let byteCount = chunks.reduce(0) { $0 + $1.1.count } - (sums.contains(.max) ? 1 : 0)
    return seconds > 0 ? Double(byteCount) / seconds : 0
  }
}

extension DecoderWeights {
  /// The matrices that every block of tokens reads, one after the other.
  fileprivate var matrices: [StoredMatrix] {
    layers.flatMap { [$0.wq, $0.wk, $0.wv, $0.wo, $0.w3, $0.w2].map(\.weight) + [$0.w1?.weight] }
      .compactMap(\.self) + [head]
  }
}
