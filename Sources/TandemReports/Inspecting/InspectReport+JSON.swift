import TandemBundles
import TandemJSON
import TandemModels

extension InspectReport {
  /// Writes the report as JSON (`schemas/inspect.schema.json`); a list of all tensors is written
  /// one by one.
  public func writeJSON(to output: @escaping (String) -> Void) {
    var stream = JSONStream(pretty: true, to: output)
    stream.beginObject()
    stream.write(.string(path), key: "path")
    stream.write(.string(format), key: "format")
    stream.write(.integer(byteCount), key: "byte_count")
    stream.beginArray(key: "files")
    for file in files {
      stream.write(
        .object([
          ("name", .string(file.name)), ("byte_count", .integer(file.byteCount)),
          ("tensor_count", .integer(file.tensorCount)),
        ]), onOneLine: true)
    }
    stream.end()
    if let bundle {
      stream.beginObject(key: "bundle")
      bundle.write(to: &stream)
      stream.end()
    } else {
      stream.write(.null, key: "bundle")
    }
    stream.beginArray(key: "statements")
    for statement in statements?.all ?? [] {
      stream.write(
        .object([("key", .string(statement.key)), ("value", .string(statement.value))]),
        onOneLine: true)
    }
    stream.end()
    metadata?.write(to: &stream)
    stream.beginArray(key: "models")
    for model in models { write(model, to: &stream) }
    stream.end()
    writeValues(to: &stream)
    stream.end()
    output("\n")
  }

  private func write(_ model: ModelSummary, to stream: inout JSONStream) {
    stream.beginObject()
    stream.write(model.member.map { .string($0.name) } ?? .null, key: "member")
    stream.write(.integer(model.totals.elementCount), key: "parameter_count")
    stream.write(.integer(model.totals.tensorCount), key: "tensor_count")
    stream.write(.integer(model.storedByteCount), key: "byte_count")
    stream.write(model.configuration?.json ?? .null, key: "config", onOneLine: true)
    stream.write(model.tiedTensor.map { .string($0) } ?? .null, key: "tied_tensor")
    stream.beginArray(key: "types")
    for total in model.totals.totals { stream.write(total.json, onOneLine: true) }
    stream.end()
    FoldedTensors(model.tensors).write(model.tensors, to: &stream)
    stream.write(model.memoryPlan(options)?.json ?? .null, key: "memory", onOneLine: true)
    if options.wantsTensors {
      stream.beginArray(key: "tensors")
      for tensor in options.selected(model.tensors) { stream.write(tensor.json, onOneLine: true) }
      stream.end()
    }
    stream.end()
  }
}

extension ModelConfiguration {
  /// The fields that a bundle stores, without the first part of their keys.
  fileprivate var json: JSONOutput {
    let prefix = "config."
    return .object(
      fields.filter { $0.key.hasPrefix(prefix) }.map {
        (String($0.key.dropFirst(prefix.count)), $0.value.json)
      })
  }
}
