import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Looks at primary and secondary as wholes: whether they can be checked, and whether two of them
/// make sense.
struct MemberCheck {
  private(set) var findings = Findings()
  /// Whether both are decoders, so that looking closer makes sense.
  private(set) var areDecoders = true

  init(primary: Model, secondary: Model) {
    for (role, model) in [("primary", primary), ("secondary", secondary)] {
      checkArchitecture(model, role)
    }
    guard areDecoders else { return }
    let count = primary.checkpoint.elementCount
    let otherCount = secondary.checkpoint.elementCount
    if otherCount > count {
      add(
        .largerSecondary, secondary,
        "the secondary has \(otherCount) parameters, the primary \(count)",
        remedy:
          "the primary is the larger model, which checks what the other one drafts: exchange them")
    } else if primary.checkpoint.hasSameTensors(as: secondary.checkpoint) {
      add(
        .sameModel, secondary, "the secondary is the primary once more, tensor for tensor",
        remedy: "every draft will be accepted, and nothing gained")
    }
  }

  private mutating func checkArchitecture(_ model: Model, _ role: String) {
    if model.architecture?.name == Architecture.bert.name {
      areDecoders = false
      add(
        .notADecoder, model,
        "the \(role) is a '\(Architecture.bert.name)', which reads texts and writes none; a decoder is needed"
      )
    } else if model.architecture == nil {
      let found =
        model.configuration.map { "the architecture '\($0.architecture)'" } ?? "no configuration"
      add(
        .uncheckedArchitecture, model,
        "the \(role) has \(found); its tensors and widths cannot all be checked")
    }
  }

  private mutating func add(
    _ rule: PairRule, _ model: Model, _ message: String, remedy: String? = nil
  ) {
    findings.add(Finding(rule, in: model.checkpoint.path, message, remedy: remedy))
  }
}

extension Checkpoint {
  /// The number of elements of all tensors; the largest integer if there are more.
  fileprivate var elementCount: Int {
    tensors.reduce(0) { sum, tensor in
      let (total, overflow) = sum.addingReportingOverflow(tensor.elementCount)
      return overflow ? .max : total
    }
  }

  /// Whether another checkpoint has the same tensors, byte for byte.
  ///
  /// - Complexity: O(tensors) unless all names, types and shapes agree; then O(bytes up to the
  ///   first difference).
  fileprivate func hasSameTensors(as other: Checkpoint) -> Bool {
    guard tensors.count == other.tensors.count else { return false }
    let byName = Dictionary(other.tensors.map { ($0.name, $0) }) { first, _ in first }
    for tensor in tensors {
      guard let twin = byName[tensor.name], twin.type == tensor.type, twin.shape == tensor.shape
      else {
        return false
      }
    }
    if files.map(\.file.identity) == other.files.map(\.file.identity) { return true }
    return tensors.allSatisfy { tensor in
      guard let twin = byName[tensor.name] else { return false }
      let file = files[tensor.fileIndex].file
      let otherFile = other.files[twin.fileIndex].file
      return file.bytes.extracting(tensor.byteRange)
        .equals(otherFile.bytes.extracting(twin.byteRange))
    }
  }
}
