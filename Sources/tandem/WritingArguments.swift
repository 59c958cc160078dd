public import ArgumentParser
public import TandemEngine

/// Which models of a bundle write, and how they work together.
struct WritingArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Who writes: primary or secondary alone; tandem: the secondary, which reads the primary's states; speed: the \
      secondary drafts, the primary decides; tandem-speed: both. The fastest that keeps the primary's text if not \
      given.
      """, valueName: "mode"))
  var mode: WritingMode?

  @Option(
    help: ArgumentHelp(
      "The tokens of a draft, or 'adaptive': the router decides. The pair's if not given.",
      valueName: "n"), transform: allowing("numbers from 1 on, and 'adaptive'"))
  var gamma: WritingOptions.BlockLength?

  @Option(
    help: ArgumentHelp(
      """
      When a drafted token stands: greedy: if the primary chooses it; residual: with the probability that keeps the \
      primary's distribution. The pair's if not given.
      """, valueName: "rule"))
  var acceptance: Acceptance?

  @Option(
    help: ArgumentHelp(
      "With --mode tandem: when the primary writes a token itself. The pair's if not given.",
      valueName: "when"))
  var freeToken: FreeToken?

  func validate() throws {
    if freeToken != nil, mode != .tandem {
      throw ValidationError("--free-token is for --mode tandem")
    }
  }

  var options: WritingOptions {
    var options = WritingOptions()
    options.mode = mode
    options.blockLength = gamma
    options.acceptance = acceptance
    options.freeToken = freeToken
    return options
  }
}

extension WritingMode: ExpressibleByArgument {}
extension Acceptance: ExpressibleByArgument {}
extension FreeToken: ExpressibleByArgument {}

extension WritingOptions.BlockLength: ExpressibleByArgument {
  public init?(argument: String) {
    if argument == "adaptive" {
      self = .adaptive
    } else if let length = Int(argument) {
      self = .fixed(length)
    } else {
      return nil
    }
  }
}
