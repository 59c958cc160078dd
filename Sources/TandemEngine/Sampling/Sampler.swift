import Glibc

/// Tokens and their probabilities, the most probable first; those that are never drawn are left out.
/// Improbable ones, below e⁻¹⁰ times the first, may stand in the order of their ids.
public typealias TokenDistribution = [(id: Int, probability: Double)]

/// Chooses tokens.
public struct Sampler: Sendable {
  public let options: SamplingOptions
  private var generator: SplitMix64

  public init(_ options: SamplingOptions) {
    self.options = options
    generator = SplitMix64(seed: options.seed)
  }

  /// Chooses a token.
  ///
  /// - Parameters:
  ///   - logits: One for each token.
  ///   - history: The tokens so far, for the repeat penalty.
  /// - Returns: nil if a logit is NaN, or no logit is finite.
  /// - Complexity: O(*n*) in the logits for greedy choice; the same and O(*k* log *k*) for others,
  ///   with *k* tokens that are not improbable.
  public mutating func choose(
    _ logits: Span<Float>, after history: some BidirectionalCollection<Int>
  ) -> Int? {
    let penalised = penalties(logits, history)
    guard let best = Self.best(logits, penalised) else { return nil }
    if options.isGreedy { return best.id }
    return draw(from: distribution(logits, penalised, best))
  }

  /// The tokens that may be chosen and their probabilities, the most probable first.
  ///
  /// - Returns: nothing if a logit is NaN, or no logit is finite.
  public func distribution(
    _ logits: Span<Float>, after history: some BidirectionalCollection<Int>
  ) -> TokenDistribution {
    let penalised = penalties(logits, history)
    guard let best = Self.best(logits, penalised) else { return [] }
    if options.isGreedy { return [(best.id, 1)] }
    return distribution(logits, penalised, best)
  }

  /// Draws a token of a distribution.
  ///
  /// - Returns: nil if the distribution is empty.
  public mutating func draw(from candidates: TokenDistribution) -> Int? {
    var left = nextUnit()
    for (id, probability) in candidates {
      left -= probability
      if left < 0 { return id }
    }
    // What rounding has left over belongs to the last one.
    return candidates.last?.id
  }

  /// A random number from 0 up to, but not including, 1.
  mutating func nextUnit() -> Double { generator.nextUnit() }
}

extension Sampler {
  private struct Candidate {
    var id: Int
    var logit: Float

    /// Whether it comes before another.
    func precedes(_ other: Candidate) -> Bool {
      logit != other.logit ? logit > other.logit : id < other.id
    }
  }

  /// The logits that recent tokens have instead.
  private func penalties(
    _ logits: Span<Float>, _ history: some BidirectionalCollection<Int>
  ) -> [Int: Float] {
    guard options.repeatPenalty != 1 else { return [:] }
    let penalty = Float(options.repeatPenalty)
    var changed: [Int: Float] = [:]
    for id in history.suffix(options.repeatWindow) where logits.indices.contains(id) {
      changed[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty
    }
    return changed
  }

  /// The token with the largest logit, the first one of several.
  private static func best(_ logits: Span<Float>, _ penalised: [Int: Float]) -> Candidate? {
    guard penalised.isEmpty else { return bestOfPenalised(logits, penalised) }
    var (lowest, highest) = (Int32.max, Int32.min)
    for id in logits.indices {
      let order = logits[id].order
      lowest = min(lowest, order)
      highest = max(highest, order)
    }
    let (low, high) = ((-Float.infinity).order, Float.infinity.order)
    guard lowest >= low, highest > low, highest < high else { return nil }
    guard let id = logits.indices.first(where: { logits[$0].order == highest }) else { return nil }
    return Candidate(id: id, logit: logits[id])
  }

  private static func bestOfPenalised(
    _ logits: Span<Float>, _ penalised: [Int: Float]
  ) -> Candidate? {
    var best = Candidate(id: -1, logit: -.infinity)
    for id in logits.indices {
      if logits[id].isNaN { return nil }
      let logit = penalised[id] ?? logits[id]
      if logit > best.logit { best = Candidate(id: id, logit: logit) }
    }
    return best.id < 0 || best.logit == .infinity ? nil : best
  }

  private func distribution(
    _ logits: Span<Float>, _ penalised: [Int: Float], _ best: Candidate
  ) -> TokenDistribution {
    let inverse = 1 / options.temperature
    let (candidates, sortedCount) = mostProbable(logits, penalised, best)
    var kept = candidates.map {
      (id: $0.id, probability: exp(Double($0.logit - best.logit) * inverse))
    }
    keepTopP(&kept, sortedCount: sortedCount)
    if options.minP > 0 { kept.removeAll { $0.probability < options.minP } }
    let total = kept.reduce(0) { $0 + $1.probability }
    for index in kept.indices { kept[index].probability /= total }
    return kept
  }

  /// The most probable tokens: first some in order, then those of the rest that may be drawn.
  private func mostProbable(
    _ logits: Span<Float>, _ penalised: [Int: Float], _ best: Candidate
  ) -> (candidates: [Candidate], sortedCount: Int) {
    // What is less probable by e⁻⁴⁰ is never drawn: the sum of 10⁶ such tokens is below 2⁻³⁷.
    let floor = best.logit - Float(40 * options.temperature)
    // Few tokens are more probable than e⁻¹⁰ times the best, and order matters for few others.
    let middle = options.topK == nil ? best.logit - Float(10 * options.temperature) : floor
    var head: [Candidate] = []
    var tail: [Candidate] = []
    for id in logits.indices where logits[id] >= floor {
      let logit = penalised.isEmpty ? logits[id] : penalised[id] ?? logits[id]
      if logit >= middle {
        add(Candidate(id: id, logit: logit), to: &head)
      } else if logit >= floor {
        tail.append(Candidate(id: id, logit: logit))
      }
    }
    head.sort { $0.precedes($1) }
    return (head.prefix(options.topK ?? head.count) + tail, head.count)
  }

  /// Adds a candidate that may be among the top-k: of twice as many only the first half can be.
  private func add(_ candidate: Candidate, to head: inout [Candidate]) {
    head.append(candidate)
    guard let topK = options.topK, head.count >= 2 * topK + 64 else { return }
    head.sort { $0.precedes($1) }
    head.removeLast(head.count - topK)
  }

  /// Keeps the first tokens that together reach top-p of the sum.
  private func keepTopP(
    _ tokens: inout TokenDistribution, sortedCount: Int
  ) {
    guard options.topP < 1 else { return }
    let wanted = options.topP * tokens.reduce(0) { $0 + $1.probability }
    var sum = 0.0
    for index in tokens.indices {
      if index == sortedCount {
        tokens[index...].sort {
          $0.probability != $1.probability ? $0.probability > $1.probability : $0.id < $1.id
        }
      }
      sum += tokens[index].probability
      if sum >= wanted {
        tokens.removeLast(tokens.count - index - 1)
        return
      }
    }
  }
}

extension Float {
  /// An integer that is the larger the larger the number is, and for NaN beyond that of an infinity:
  /// processors find the largest of many integers at once, and of many numbers they do not.
  fileprivate var order: Int32 {
    let bits = Int32(bitPattern: bitPattern)
    return bits ^ (bits >> 31 & .max)
  }
}
