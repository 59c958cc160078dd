import TandemBytes
import TandemEngine
import TandemReports

/// What a generation took, in a few lines for a person.
struct GenerationSummary {
  private let generation: Generation
  private let memory = ProcessMemory.now

  init(_ generation: Generation) { self.generation = generation }

  var text: String {
    let read = generation.promptTokenCount - generation.knownTokenCount
    let decoded = max(generation.tokens.count - generation.firstTokenCount, 0)
    var lines = [
      "prompt: \(Numbers.counted(read, "token"))\(known), first token after "
        + "\(Numbers.duration(generation.timeToFirstToken)), \(rate(read, generation.timeToFirstToken))",
      "decoding: \(Numbers.counted(generation.tokens.count, "token")), "
        + "\(rate(decoded, generation.decodingTime)), ended by \(ending)",
    ]
    lines += drafting
    if let memory {
      lines.append(
        "memory: \(Numbers.bytes(memory.anonymousByteCount)) of its own, "
          + "\(Numbers.bytes(memory.mappedByteCount)) of mapped files")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// What drafting has gained and cost.
  private var drafting: [String] {
    let drafting = generation.drafting
    guard let length = drafting.meanAcceptedLength else { return [] }
    return [
      "drafting: \(Numbers.grouped(drafting.acceptedCount)) of "
        + "\(Numbers.counted(drafting.draftedCount, "drafted token")) stood, "
        + "\(Numbers.fixed(length, decimals: 2)) a block",
      "passes: primary \(passes(drafting.primary)), secondary \(passes(drafting.secondary))",
    ]
  }

  private func passes(_ passes: DraftingStatistics.Passes) -> String {
    let mean = passes.mean.map { " of \(Numbers.duration($0))" } ?? ""
    return Numbers.grouped(passes.count) + mean
  }

  /// What was not computed again.
  private var known: String {
    let count = generation.knownTokenCount
    return count == 0 ? "" : " behind \(count) known ones"
  }

  private var ending: String {
    switch generation.end {
    case .endToken: "an end token"
    case .stopText: "a stop text"
    case .tokenLimit: "--max-tokens"
    case .contextFull: "the context's end"
    case .interrupted: "an interruption"
    }
  }

  private func rate(_ count: Int, _ time: Duration) -> String {
    let seconds = time / .seconds(1)
    guard count > 0, seconds > 0 else { return "no rate" }
    return "\(Numbers.fixed(Double(count) / seconds, decimals: 1)) tokens/s"
  }
}
