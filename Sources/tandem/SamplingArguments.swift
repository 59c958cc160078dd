import ArgumentParser
import TandemEngine

/// How tokens are chosen.
struct SamplingArguments: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What logits are divided by; at 0 the most probable token is taken.", valueName: "t"))
  var temperature = 0.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Keeps the n most probable tokens.", valueName: "n"),
    transform: allowing("whole numbers"))
  var topK: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Keeps the most probable tokens that reach p together.", valueName: "p"))
  var topP = 1.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Keeps tokens at least p times as probable as the best.", valueName: "p"))
  var minP = 0.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Makes the last 64 tokens less probable; 1 does nothing.", valueName: "r"))
  var repeatPenalty = 1.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("What random numbers begin with; 0 if not given.", valueName: "n"),
    transform: allowing("0 to 18446744073709551615"))
  var seed: UInt64 = 0

  func validate() throws {
    try require("--temperature", temperature, in: 0...100)
    try require("--top-p", topP, in: 0.0.nextUp...1)
    try require("--min-p", minP, in: 0...1)
    try require("--repeat-penalty", repeatPenalty, in: 0.01...100)
    if let topK, topK < 1 { throw ValidationError("--top-k is \(topK); allowed are 1 and more") }
  }

  private func require(_ name: String, _ value: Double, in range: ClosedRange<Double>) throws {
    guard range.contains(value) else {
      let low = range.lowerBound == 0.0.nextUp ? "more than 0" : "\(range.lowerBound)"
      throw ValidationError("\(name) is \(value); allowed are \(low) to \(range.upperBound)")
    }
  }

  var options: SamplingOptions {
    var options = SamplingOptions()
    options.temperature = temperature
    options.topK = topK
    options.topP = topP
    options.minP = minP
    options.repeatPenalty = repeatPenalty
    options.seed = seed
    return options
  }
}
