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

  init(_ tensors: TensorEntries) {
    var byType: [ElementType: Total] = [:]
    for tensor in tensors {
      var total = byType[tensor.type] ?? Total(type: tensor.type)
      total.tensorCount += 1
      total.elementCount = total.elementCount.plus(tensor.elementCount)
      total.byteCount = total.byteCount.plus(tensor.byteCount)
      byType[tensor.type] = total
    }
    totals = byType.values.sorted {
      ($1.byteCount, $0.type.rawValue) < ($0.byteCount, $1.type.rawValue)
    }
  }

  var tensorCount: Int { totals.map(\.tensorCount).total }
  var elementCount: Int { totals.map(\.elementCount).total }
  var byteCount: Int { totals.map(\.byteCount).total }

  var table: TextTable {
    var table = TextTable([
      .text("type"), .number("tensors"), .number("parameters"), .number("bytes"), .number("share"),
    ])
    let byteCount = byteCount
    for total in totals {
      table.add([
        total.type.name, Numbers.grouped(total.tensorCount), Numbers.grouped(total.elementCount),
        Numbers.bytes(total.byteCount), Numbers.share(total.byteCount, of: byteCount),
      ])
    }
    return table
  }
}

extension TypeTotals.Total {
  var json: JSONOutput {
    .object([
      ("type", .string(type.name)), ("tensor_count", .integer(tensorCount)),
      ("parameter_count", .integer(elementCount)), ("byte_count", .integer(byteCount)),
    ])
  }
}
