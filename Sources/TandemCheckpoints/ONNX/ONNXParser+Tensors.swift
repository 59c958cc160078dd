internal import TandemBytes
internal import TandemTensors

extension ONNXParser {
  /// Reads a tensor.
  mutating func tensor(
    _ range: Range<Int>, _ naming: ONNXNaming, suffix: String = "", depth: Int
  ) throws(Finding) {
    try checkDepth(depth, at: range.lowerBound)
    let proto = try tensorProto(range)
    let name = try name(of: proto, naming) + suffix
    guard let type = try elementType(proto, name) else { return }
    let shape = try shape(proto, name)
    let byteCount = try byteCount(shape, type, proto, name)
    let data = try data(of: proto, name, type, byteCount)
    add(name, type, shape, data, naming, at: range.lowerBound)
  }

  /// Reads a sparse tensor: a list of values and one of their places, which are two tensors here.
  mutating func sparseTensor(
    _ range: Range<Int>, _ naming: ONNXNaming, depth: Int
  ) throws(Finding) {
    try checkDepth(depth, at: range.lowerBound)
    var reader = WireReader(bytes, range)
    var (values, indices): (Range<Int>?, Range<Int>?)
    var seen: Set<Int> = []
    while let field = try next(&reader, of: "a sparse tensor") {
      try checkOnce(field, [1, 2], &seen, of: "a sparse tensor")
      switch field.number {
      case 1: values = try message(field, "values")
      case 2: indices = try message(field, "indices")
      default: break
      }
    }
    guard let values, let indices else {
      throw finding(
        .dataSources, at: range.lowerBound, "a sparse tensor lacks its values or its indices")
    }
    // The name of both is that of the values.
    let name = try name(of: try tensorProto(values), naming)
    report(
      .sparse, name, at: range.lowerBound,
      "the tensor is sparse: '\(name)/values' and '\(name)/indices' are listed instead")
    let naming = ONNXNaming.fixed(name, isValue: naming.isValue)
    try tensor(values, naming, suffix: "/values", depth: depth + 1)
    try tensor(indices, naming, suffix: "/indices", depth: depth + 1)
  }

  /// The name of a tensor, with the path of the graph that it stands in.
  mutating func name(
    of proto: ONNXTensorProto, _ naming: ONNXNaming
  ) throws(Finding) -> String {
    let (range, prefix): (Range<Int>, String)
    switch naming {
    case .attribute(let name):
      try addPath(name.utf8.count, at: proto.range.lowerBound)
      return name
    case .fixed(let name, _): return name
    case .initialiser(let path): (range, prefix) = (proto.name ?? 0..<0, path)
    case .output(let name, let path): (range, prefix) = (name, path)
    }
    let text = bytes.extracting(range).utf8Text
    let flaw: String? =
      if range.isEmpty {
        "is empty"
      } else if range.count > 65_535 {
        "has \(range.count) bytes, at most 65535 are allowed"
      } else if text == nil {
        "is not UTF-8"
      } else {
        text?.unicodeScalars.first { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }
          .map { "holds the control character U+\(hexadecimal($0.value, digits: 4))" }
      }
    guard let text, flaw == nil else {
      throw finding(
        .badName, bytes.extracting(range.prefix(60)).lossyText, at: proto.range.lowerBound,
        "the name \(flaw ?? "")")
    }
    // A node's output is copied for each of its attributes, of which there may be many.
    let copied = if case .output = naming { range.count } else { 0 }
    try addPath(prefix.utf8.count + copied, at: proto.range.lowerBound)
    return prefix + text
  }

  /// Bounds what names take beyond their own bytes, so that a small file with long ways to many
  /// tensors cannot fill the memory.
  private mutating func addPath(_ byteCount: Int, at offset: Int) throws(Finding) {
    pathByteCount += byteCount
    let limit = max(1 << 20, 4 * bytes.byteCount)
    guard pathByteCount <= limit else {
      throw finding(
        .badName, at: offset,
        "the ways to tensors in inner graphs have over \(limit) bytes together, four times the file's",
        remedy: "give the nodes shorter names")
    }
  }

  /// The type of the elements; nil, after a warning, for a tensor that is left out.
  private mutating func elementType(
    _ proto: ONNXTensorProto, _ name: String
  ) throws(Finding) -> ElementType? {
    let offset = proto.range.lowerBound
    if proto.isSegment {
      throw finding(
        .segment, name, at: offset, "the tensor is a segment of one, which no reader joins")
    }
    guard let number = proto.dataType, let type = ONNXType(number) else {
      let found = proto.dataType.map { "is \($0)" } ?? "is missing"
      throw finding(
        .unknownType, name, at: offset,
        "the data type \(found), 1 to \(ONNXType.highestNumber) are known")
    }
    switch type {
    case .number(let type): return type
    case .text:
      report(.textLeftOut, name, at: offset, "the tensor holds texts and is left out")
    case .other(let type):
      report(
        .typeLeftOut, name, at: offset,
        "the tensor is of type \(type), which has no equal here, and is left out")
    }
    return nil
  }

  private func shape(_ proto: ONNXTensorProto, _ name: String) throws(Finding) -> Shape {
    guard let negative = proto.dimensions.first(where: { $0 < 0 }) else {
      return Shape(proto.dimensions)
    }
    throw finding(
      .shape, name, at: proto.range.lowerBound,
      "a dimension is \(negative), 0 to 2^63-1 are allowed")
  }

  private func byteCount(
    _ shape: Shape, _ type: ElementType, _ proto: ONNXTensorProto, _ name: String
  ) throws(Finding) -> Int {
    let offset = proto.range.lowerBound
    guard shape.elementCount != nil else {
      throw finding(
        .overflow, name, at: offset,
        "the shape \(shape) has more elements than the 2^63-1 that are allowed")
    }
    guard shape.fillsBlocks(of: type) else {
      throw finding(
        .partialByte, name, at: offset, "the elements of \(type.name) do not fill whole bytes")
    }
    guard let byteCount = shape.byteCount(of: type) else {
      throw finding(
        .overflow, name, at: offset,
        "the shape \(shape) takes more bytes of \(type.name) than the 2^63-1 that are allowed")
    }
    return byteCount
  }
}

extension ONNXNaming {
  /// Whether the name is that of a value in a graph, so that no other may have it.
  var isValue: Bool {
    switch self {
    case .initialiser, .output: true
    case .attribute: false
    case .fixed(_, let isValue): isValue
    }
  }
}
