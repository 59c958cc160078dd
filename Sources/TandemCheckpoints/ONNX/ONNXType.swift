import TandemTensors

/// The data types of ONNX (`TensorProto.DataType`).
enum ONNXType: Hashable {
  case number(ElementType)
  case text
  /// A type that ONNX has and this package has not, by its name in ONNX.
  case other(String)

  /// nil for a number that is none of ONNX 1.23's.
  init?(_ number: UInt64) {
    guard number < UInt64(Self.table.count), let type = Self.table[Int(number)] else { return nil }
    self = type
  }

  /// By number.
  private static let table: [ONNXType?] = [
    nil, .number(.f32), .number(.u8), .number(.i8), .number(.u16), .number(.i16), .number(.i32),
    .number(.i64), .text, .number(.bool), .number(.f16), .number(.f64), .number(.u32),
    .number(.u64), .number(.c64), .other("COMPLEX128"), .number(.bf16), .number(.f8_e4m3),
    .number(.f8_e4m3fnuz), .number(.f8_e5m2), .number(.f8_e5m2fnuz), .other("UINT4"),
    .other("INT4"), .number(.f4), .number(.f8_e8m0), .other("UINT2"), .other("INT2"),
    .other("FLOAT6E2M3"), .other("FLOAT6E3M2"),
  ]

  static var highestNumber: Int { table.count - 1 }
}

/// The fields of a `TensorProto` that hold data.
enum ONNXDataField: Int, CaseIterable {
  case float = 4
  case int32 = 5
  case int64 = 7
  case raw = 9
  case double = 10
  case uint64 = 11

  var name: String {
    switch self {
    case .float: "float_data"
    case .int32: "int32_data"
    case .int64: "int64_data"
    case .raw: "raw_data"
    case .double: "double_data"
    case .uint64: "uint64_data"
    }
  }

  /// The field that holds data of a type if it is not raw.
  init(for type: ElementType) {
    switch type {
    case .f32, .c64: self = .float
    case .f64: self = .double
    case .i64: self = .int64
    case .u32, .u64: self = .uint64
    default: self = .int32
    }
  }

  /// Bytes of a number; nil for varints and raw bytes.
  var numberByteCount: Int? {
    switch self {
    case .float: 4
    case .double: 8
    case .int32, .int64, .uint64, .raw: nil
    }
  }
}
