public import TandemBytes
internal import TandemTensors

// An ONNX model is one Protocol Buffers message (see `WireReader`), a ModelProto. What is read of it,
// with the fields' numbers:
//
//   ModelProto   1 ir_version, 2 producer_name, 3 producer_version, 4 domain, 5 model_version,
//                7 graph, 8 opset_import, 14 metadata_props, 20 training_info, 25 functions
//   GraphProto   1 node, 2 name, 5 initializer, 15 sparse_initializer
//   NodeProto    2 output, 3 name, 4 op_type, 5 attribute
//   AttributeProto  1 name, 5 t, 6 g, 10 tensors, 11 graphs, 22 sparse_tensor, 23 sparse_tensors
//   FunctionProto   1 name, 7 node, 10 domain, 11 attribute_proto, 13 overload
//   TensorProto  1 dims, 2 data_type, 3 segment, 4 float_data, 5 int32_data, 6 string_data,
//                7 int64_data, 8 name, 9 raw_data, 10 double_data, 11 uint64_data,
//                13 external_data, 14 data_location
//   SparseTensorProto  1 values, 2 indices
//
// The data of a tensor stand in raw_data, little-endian and row-major; or in the typed field that
// its type has; or, with data_location 1, in another file that external_data names by `location`,
// `offset` and `length`. int32_data also holds 8- and 16-bit integers, booleans and the bits of
// smaller floats.
//
// Source: onnx/onnx.proto and docs/ExternalData.md of github.com/onnx/onnx, version 1.23

/// Reads the tensors of ONNX models strictly: initialisers and constants, of subgraphs and functions
/// too.
///
/// A tensor of the main graph is called as in the graph, a constant as the value that its node makes.
/// Before the names of an inner graph stand the node and the attribute that hold it:
/// `If_5.then_branch/weight`. A tensor in another attribute is called after node and attribute.
public enum ONNXReader {
  /// The largest file: Protocol Buffers count a message's bytes with 31 bits.
  static let byteLimit = Int(Int32.max)

  /// Reads a model.
  ///
  /// - Throws: ``FileError`` if the file cannot be opened. What its content breaks is in the
  ///   reading's findings.
  /// - Complexity: O(*n*) in the bytes of everything but raw and external data, which are not
  ///   touched.
  public static func read(path: String) throws(FileError) -> CheckpointReading {
    read(try MappedFile(path: path))
  }

  static func read(_ file: MappedFile) -> CheckpointReading {
    guard file.byteCount <= byteLimit else {
      var findings = Findings()
      findings.add(
        Finding(
          ONNXRule.tooLarge, in: file.path,
          "the file has \(file.byteCount) bytes, a Protocol Buffers message at most \(byteLimit)",
          remedy: "save the model with external data"))
      return CheckpointReading(nil, findings)
    }
    var parser = ONNXParser(file.bytes, of: file)
    parser.model()
    let fileName = Paths.name(file.path)
    // Between the tensors lies the graph: no byte of the file is only header.
    let files =
      [TensorFile(name: fileName, file: file, headerByteCount: 0)] + parser.external.files
    let checkpoint = Checkpoint(
      format: .onnx, path: file.path, files: files, tensors: parser.tensors,
      metadata: .onnx(parser.metadata))
    return CheckpointReading(checkpoint, parser.findings)
  }

  /// Tells whether bytes begin like a ModelProto: with a small ir_version and another of its fields,
  /// or, in another order, with fields that hold all the bytes and have both version and graph.
  static func recognises(_ bytes: RawSpan) -> Bool {
    var reader = WireReader(bytes, 0..<bytes.byteCount)
    var numbers: Set<Int> = []
    do throws(WireFailure) {
      for index in 0..<1000 {
        guard let field = try reader.next() else { break }
        guard isOfModel(field) else { return false }
        if index == 0 && field.number == 1 { return isModelField(bytes, at: reader.offset) }
        numbers.insert(field.number)
      }
    } catch { return false }
    return numbers.isSuperset(of: [1, 7])
  }

  /// Whether a tag of a ModelProto stands at an offset, or the bytes end there; what the tag
  /// announces may be cut off.
  private static func isModelField(_ bytes: RawSpan, at offset: Int) -> Bool {
    guard offset < bytes.byteCount else { return true }
    let tag = bytes.byte(at: offset)
    if tag < 0x80 { return wireTypes[Int(tag >> 3)].map { $0 == tag & 7 } ?? false }
    // Numbers from 16 on take a second byte.
    guard offset + 1 < bytes.byteCount else { return false }
    let number = Int(tag & 0x7F | bytes.byte(at: offset + 1) << 7) >> 3
    return bytes.byte(at: offset + 1) <= 1 && wireTypes[number].map { $0 == tag & 7 } ?? false
  }

  private static func isOfModel(_ field: WireField) -> Bool {
    switch (field.value, wireTypes[field.number]) {
    case (.varint(let value), 0): field.number != 1 || 1...255 ~= value
    case (.bytes, 2): true
    default: false
    }
  }

  /// The wire types of a ModelProto's fields.
  private static let wireTypes: [Int: UInt8] = [
    1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2,
  ]
}
