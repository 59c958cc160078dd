import TandemBytes
import TandemJSON
import TandemTensors

extension FoldedTensors {
  /// The tensors outside layers, of those that were folded.
  func singleTable(_ tensors: TensorEntries) -> TextTable {
    var table = TextTable([
      .name("tensor"), .text("type"), .text("shape"), .number("bytes").leaving(1),
    ])
    for tensor in single.lazy.map({ tensors[$0] }) {
      table.add([
        tensor.name.printable, tensor.type.name, "\(tensor.shape)",
        Numbers.bytes(tensor.byteCount),
      ])
    }
    return table
  }

  /// Writes the tensors outside layers, then the stacks, into an open object.
  func write(_ tensors: TensorEntries, to stream: inout JSONStream) {
    stream.beginArray(key: "outside_layers")
    for place in single { stream.write(Row(tensors[place]).json, onOneLine: true) }
    stream.end()
    stream.beginArray(key: "stacks")
    for stack in stacks {
      stream.beginObject()
      stream.write(.string(stack.prefix), key: "prefix")
      stream.write(stack.layers.json, key: "layers", onOneLine: true)
      stream.write(.integer(stack.byteCount), key: "byte_count")
      stream.beginArray(key: "tensors")
      for row in stack.rows { stream.write(row.json, onOneLine: true) }
      stream.end()
      stream.end()
    }
    stream.end()
  }
}

extension FoldedTensors.Stack {
  var table: TextTable {
    var table = TextTable([
      .long("layers"), .number("×"), .name("tensor"), .text("type"), .text("shape"),
      .number("bytes").leaving(1),
    ])
    for row in rows {
      table.add([
        "\(row.layers)", Numbers.grouped(row.count), row.name.printable, row.type.name,
        "\(row.shape)", Numbers.bytes(row.byteCount),
      ])
    }
    return table
  }
}

extension FoldedTensors.Row {
  fileprivate var json: JSONOutput {
    .object([
      ("name", .string(name)), ("type", .string(type.name)), ("shape", shape.json),
      ("layers", layers.json), ("count", .integer(count)), ("byte_count", .integer(byteCount)),
    ])
  }
}

extension IndexRanges {
  /// Pairs of the first and the last number of each range.
  var json: JSONOutput {
    .array(ranges.map { .array([.integer($0.lowerBound), .integer($0.upperBound)]) })
  }
}

extension TensorEntry {
  var json: JSONOutput {
    var members: [(String, JSONOutput)] = [
      ("name", .string(name)), ("type", .string(type.name)), ("shape", shape.json),
      ("byte_count", .integer(byteCount)), ("offset", .integer(offset)),
    ]
    if let file { members.append(("file", .string(file))) }
    if let payload { members.append(("payload", .integer(payload))) }
    return .object(members)
  }

  /// One line for each tensor.
  static func table(_ tensors: TensorEntries) -> TextTable {
    let hasFiles = tensors.contains { $0.file != nil }
    let files: [TextTable.Column] = hasFiles ? [.name("file")] : []
    var table = TextTable(
      [
        .name("tensor"), .text("type"), .text("shape"), .number("bytes").leaving(2),
        .number("offset").leaving(1),
      ] + files)
    for tensor in tensors {
      table.add(
        [
          tensor.name.printable, tensor.type.name, "\(tensor.shape)",
          Numbers.bytes(tensor.byteCount), Numbers.grouped(tensor.offset),
        ] + (hasFiles ? [(tensor.file ?? "").printable] : []))
    }
    return table
  }
}

extension Shape {
  var json: JSONOutput { .array(dimensions.map { .integer($0) }) }
}
