import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemJSON
import TandemKernels
import TandemTensors

extension ConvertReport {
  /// Writes the report as JSON (`schemas/convert.schema.json`), one line a tensor.
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    writeObject(to: &stream)
    output("\n")
  }

  func writeObject(to stream: inout JSONStream) {
    stream.beginObject()
    stream.write(.string(subject), key: "path")
    stream.write(.string(plan.output), key: "output")
    stream.write(.string(plan.options.format.rawValue), key: "format")
    stream.write(.bool(!plan.findings.hasErrors), key: "valid")
    stream.write(.bool(result != nil), key: "written")
    stream.write(.integer(plan.byteCount), key: "byte_count")
    stream.beginArray(key: "files")
    for file in plan.filesOfPart {
      stream.write(
        .object([
          ("path", .string(file.path)), ("byte_count", .integer(file.byteCount)),
          ("tensor_count", .integer(file.tensors.count)),
          ("kept", .bool(result?.kept.contains(file.name) ?? false)),
        ]), onOneLine: true)
    }
    for file in plan.otherFiles {
      stream.write(
        .object([
          ("path", .string(file.path)), ("byte_count", .integer(file.byteCount)),
          ("tensor_count", .integer(0)), ("kept", .bool(false)),
        ]), onOneLine: true)
    }
    stream.end()
    stream.beginArray(key: "tensors")
    for index in plan.tensors.indices { stream.write(json(index), onOneLine: true) }
    stream.end()
    FindingsReport(subject, findings).writeMembers(to: &stream)
    stream.end()
  }

  private func json(_ index: Int) -> JSONOutput {
    let tensor = plan.tensors[index]
    return .object([
      ("name", .string(tensor.output.name)), ("source", .string(tensor.sourceName)),
      ("from", .string(tensor.sourceType.name)), ("to", .string(tensor.output.type.name)),
      ("shape", .array(tensor.output.shape.dimensions.map { .integer($0) })),
      ("byte_count", .integer(tensor.output.byteCount)),
      ("loss", result?.losses[index]?.json ?? .null),
    ])
  }
}

extension RecodingLoss {
  fileprivate var json: JSONOutput {
    .object([
      ("overflow", .integer(overflowCount)), ("underflow", .integer(underflowCount)),
      ("nan", .integer(nanCount)), ("nan_lost", .integer(lostNaNCount)),
      ("absolute_error", .number(largestAbsoluteError)),
      ("relative_error", .number(largestRelativeError)),
    ])
  }
}
