internal import TandemBytes

/// The fields of a TensorProto, before anything is checked between them.
struct ONNXTensorProto {
  /// Where the numbers of a data field stand.
  struct Source {
    /// Raw bytes, or the first packed run.
    var range: Range<Int>?
    var runCount = 0
    /// Numbers that stand alone, each behind a tag of its own.
    var singleCount = 0

    /// The bytes, if all of them stand in one place.
    var singleRun: Range<Int>? { runCount == 1 && singleCount == 0 ? range : nil }
  }

  /// Where the message stands.
  let range: Range<Int>
  /// As written: two's complement.
  var dimensions: [Int] = []
  var dataType: UInt64?
  var name: Range<Int>?
  var sources: [ONNXDataField: Source] = [:]
  var hasTexts = false
  var isSegment = false
  /// The entries of `external_data`, each a message.
  var externalEntries: [Range<Int>] = []
  var isExternal = false
}

extension ONNXParser {
  /// The largest rank.
  static var rankLimit: Int { 64 }

  /// Reads the fields of a TensorProto.
  func tensorProto(_ range: Range<Int>) throws(Finding) -> ONNXTensorProto {
    var proto = ONNXTensorProto(range: range)
    var reader = WireReader(bytes, range)
    var seen: Set<Int> = []
    while let field = try next(&reader, of: "a tensor") {
      try checkOnce(field, [2, 3, 8, 9, 14], &seen, of: "a tensor")
      switch field.number {
      case 1: try addDimensions(field, to: &proto)
      case 2: proto.dataType = try varint(field, "data_type")
      case 3: proto.isSegment = true
      case 6: proto.hasTexts = true
      case 8: proto.name = try message(field, "name")
      case 13: proto.externalEntries.append(try message(field, "external_data"))
      case 14: proto.isExternal = try location(field)
      default:
        if let data = ONNXDataField(rawValue: field.number) {
          try add(field, data, to: &proto.sources[data, default: .init()])
        }
      }
    }
    return proto
  }

  /// Adds one dimension, or a packed run of them.
  private func addDimensions(_ field: WireField, to proto: inout ONNXTensorProto) throws(Finding) {
    if case .bytes(let range) = field.value {
      var run = WireReader(bytes, range)
      while let value = try nextDimension(&run) {
        try append(value, field, to: &proto)
      }
    } else {
      try append(try varint(field, "dims"), field, to: &proto)
    }
  }

  private func append(
    _ value: UInt64, _ field: WireField, to proto: inout ONNXTensorProto
  ) throws(Finding) {
    guard proto.dimensions.count < Self.rankLimit else {
      throw finding(
        .shape, at: field.offset,
        "a tensor has more than the \(Self.rankLimit) dimensions that are allowed")
    }
    proto.dimensions.append(Int(Int64(bitPattern: value)))
  }

  private func location(_ field: WireField) throws(Finding) -> Bool {
    let value = try varint(field, "data_location")
    guard value <= 1 else {
      throw finding(
        .externalEntry, at: field.offset, "data_location is \(value), 0 and 1 are allowed")
    }
    return value == 1
  }

  private func add(
    _ field: WireField, _ data: ONNXDataField, to source: inout ONNXTensorProto.Source
  ) throws(Finding) {
    switch (field.value, data.numberByteCount) {
    case (.bytes(let range), _):
      source.range = source.range ?? range
      source.runCount += 1
    case (.varint, nil) where data != .raw, (.fixed32, 4), (.fixed64, 8): source.singleCount += 1
    default: throw wireType(field, data.name, expected: "a run of bytes")
    }
  }

  private func nextDimension(_ run: inout WireReader) throws(Finding) -> UInt64? {
    do throws(WireFailure) {
      return try run.nextNumber(byteCount: nil)
    } catch {
      throw finding(error, of: "dims")
    }
  }
}
