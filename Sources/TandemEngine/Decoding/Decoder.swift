public import TandemBundles
public import TandemBytes
public import TandemKernels
import TandemModels

/// A decoder over a mapped bundle: takes tokens, gives logits.
///
///     let bundle = try TandemBundle(path: "model.tandem")
///     var decoder = try Decoder(bundle, bundle.members[0], pool: ThreadPool())
///     try decoder.forward([1, 2, 3], logits: .last)
///     let scores = decoder.logits(ofRow: 0)
///
/// Weights are used where they lie in the file, but for chosen rows of a tied head. Logits of a token have the same bits however the
/// tokens were cut into blocks, and however many threads there are.
public struct Decoder: ~Copyable {
  /// The most tokens that one call of ``forward(_:logits:)`` takes.
  public static let maximumBlockLength = 256

  let shape: DecoderShape
  let weights: DecoderWeights
  let rotary: DecoderRotary
  let loops: DecodingLoops
  var multiplier: MatrixMultiplier
  var cache: KeyValueCache
  var activations = DecoderActivations()
  /// What is kept of the residual stream for another model; nothing unless it is set.
  public var states = HiddenStates()
  /// The tokens that keys and values are held of.
  public internal(set) var position = 0
  /// The rows of logits that the last call gave.
  private(set) var logitRowCount = 0

  /// Makes a member of a bundle ready to run.
  ///
  /// - Throws: ``Finding`` if the member is no decoder that can be run.
  /// - Complexity: O(layers). No matrix is read but rows that are chosen for a tied head; memory for
  ///   keys and values is taken as positions are.
  public init(
    _ bundle: TandemBundle, _ member: BundleMember, pool: ThreadPool,
    options: DecoderOptions = DecoderOptions()
  ) throws(Finding) {
    let path = bundle.file.path
    let tensors = try TensorFinder(bundle, member)
    let (architecture, model) = (tensors.architecture, tensors.model)
    let shape = try DecoderShape(
      model, hasGate: architecture.has(.gate) || architecture.has(.gateUp), in: path)
    let lender = bundle.embeddingLender(of: member)
    let embeddings = try lender.map { lender throws(Finding) in try TensorFinder(bundle, lender) }
    let weights = try DecoderWeights(
      tensors, embeddings: embeddings ?? tensors, shape,
      draftMap: try PairContract.draftMap(ofSecondary: member, in: bundle))
    let contextLength = options.contextLength ?? shape.contextLength
    if let learned = weights.positionEmbedding?.rowCount, contextLength > learned {
      throw Finding(
        EngineRule.fewerPositions, in: path,
        "the model has learned \(learned) positions; \(contextLength) are asked for")
    }
    let rotary = try DecoderRotary(tensors, model, shape, contextLength: contextLength)
    let cache = KeyValueCache(
      layerCount: shape.layerCount, headCount: shape.keyValueHeadCount, headSize: shape.headSize,
      contextLength: contextLength, precision: options.cachePrecision)
    guard let cache else {
      throw Finding(
        EngineRule.tooLarge, in: path,
        "keys and values of \(contextLength) positions do not fit the address space")
    }
    self.shape = shape
    self.weights = weights
    self.rotary = rotary
    self.cache = cache
    loops = DecodingLoops(pool: pool)
    multiplier = MatrixMultiplier(pool: pool, variant: options.variant)
  }
}

extension Decoder {
  /// The positions that there is room for.
  public var contextLength: Int { cache.contextLength }

  /// The logits of a token: one for each row of the output head.
  public var vocabularySize: Int { weights.head.rowCount }

  /// The logits of a token of the last block, counted from the first one that logits were asked of.
  @_lifetime(borrow self)
  public func logits(ofRow row: Int) -> Span<Float> {
    precondition(0..<logitRowCount ~= row, "logits: no such row")
    return activations.logits.span.extracting(row * vocabularySize..<(row + 1) * vocabularySize)
  }

  /// Forgets the tokens from a position on.
  ///
  /// - Precondition: No more tokens are kept than there are.
  public mutating func truncate(to position: Int) {
    precondition(0...self.position ~= position, "truncate: no such position")
    self.position = position
  }

  /// Takes tokens in blocks, and gives the logits of the last one.
  ///
  /// - Throws: ``DecoderError`` if there is no room for them, or one is unknown; then none is
  ///   taken.
  public mutating func prefill(_ tokens: [Int]) throws(DecoderError) {
    try check(tokens)
    var start = 0
    while start < tokens.count {
      let end = min(start + Self.maximumBlockLength, tokens.count)
      try forward(Array(tokens[start..<end]), logits: end == tokens.count ? .last : .none)
      start = end
    }
  }

  /// Takes a block of tokens.
  ///
  /// - Parameter rows: Those tokens whose logits are wanted.
  /// - Throws: ``DecoderError`` if there is no room for them, or one is unknown; then none is
  ///   taken.
  /// - Precondition: At most ``maximumBlockLength`` tokens.
  public mutating func forward(
    _ tokens: [Int], logits rows: LogitRows = .last
  ) throws(DecoderError) {
    try forward(tokens, logits: rows, storing: true)
  }

  /// - Parameter storing: As for `runLayer`.
  mutating func forward(
    _ tokens: [Int], logits rows: LogitRows, storing: Bool
  ) throws(DecoderError) {
    precondition(tokens.count <= Self.maximumBlockLength, "forward: too many tokens")
    try check(tokens)
    embed(tokens)
    states.record(activations.x, after: 0)
    for layer in weights.layers.indices {
      runLayer(layer, tokenCount: tokens.count, storing: storing)
      states.record(activations.x, after: layer + 1)
    }
    if states.includesNormed { recordNormedState() }
    position += tokens.count
    logitRowCount = rows.count(of: tokens.count)
    predict(tokenCount: tokens.count)
  }

  private func check(_ tokens: [Int]) throws(DecoderError) {
    guard tokens.count <= contextLength - position else {
      throw .contextFull(
        position: position, tokenCount: tokens.count, contextLength: contextLength)
    }
    let known = 0..<weights.tokenEmbedding.rowCount
    if let id = tokens.first(where: { !known.contains($0) }) {
      throw .unknownToken(id: id, vocabularySize: known.count)
    }
  }
}

/// The tokens of a block whose logits are wanted.
public enum LogitRows: Sendable {
  case none, last, all
  /// So many tokens at the block's end.
  case tail(Int)

  func count(of tokenCount: Int) -> Int {
    switch self {
    case .none: 0
    case .last: min(tokenCount, 1)
    case .all: tokenCount
    case .tail(let count): min(tokenCount, count)
    }
  }
}
