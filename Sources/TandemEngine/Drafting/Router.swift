import Glibc
import TandemBundles
import TandemBytes
import TandemKernels
import TandemModels

/// Decides after each drafted token whether the primary is asked now (arXiv:2402.08644, section
/// 3.1, adaptive block length).
///
/// Two linear layers read the entropy of the secondary's distribution in nats, the probabilities of
/// its likeliest tokens in descending order, and the secondary's embeddings of these tokens.
struct Router: ~Copyable {
  private let topK: Int
  /// (hidden, 1 + k + k · secondary's dim)
  private let first: Projection
  /// (1, hidden)
  private let second: Projection
  private let activation: PairDescription.Router.Activation
  private let threshold: Float
  private let sign: PairDescription.Router.Sign
  private let loops: DecodingLoops
  private var multiplier: MatrixMultiplier
  private var input: [Float] = []
  private var embeddings: [Float] = []
  private var hidden: [Float]
  private var output: [Float] = [0]
  private var likeliest = LikeliestTokens()

  /// - Parameter dim: The secondary's.
  /// - Throws: ``Finding`` if a field or a tensor is missing or has another form.
  init(_ bundle: TandemBundle, dim: Int, pool: ThreadPool) throws(Finding) {
    let tensors = try NetworkTensors(bundle, "router")
    let fields = tensors.fields
    let topK = try fields.count("top_k")
    let (embeddings, overflow) = topK.multipliedReportingOverflow(by: dim + 1)
    guard !overflow, embeddings < Int.max else {
      throw Finding(
        PairRunRule.field, in: bundle.file.path, item: "router.top_k",
        "is \(topK), which is too many")
    }
    let first = try tensors.layer(0, rows: nil, columns: 1 + embeddings)
    let second = try tensors.layer(1, rows: 1, columns: first.weight.rowCount)
    let activation: PairDescription.Router.Activation = try fields.choice("activation")
    let threshold = Float(try fields.number("threshold"))
    let sign: PairDescription.Router.Sign = try fields.choice("sign")
    self.topK = topK
    self.first = first
    self.second = second
    self.activation = activation
    self.threshold = threshold
    self.sign = sign
    hidden = [Float](repeating: 0, count: first.weight.rowCount)
    loops = DecodingLoops(pool: pool)
    multiplier = MatrixMultiplier(pool: pool)
  }

  /// Whether drafting ends with the token that was drafted of these logits.
  ///
  /// - Parameter secondary: Its last token's logits are those that the token was drafted of.
  mutating func asksPrimary(
    _ secondary: borrowing Decoder, _ vocabulary: DraftVocabulary
  ) -> Bool {
    let probability = probability(secondary, vocabulary)
    return switch sign {
    case .disagreement: probability >= threshold
    case .acceptance: probability < threshold
    }
  }

  /// What the sign says that the output is the probability of.
  mutating func probability(
    _ secondary: borrowing Decoder, _ vocabulary: DraftVocabulary
  ) -> Float {
    likeliest.find(topK, in: secondary.logits(ofRow: 0).extracting(first: vocabulary.rowCount))
    let embedding = secondary.weights.tokenEmbedding
    readInput(embedding, vocabulary)
    let (first, second) = (first, second)
    multiplier.multiply(input, 1, by: first.weight.view, into: &hidden)
    loops.add(bias: first.bias, to: &hidden)
    for index in hidden.indices { hidden[index] = activate(hidden[index]) }
    multiplier.multiply(hidden, 1, by: second.weight.view, into: &output)
    loops.add(bias: second.bias, to: &output)
    return 1 / (1 + expf(-output[0]))
  }

  private mutating func readInput(_ embedding: StoredMatrix, _ vocabulary: DraftVocabulary) {
    let width = embedding.columnCount
    // A tiny vocabulary may have fewer than k tokens; what is missing is zero.
    input = [Float](repeating: 0, count: 1 + topK + topK * width)
    input[0] = Float(likeliest.entropy)
    for index in likeliest.rows.indices {
      input[1 + index] = Float(likeliest.probability(at: index))
    }
    let ids = likeliest.rows.map(vocabulary.id(ofRow:))
    embeddings.resize(ids.count * width)
    embedding.read(rows: ids, into: &embeddings)
    input.replaceSubrange(1 + topK..<1 + topK + embeddings.count, with: embeddings)
  }

  private func activate(_ x: Float) -> Float {
    switch activation {
    case .relu: max(x, 0)
    case .silu: x / (1 + expf(-x))
    case .gelu: 0.5 * x * (1 + erff(x * Float(0.5).squareRoot()))
    case .tanh: tanhf(x)
    }
  }
}

/// The rows of a distribution with the largest probabilities, and its entropy.
private struct LikeliestTokens {
  private(set) var rows: [Int] = []
  private var logits: [Float] = []
  private var largest: Float = 0
  private var total = 0.0
  /// In nats.
  private(set) var entropy = 0.0

  /// Of equal logits the first come first.
  mutating func find(_ count: Int, in all: Span<Float>) {
    rows.removeAll(keepingCapacity: true)
    logits.removeAll(keepingCapacity: true)
    for row in all.indices where logits.count < count || all[row] > logits[count - 1] {
      var place = logits.count
      while place > 0, logits[place - 1] < all[row] { place -= 1 }
      rows.insert(row, at: place)
      logits.insert(all[row], at: place)
      if logits.count > count {
        rows.removeLast()
        logits.removeLast()
      }
    }
    measure(all)
  }

  /// H = log Σ e^x − Σ x · e^x / Σ e^x, with x relative to the largest.
  private mutating func measure(_ all: Span<Float>) {
    largest = logits.first ?? 0
    total = 0
    var weighted = 0.0
    for row in all.indices {
      let x = all[row] - largest
      // Below e⁻⁴⁰ nothing changes in binary32.
      guard x > -40 else { continue }
      let weight = Double(expf(x))
      total += weight
      weighted += weight * Double(x)
    }
    entropy = log(total) - weighted / total
  }

  /// The probability of the index-th likeliest row.
  func probability(at index: Int) -> Double { Double(expf(logits[index] - largest)) / total }
}
