import TandemBytes
import TandemJSON
import TandemTensors

extension SafetensorsHeader {
  /// Reads what stands behind a tensor's name.
  mutating func readEntry(
    _ name: String, at nameOffset: Int, _ json: inout JSONReader
  ) throws(JSONFailure) {
    let kind = try json.peek()
    let offset = json.offset
    guard kind == .object else {
      try json.skipValue()
      hasUnknownRange = true
      return report(
        .badEntry, name, at: offset,
        "an entry is an object of dtype, shape and data_offsets, found \(kind)")
    }
    let fields = try readFields(of: name, &json)
    if fields.found != .all {
      let missing = fields.found.missing.joined(separator: " and no ")
      report(.badEntry, name, at: offset, "the entry has no \(missing)")
    }
    // The place of a tensor of impossible size means nothing.
    guard checkSize(of: name, fields, at: offset), let range = fields.range else {
      hasUnknownRange = true
      return
    }
    entries.append(
      SafetensorsEntry(
        name: name, nameOffset: Self.prefixByteCount + nameOffset, type: fields.type,
        shape: fields.shape?.shape, begin: range.begin, end: range.end))
  }

  private mutating func readFields(
    of name: String, _ json: inout JSONReader
  ) throws(JSONFailure) -> SafetensorsFields {
    var fields = SafetensorsFields()
    try json.beginObject()
    while let key = try json.nextKey() {
      let offset = json.keyOffset
      let field: SafetensorsFields.Names
      switch key {
      case "dtype": field = .dtype
      case "shape": field = .shape
      case "data_offsets": field = .dataOffsets
      default:
        try json.skipValue()
        report(
          .badEntry, name, at: offset,
          "the entry has the field '\(key.shortened)', only dtype, shape and data_offsets are allowed"
        )
        continue
      }
      if fields.found.contains(field) {
        try json.skipValue()
        report(.duplicateKey, name, at: offset, "'\(key)' stands twice in the entry")
        continue
      }
      fields.found.insert(field)
      if field == .dtype {
        fields.type = try readType(of: name, &json)
      } else if field == .shape {
        fields.shape = try readShape(of: name, &json)
      } else {
        fields.range = try readOffsets(of: name, &json)
      }
    }
    return fields
  }

  private mutating func readType(
    of name: String, _ json: inout JSONReader
  ) throws(JSONFailure) -> ElementType? {
    let kind = try json.peek()
    let offset = json.offset
    guard kind == .string else {
      try json.skipValue()
      report(.unknownType, name, at: offset, "dtype is \(kind), a name such as \"F32\" is expected")
      return nil
    }
    let text = try json.string()
    if let lastType, lastType.name == text { return lastType.type }
    if let type = Self.type(named: text) {
      lastType = (text, type)
      return type
    }
    let similar = Self.type(named: text.uppercased().filter { $0 != " " })
    report(
      .unknownType, name, at: offset, "the dtype '\(text.shortened)' is unknown",
      remedy: similar.map { "'\($0.name)' is the name of a type" })
    return nil
  }

  /// The type with a name of safetensors; block types of ggml have none.
  private static func type(named name: String) -> ElementType? {
    guard let type = ElementType(name: name), !type.isQuantised else { return nil }
    return type
  }

  /// Compares the byte range with shape and type, as far as they are known.
  ///
  /// - Returns: Whether a file can hold the tensor.
  private mutating func checkSize(
    of name: String, _ fields: SafetensorsFields, at offset: Int
  ) -> Bool {
    let shape: Shape
    switch fields.shape {
    case nil: return true
    case .tooLarge(let dimension):
      report(.overflow, name, at: offset, "a dimension is \(dimension), over 2^63-1")
      return false
    case .fits(let known): shape = known
    }
    guard shape.elementCount != nil else {
      report(.overflow, name, at: offset, "the shape \(shape) has over 2^63-1 elements")
      return false
    }
    guard let type = fields.type else { return true }
    let block = type.block
    guard shape.fillsBlocks(of: type) else {
      report(
        .partialByte, name, at: offset,
        "the shape \(shape) of \(type.name) does not fill whole bytes: \(block.elementCount) elements "
          + "fill \(block.byteCount == 1 ? "one" : "\(block.byteCount)")")
      return true
    }
    guard let byteCount = shape.byteCount(of: type) else {
      report(
        .overflow, name, at: offset, "the shape \(shape) of \(type.name) has over 2^63-1 bytes")
      return false
    }
    if let range = fields.range, range.end - range.begin != UInt64(byteCount) {
      report(
        .wrongByteCount, name, at: offset,
        "the shape \(shape) of \(type.name) needs \(byteCount) bytes, data_offsets hold "
          + "\(range.end - range.begin)")
    }
    return true
  }
}
