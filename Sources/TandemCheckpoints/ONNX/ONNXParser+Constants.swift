internal import TandemBytes
internal import TandemTensors

/// A value of a Constant node that is bare numbers, without a tensor around them (ONNX's operator
/// Constant, from version 12 on).
private struct ONNXConstantNumbers {
  /// The field of the attribute.
  let field: Int
  let type: ElementType
  let isList: Bool
  /// The bytes of a number; nil for varints.
  let numberByteCount: Int?

  init?(attribute name: String) {
    switch name {
    case "value_float": (field, type, isList, numberByteCount) = (2, .f32, false, 4)
    case "value_int": (field, type, isList, numberByteCount) = (3, .i64, false, nil)
    case "value_floats": (field, type, isList, numberByteCount) = (7, .f32, true, 4)
    case "value_ints": (field, type, isList, numberByteCount) = (8, .i64, true, nil)
    default: return nil
    }
  }
}

extension ONNXParser {
  /// Adds what a Constant node holds as bare numbers: a scalar, or a tensor of one dimension.
  ///
  /// - Parameters:
  ///   - attribute: Where the attribute lies.
  ///   - attributeName: What it is called; other attributes are passed over.
  mutating func constantNumbers(
    _ attribute: Range<Int>, _ attributeName: String, _ naming: ONNXNaming
  ) throws(Finding) {
    let isText = attributeName == "value_string" || attributeName == "value_strings"
    let constant = ONNXConstantNumbers(attribute: attributeName)
    // In a function a value may be that of the function's attribute.
    guard isText || constant != nil, try !refersToAttribute(attribute) else { return }
    let name = try self.name(of: ONNXTensorProto(range: attribute), naming)
    guard let constant else {
      return report(
        .textLeftOut, name, at: attribute.lowerBound, "the constant holds texts and is left out")
    }
    try checkWireTypes(of: constant, attribute, attributeName)
    var numbers = WireNumbers(
      bytes, message: attribute, field: constant.field, byteCount: constant.numberByteCount)
    var count = 0
    while try next(&numbers, of: attributeName) != nil { count += 1 }
    guard constant.isList || count == 1 else {
      throw finding(
        .wrongByteCount, name, at: attribute.lowerBound,
        "\(attributeName) holds \(count) numbers, 1 is expected",
        remedy: count == 0 ? "some writers leave out a zero: save the model with onnx" : nil)
    }
    add(
      name, constant.type, Shape(constant.isList ? [count] : []),
      Data(
        range: attribute,
        coding: .repeatedField(
          number: constant.field, numberByteCount: constant.numberByteCount)),
      naming, at: attribute.lowerBound)
  }

  /// Whether the attribute's value is said by name (`ref_attr_name`).
  private func refersToAttribute(_ attribute: Range<Int>) throws(Finding) -> Bool {
    var fields = WireReader(bytes, attribute)
    while let field = try next(&fields, of: "an attribute") {
      if field.number == 21, case .bytes(let name) = field.value, !name.isEmpty { return true }
    }
    return false
  }

  private func checkWireTypes(
    of constant: ONNXConstantNumbers, _ attribute: Range<Int>, _ attributeName: String
  ) throws(Finding) {
    var fields = WireReader(bytes, attribute)
    while let field = try next(&fields, of: "an attribute") {
      guard field.number == constant.field else { continue }
      switch (field.value, constant.numberByteCount) {
      case (.bytes, _) where constant.isList, (.fixed32, 4), (.varint, nil): break
      case (_, nil): throw wireType(field, attributeName, expected: "a varint")
      default: throw wireType(field, attributeName, expected: "a number of four bytes")
      }
    }
  }

  /// Keeps a tensor whose parts were checked.
  ///
  /// - Parameter offset: Where its message begins.
  mutating func add(
    _ name: String, _ type: ElementType, _ shape: Shape, _ data: Data, _ naming: ONNXNaming,
    at offset: Int
  ) {
    let form = forms[data.coding] ?? StoredForm(coding: data.coding)
    forms[data.coding] = form
    nameSources.append(ONNXNameSource(isValue: naming.isValue, offset: offset))
    tensors.append(
      TensorDescriptor(
        name: name, type: type, shape: shape, fileIndex: data.fileIndex, byteRange: data.range,
        form: form))
  }
}
