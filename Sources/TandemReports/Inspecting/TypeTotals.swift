import TandemJSON
import TandemTensors

/// Tensors, elements and bytes of each element type.
struct TypeTotals {
  struct Total {
    let type: ElementType
    var tensorCount = 0
    var elementCount = 0
    var byteCount = 0
  }

  /// The types that occur, the one with most bytes first.
  let totals: [Total]

  init(_ tensors: [TensorEntry]) {
    var byType: [ElementType: Total] = [:]
    for tensor in tensors {
      byType[tensor.type, default: Total(type: tensor.type)].tensorCount += 1
      byType[tensor.type]?.elementCount += tensor.elementCount
      byType[tensor.type]?.byteCount += tensor.byteCount
    }
    totals = byType.values.sorted {
      ($1.byteCount, $0.type.rawValue) < ($0.byteCount, $1.type.rawValue)
    }
  }

  var tensorCount: Int { totals.reduce(0) { $0 + $1.tensorCount } }
  var elementCount: Int { totals.reduce(0) { $0 + $1.elementCount } }
  var byteCount: Int { totals.reduce(0) { $0 + $1.byteCount } }

  var table: TextTable {
    var table = TextTable([
      .text("type"), .number("tensors"), .number("parameters"), .number("bytes"), .number("share"),
    ])
    for total in totals {
      table.add([
        total.type.name, Numbers.grouped(total.tensorCount), Numbers.grouped(total.elementCount),
        Numbers.bytes(total.byteCount), Numbers.share(total.byteCount, of: byteCount),
      ])
    }
    return table
  }

  var json: JSONOutput {
    .array(
      totals.map {
        .object([
          ("type", .string($0.type.name)), ("tensor_count", .integer($0.tensorCount)),
          ("parameter_count", .integer($0.elementCount)), ("byte_count", .integer($0.byteCount)),
        ])
      })
  }
}
