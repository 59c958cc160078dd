import TandemBytes
import TandemTensors

/// Collects what keeps a file from being written, in the words of the rules that readers have.
struct LayoutCheck {
  private let path: String
  private(set) var findings = Findings()

  init(path: String) { self.path = path }

  mutating func report(
    _ rule: some Rule, _ tensor: OutputTensor?, _ message: String, remedy: String? = nil
  ) {
    findings.add(
      Finding(rule, in: path, item: tensor?.name.shortened, message, remedy: remedy))
  }

  /// Checks a name by itself: its length, and that it holds no control character.
  mutating func checkName(of tensor: OutputTensor, _ rule: some Rule, limit: Int) {
    let byteCount = tensor.name.utf8.count
    if byteCount == 0 || byteCount > limit {
      report(
        rule, tensor, "the name has \(byteCount) bytes, 1 to \(limit) are allowed",
        remedy: "give it another one: --rename FROM=TO")
    } else if !tensor.name.unicodeScalars.allSatisfy(\.isPrintable) {
      report(
        rule, tensor, "the name holds a control character",
        remedy: "give it another one: --rename FROM=TO")
    }
  }

  /// Checks that the format has all types; each that it lacks is one finding, on its first tensor.
  ///
  /// - Parameters:
  ///   - format: The format, as the subject of a sentence.
  ///   - remedy: What to do about a type that is missing.
  mutating func checkTypes(
    of tensors: [OutputTensor], _ rule: some Rule, format: String, remedy: String,
    has: (ElementType) -> Bool
  ) {
    var users: [ElementType: (first: OutputTensor, count: Int)] = [:]
    var missing: [ElementType] = []
    for tensor in tensors where !has(tensor.type) {
      if users[tensor.type] == nil { missing.append(tensor.type) }
      users[tensor.type, default: (tensor, 0)].count += 1
    }
    for type in missing {
      guard let (first, count) = users[type] else { continue }
      let others = count == 2 ? "1 more tensor" : "\(count - 1) more tensors"
      let clause = count == 1 ? "" : ", which this and \(others) have"
      report(rule, first, "\(format) has no type \(type.name)\(clause)", remedy: remedy)
    }
  }

  /// Checks that no two tensors have the same name.
  mutating func checkNames(of tensors: [OutputTensor], _ rule: some Rule) {
    var seen: Set<ExactText> = []
    seen.reserveCapacity(tensors.count)
    for tensor in tensors where !seen.insert(ExactText(tensor.name)).inserted {
      report(rule, tensor, "two tensors would have this name", remedy: "--rename tells them apart")
    }
  }
}
