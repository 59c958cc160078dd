public import TandemBundles
import TandemBytes
public import TandemKernels

/// Measures how well the members of a pair agree, and what drafting gains for each block length.
///
/// All texts are written greedily, so that drafting does not change them. Each is written in some
/// rounds, in which all block lengths take turns, and its fastest round counts: other work on the
/// machine slows some rounds down, and seldom the same text in all of them.
public struct PairProbe: Sendable {
  public let mode: WritingMode
  public let threadCount: Int
  /// Tokens of all prompts, and those that were written after them.
  public private(set) var promptTokenCount = 0
  public private(set) var agreement = MemberAgreement()
  /// The tokens of a block in which agreement was measured: those of training, if the pair says so.
  public let agreementBlockLength: Int
  /// The primary alone.
  public let plain: ProbedRun
  /// From 1 on; the router's comes last.
  public let runs: [ProbedRun]

  /// Measures a pair.
  ///
  /// - Parameters:
  ///   - mode: ``WritingMode/speed`` or ``WritingMode/tandemSpeed``; nil for the pair's.
  ///   - maximumBlockLength: nil for 16, or fewer if the pair allows fewer.
  ///   - tokenCount: So many are written after each prompt, fewer where the text ends.
  ///   - roundCount: At least 1.
  ///   - progress: Takes what is done next.
  /// - Throws: ``Finding`` if the bundle holds no pair that can be run, ``DecoderError`` if it cannot
  ///   be run on the prompts.
  public init(
    _ bundle: TandemBundle, mode: WritingMode?, prompts: [[Int]], tokenCount: Int,
    endTokens: Set<Int>, maximumBlockLength: Int?, roundCount: Int, pool: ThreadPool,
    decoding: DecoderOptions, progress: (String) -> Void = { _ in }
  ) throws {
    var options = WritingOptions()
    options.mode = mode
    options.acceptance = .greedy
    guard let contract = try PairContract(bundle) else {
      throw Finding(
        PairRunRule.noSecondary, in: bundle.file.path,
        "the bundle has a primary only; a pair is needed to measure one")
    }
    self.mode = mode ?? (contract.reading == nil ? .speed : .tandemSpeed)
    threadCount = pool.threadCount
    let allowed = min(contract.maximumBlockLength ?? 16, 16)
    let longest = maximumBlockLength ?? allowed
    // Refuses a length that the pair does not allow.
    options.blockLength = .fixed(longest)
    var generator = try TokenGenerator(bundle, options, pool: pool, decoding: decoding)
    agreementBlockLength = min(contract.trainedBlockLength ?? longest, longest)

    var runs = (0...longest).map { ProbedRun(blockLength: $0) }
    if bundle.relations.contains(where: { $0.kind == "router" }) {
      options.blockLength = .adaptive
      runs.append(ProbedRun(blockLength: nil))
    }
    // Without a router it is as the other one, and writes nothing.
    var adaptive = try TokenGenerator(bundle, options, pool: pool, decoding: decoding)
    let task = ProbedRun.Task(prompts: prompts, tokenCount: tokenCount, endTokens: endTokens)
    // The first text touches the weights' pages; it does not count.
    var warmUp = ProbedRun(blockLength: longest)
    try warmUp.write(task.beginning, with: &generator)
    for round in 1...roundCount {
      for index in runs.indices {
        progress("\(runs[index].description), round \(round) of \(roundCount)")
        if runs[index].blockLength == nil {
          try runs[index].write(task, with: &adaptive)
        } else {
          try runs[index].write(task, with: &generator)
        }
      }
    }
    plain = runs.removeFirst()
    self.runs = runs
    progress("agreement")
    for (prompt, text) in zip(prompts, plain.texts) {
      promptTokenCount += prompt.count
      try agreement.measure(
        &generator, text.tokens, from: prompt.count, blockLength: agreementBlockLength)
    }
  }
}

extension PairProbe {
  /// The part of drafted tokens that stand among those that are the first of a block.
  public var acceptance: Double { acceptance(upTo: 1) }

  /// The part of blocks of which at least so many tokens stand.
  public func acceptance(upTo place: Int) -> Double {
    guard let longest = fixedRuns.last?.drafting, place <= longest.draftedAt.count else { return 0 }
    let drafted = longest.draftedAt[place - 1]
    return drafted == 0 ? 0 : Double(longest.acceptedAt[place - 1]) / Double(drafted)
  }

  public var fixedRuns: [ProbedRun] { runs.filter { $0.blockLength != nil } }

  /// c: the time of a pass of the secondary over that of the primary for one token.
  public var costRatio: Double? {
    guard let secondary = fixedRuns.last?.drafting.secondary.mean, let primary = plain.passTime
    else { return nil }
    return secondary / primary
  }

  /// The time of the primary's pass over a block and the token before it, over that for one token.
  public func blockCost(_ run: ProbedRun) -> Double? {
    guard let block = run.drafting.primary.mean, let one = plain.passTime else { return nil }
    return block / one
  }

  /// The speed-up that acceptance and costs lead to: (1 + E accepted) / (block cost + γ · c), where
  /// the tokens of a block stand as those of the longest blocks do.
  public func expectedSpeedUp(_ run: ProbedRun) -> Double? {
    guard let length = run.blockLength, let cost = blockCost(run), let costRatio else { return nil }
    let accepted = (1...length).reduce(0.0) { $0 + acceptance(upTo: $1) }
    return (1 + accepted) / (cost + Double(length) * costRatio)
  }

  /// The time for a token of the primary alone over that of a run.
  public func speedUp(_ run: ProbedRun) -> Double {
    run.timeOfToken > .zero ? plain.timeOfToken / run.timeOfToken : 0
  }

  /// The run with the largest speed-up.
  public var best: ProbedRun? { runs.max { speedUp($0) < speedUp($1) } }
}
