import TandemCheckpoints
import TandemTensors

extension PairDescription.Projection {
  /// With the names that a checkpoint has for weights and biases, where no description gives them:
  /// those of the largest group of matrices whose names differ in one number.
  func named(by checkpoint: Checkpoint) -> Self {
    var counts: [String: Int] = [:]
    var patterns: [String] = []
    for tensor in checkpoint.tensors where tensor.shape.rank == 2 {
      guard let pattern = Self.pattern(of: tensor.name) else { continue }
      if counts[pattern] == nil { patterns.append(pattern) }
      counts[pattern, default: 0] += 1
    }
    // Of groups that are equally large, the first.
    let largest = counts.values.max()
    guard let weight = patterns.first(where: { counts[$0] == largest }) else { return self }
    var named = self
    named.weight = NamePattern(weight)
    named.bias = Biases.none
    guard weight.hasSuffix("weight"), let bias = NamePattern("\(weight.dropLast(6))bias") else {
      return named
    }
    if checkpoint.tensors.contains(where: { Self.pattern(of: $0.name) == bias.description }) {
      named.bias = .named(bias)
    }
    return named
  }

  /// A name with `{j}` for its last number; nil if it has none.
  private static func pattern(of name: String) -> String? {
    guard let last = name.lastIndex(where: \.isDigit) else { return nil }
    let head = name[...last]
    let start = head.lastIndex { !$0.isDigit }.map(head.index(after:)) ?? head.startIndex
    return "\(name[..<start]){j}\(name[name.index(after: last)...])"
  }
}

extension Character {
  fileprivate var isDigit: Bool { "0"..."9" ~= self }
}
