internal import TandemBytes
internal import TandemTensors

extension ONNXParser {
  /// Where the elements of a tensor stand, checked against type and shape.
  struct Data {
    var fileIndex = 0
    let range: Range<Int>
    var coding = StoredForm.Coding.fixedWidth
  }

  /// Finds the data of a tensor in the one place where they are.
  mutating func data(
    of proto: ONNXTensorProto, _ name: String, _ type: ElementType, _ byteCount: Int
  ) throws(Finding) -> Data {
    let offset = proto.range.lowerBound
    let isExternal = proto.isExternal || !proto.externalEntries.isEmpty
    let places =
      ONNXDataField.allCases.filter { proto.sources[$0] != nil }.map(\.name)
      + (isExternal ? ["external_data"] : []) + (proto.hasTexts ? ["string_data"] : [])
    guard places.count <= 1 else {
      throw finding(
        .dataSources, name, at: offset,
        "the data stand in \(places.joined(separator: " and ")), one place is allowed")
    }
    if isExternal {
      guard proto.isExternal else {
        throw finding(
          .dataSources, name, at: offset, "the tensor has external_data, but its data_location is 0"
        )
      }
      return try externalData(proto, name, byteCount)
    }
    guard let (field, source) = proto.sources.first else {
      let end = proto.range.upperBound
      if byteCount == 0 && !proto.hasTexts { return Data(range: end..<end) }
      throw finding(
        .dataSources, name, at: offset,
        "the tensor has no data, \(byteCount) bytes of \(type.name) are needed")
    }
    if field == .raw {
      let range = source.range ?? 0..<0
      guard range.count == byteCount else {
        throw wrongByteCount(proto, name, "raw_data has \(range.count)", type, byteCount)
      }
      return Data(range: range)
    }
    guard field == ONNXDataField(for: type) else {
      throw finding(
        .dataField, name, at: offset,
        "the data of \(type.name) stand in \(field.name), \(ONNXDataField(for: type).name) or raw_data is expected"
      )
    }
    return try typedData(proto, name, field, source, type, byteCount)
  }

  func wrongByteCount(
    _ proto: ONNXTensorProto, _ name: String, _ found: String, _ type: ElementType,
    _ byteCount: Int
  ) -> Finding {
    finding(
      .wrongByteCount, name, at: proto.range.lowerBound,
      "\(found) bytes, the shape takes \(byteCount) bytes of \(type.name)")
  }

  /// Numbers in the field of their type; every one is looked at, because varints tell their number
  /// only so.
  private func typedData(
    _ proto: ONNXTensorProto, _ name: String, _ field: ONNXDataField,
    _ source: ONNXTensorProto.Source, _ type: ElementType, _ byteCount: Int
  ) throws(Finding) -> Data {
    let numberByteCount = field.numberByteCount ?? type.block.byteCount
    if let range = source.singleRun, field.numberByteCount != nil {
      guard range.count == byteCount else {
        throw wrongByteCount(proto, name, "\(field.name) has \(range.count)", type, byteCount)
      }
      return Data(range: range)
    }
    var numbers = WireNumbers(
      bytes, message: proto.range, field: field.rawValue, byteCount: field.numberByteCount)
    var count = 0
    while let value = try next(&numbers, of: field.name) {
      count += 1
      if field.numberByteCount == nil && !type.holds(value) {
        throw finding(
          .valueRange, name, at: proto.range.lowerBound,
          "\(field.name) holds \(Int64(bitPattern: value)), which \(type.name) cannot hold")
      }
    }
    guard count == byteCount / numberByteCount else {
      throw finding(
        .wrongByteCount, name, at: proto.range.lowerBound,
        "\(field.name) has \(count) numbers, the shape takes \(byteCount / numberByteCount)")
    }
    if let range = source.singleRun { return Data(range: range, coding: .varints) }
    return Data(
      range: proto.range,
      coding: .repeatedField(number: field.rawValue, numberByteCount: field.numberByteCount))
  }

  /// Reads a number of a field that is called `name`.
  func next(_ numbers: inout WireNumbers, of name: String) throws(Finding) -> UInt64? {
    do throws(WireFailure) {
      return try numbers.next()
    } catch {
      throw finding(error, of: name)
    }
  }
}
