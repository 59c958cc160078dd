import CTandem
public import TandemTensors

/// A matrix of weights, (rowCount, columnCount), as it is stored: row after row, each of whole
/// blocks of its type.
public struct WeightMatrix: ~Escapable {
  public let type: ElementType
  public let rowCount: Int
  public let columnCount: Int
  /// The rows' bytes, at any alignment.
  public let bytes: RawSpan
  let storedType: tk_weight_type

  /// Views stored bytes as a matrix.
  ///
  /// - Precondition: ``supports(_:columnCount:)``, and `bytes` holds exactly these rows.
  @_lifetime(copy bytes)
  public init(_ type: ElementType, rowCount: Int, columnCount: Int, bytes: RawSpan) {
    guard Self.supports(type, columnCount: columnCount), let storedType = tk_weight_type(type)
    else {
      preconditionFailure("WeightMatrix: no products of \(type.name) with \(columnCount) columns")
    }
    self.type = type
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.bytes = bytes
    self.storedType = storedType
    precondition(
      rowCount >= 0 && bytes.byteCount == rowCount * rowByteCount,
      "WeightMatrix: bytes differ from rows")
  }

  /// Whether products can be made with weights of a type, in rows of that many columns.
  public static func supports(_ type: ElementType, columnCount: Int) -> Bool {
    tk_weight_type(type) != nil && columnCount > 0 && columnCount % type.block.elementCount == 0
  }

  /// Bytes from the start of one row to that of the next.
  public var rowByteCount: Int { columnCount / type.block.elementCount * type.block.byteCount }
}

extension tk_weight_type {
  init?(_ type: ElementType) {
    switch type {
    case .f32: self = TK_F32
    case .f16: self = TK_F16
    case .bf16: self = TK_BF16
    case .q4_0: self = TK_Q4_0
    case .q4_1: self = TK_Q4_1
    case .q5_0: self = TK_Q5_0
    case .q5_1: self = TK_Q5_1
    case .q8_0: self = TK_Q8_0
    case .q4_k: self = TK_Q4_K
    case .q5_k: self = TK_Q5_K
    case .q6_k: self = TK_Q6_K
    case .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .f64, .c64, .f8_e4m3, .f8_e5m2,
      .f8_e8m0, .f8_e4m3fnuz, .f8_e5m2fnuz, .f4, .f6_e2m3, .f6_e3m2, .q8_1, .q2_k, .q3_k, .q8_k,
      .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .iq4_nl, .iq4_xs, .tq1_0, .tq2_0,
      .mxfp4, .nvfp4, .q1_0, .q2_0:
      return nil
    }
  }
}
