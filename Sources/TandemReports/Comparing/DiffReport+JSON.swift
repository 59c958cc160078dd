import TandemBundles
import TandemConversion
import TandemJSON
import TandemTensors

extension DiffReport {
  /// Writes the report as JSON (`schemas/diff.schema.json`): every tensor, in the order of the
  /// first model.
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    stream.beginObject()
    stream.write(.string(first), key: "first")
    stream.write(.string(second), key: "second")
    stream.write(.bool(comparison.isSame), key: "same")
    stream.beginArray(key: "configuration")
    for (key, first, second) in comparison.configuration {
      stream.write(
        .object([
          ("key", .string(key)), ("first", first?.json ?? .null),
          ("second", second?.json ?? .null),
        ]), onOneLine: true)
    }
    stream.end()
    stream.beginArray(key: "tensors")
    for entry in comparison.entries { stream.write(entry.json, onOneLine: true) }
    stream.end()
    stream.beginArray(key: "renamed")
    for pair in comparison.renamed {
      stream.write(
        .object([("first", .string(pair.first.name)), ("second", .string(pair.second.name))]),
        onOneLine: true)
    }
    stream.end()
    for (key, tensors) in [
      ("only_in_first", comparison.onlyFirst), ("only_in_second", comparison.onlySecond),
    ] {
      stream.beginArray(key: key)
      for tensor in tensors {
        stream.write(
          .object([
            ("name", .string(tensor.name)), ("type", .string(tensor.type.name)),
            ("shape", .array(tensor.shape.dimensions.map { .integer($0) })),
          ]), onOneLine: true)
      }
      stream.end()
    }
    stream.end()
    output("\n")
  }
}

extension ModelComparison.Entry {
  fileprivate var json: JSONOutput {
    var members: [(String, JSONOutput)] = [
      ("name", .string(first.name)), ("second_name", .string(second.name)),
      ("outcome", .string(outcome.name)),
      ("types", .array([.string(first.type.name), .string(second.type.name)])),
      ("shape", .array(first.shape.dimensions.map { .integer($0) })),
    ]
    if outcome == .otherShape {
      members.append(("second_shape", .array(second.shape.dimensions.map { .integer($0) })))
    }
    if case .changed(let difference) = outcome {
      members += [
        ("element_count", .integer(difference.elementCount)),
        ("differing_count", .integer(difference.differingCount)),
        ("non_finite_count", .integer(difference.nonFiniteCount)),
        ("first_differing", .integer(difference.firstDiffering)),
        ("largest_absolute", .number(difference.largestAbsolute)),
        ("largest_relative", .number(difference.largestRelative)),
        ("cosine", .number(difference.cosine)),
      ]
    }
    return .object(members)
  }
}

extension ModelComparison.Outcome {
  /// The name in the schema.
  fileprivate var name: String {
    switch self {
    case .identical: "identical"
    case .sameValues: "same_values"
    case .otherBits: "other_bits"
    case .changed: "changed"
    case .otherShape: "other_shape"
    case .otherBytes: "other_bytes"
    }
  }
}
