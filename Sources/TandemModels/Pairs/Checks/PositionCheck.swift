import TandemBytes
import TandemCheckpoints

/// Compares positions: how many there are, how they are rotated, how many tokens a block takes.
struct PositionCheck {
  private(set) var findings = Findings()

  init(_ description: PairDescription, primary: Model, secondary: Model) {
    guard let first = primary.configuration, let second = secondary.configuration else { return }
    let path = secondary.checkpoint.path
    if second.contextLength < first.contextLength {
      findings.add(
        Finding(
          PairRule.shorterContext, in: path,
          "the secondary has \(second.contextLength) positions, the primary \(first.contextLength); "
            + "the pair ends at \(second.contextLength)",
          remedy: "engines that go on read beyond the secondary's rotary table"))
    }
    if let base = first.rotationPhrase, let other = second.rotationPhrase, base != other {
      findings.add(
        Finding(
          PairRule.otherRotation, in: path,
          "rotary positions differ: the primary has \(base), the secondary \(other)"))
    }
    checkBlocks(description, context: min(first.contextLength, second.contextLength))
  }

  private mutating func checkBlocks(_ description: PairDescription, context: Int) {
    guard let lengths = description.blockLength, let maximum = lengths.maximum else { return }
    for (key, length) in [("trained", lengths.trained), ("default", lengths.default)] {
      guard let length, length > maximum else { continue }
      findings.add(
        description.finding(
          .blockLength, "block_length.\(key)",
          "the length is \(length), and block_length.maximum \(maximum); it must not be larger"))
    }
    if maximum >= context {
      findings.add(
        description.finding(
          .blockLength, "block_length.maximum",
          "the length is \(maximum); the pair has \(context) positions, of which a block must leave some"
        )
      )
    }
  }
}

extension ModelConfiguration {
  /// Base and scaling of rotary positions, nil without them.
  fileprivate var rotationPhrase: String? {
    guard let ropeBase else { return nil }
    let scaling = ropeScaling.map { scaling in
      " stretched by '\(scaling.type)'" + (scaling.factor.map { " × \($0)" } ?? "")
    }
    return "base \(ropeBase)" + (scaling ?? "")
  }
}
