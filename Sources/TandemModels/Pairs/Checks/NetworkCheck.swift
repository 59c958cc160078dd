import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Looks up the tensors of a small network by the names that a description gives, and tells layers
/// with the same flaw as one.
struct NetworkCheck {
  /// What is wrong with a tensor, as the end of a sentence that begins with "the tensor" or "3
  /// tensors".
  struct Flaw: Hashable {
    let rule: PairRule
    let singularVerb: String
    let pluralVerb: String
    let rest: String
    let remedy: String?

    init(
      _ rule: PairRule, _ singular: String, _ plural: String, _ rest: String, remedy: String? = nil
    ) {
      self.rule = rule
      self.singularVerb = singular
      self.pluralVerb = plural
      self.rest = rest
      self.remedy = remedy
    }
  }

  private let checkpoint: Checkpoint
  private let indices: [String: Int]
  private var usedIndices: Set<Int> = []
  private var order: [Flaw] = []
  private var names: [Flaw: LayeredNames] = [:]

  init(_ checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
    let pairs = checkpoint.tensors.enumerated().map { ($1.name, $0) }
    indices = Dictionary(pairs) { first, _ in first }
  }

  /// The tensor with a name; its type must be one of numbers with a fraction.
  mutating func take(_ name: String) -> TensorDescriptor? {
    guard let index = indices[name] else { return nil }
    let tensor = checkpoint.tensors[index]
    usedIndices.insert(index)
    if !tensor.type.isFloatingPoint, !tensor.type.isQuantised {
      add(
        Flaw(
          .unusableType, "is", "are",
          "stored as \(tensor.type.name); a weight is a floating-point number"),
        name)
    }
    return tensor
  }

  func has(_ name: String) -> Bool { indices[name] != nil }

  /// The names that nobody has taken, in the order of their numbers.
  var leftOver: [String] {
    let rest = checkpoint.tensors.indices.filter { !usedIndices.contains($0) }
    return rest.map { checkpoint.tensors[$0].name }
      .sorted { (NameTemplate($0).layer ?? 0, $0) < (NameTemplate($1).layer ?? 0, $1) }
  }

  /// Notes a flaw of a tensor, which need not be there. Of one flaw, layers are to come in
  /// ascending order.
  mutating func add(_ flaw: Flaw, _ name: String) {
    if names[flaw] == nil { order.append(flaw) }
    names[flaw, default: LayeredNames()].add(name, tensor: indices[name])
  }

  /// Takes a bias, which must be there and have a length.
  mutating func takeBias(_ name: String, length: Int, missing: PairRule, shape: PairRule) {
    guard let bias = take(name) else {
      return add(Flaw(missing, "is", "are", "missing, though PAIR.json names biases"), name)
    }
    if bias.shape != Shape([length]) {
      add(Flaw(shape, "has", "have", "the shape \(bias.shape); [\(length)] is needed"), name)
    }
  }

  var findings: Findings {
    var findings = Findings()
    for flaw in order {
      for group in names[flaw]?.all ?? [] {
        let tensor = group.tensor.map { checkpoint.tensors[$0] }
        findings.add(
          Finding(
            flaw.rule,
            in: tensor.map { checkpoint.files[$0.fileIndex].file.path } ?? checkpoint.path,
            item: group.item, at: tensor?.byteRange.lowerBound,
            "\(group.subject(flaw.singularVerb, flaw.pluralVerb)) \(flaw.rest)",
            remedy: flaw.remedy))
      }
    }
    return findings
  }
}
