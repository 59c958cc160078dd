public import TandemTensors

/// The numbers that ggml gives to element types.
public enum GGUFType {
  /// The element type with a ggml number, nil if it is unknown or was removed.
  public static func elementType(_ number: UInt32) -> ElementType? {
    number < UInt32(byNumber.count) ? byNumber[Int(number)] : nil
  }

  /// The ggml number of an element type, nil if GGUF cannot store it.
  public static func number(of type: ElementType) -> UInt32? { byType[type] }

  /// The name of a type that ggml has removed.
  static func removedName(_ number: UInt32) -> String? {
    switch number {
    case 4: "Q4_2"
    case 5: "Q4_3"
    case 31: "Q4_0_4_4"
    case 32: "Q4_0_4_8"
    case 33: "Q4_0_8_8"
    case 36: "IQ4_NL_4_4"
    case 37: "IQ4_NL_4_8"
    case 38: "IQ4_NL_8_8"
    default: nil
    }
  }

  /// The highest number that is known.
  static let highestNumber = UInt32(byNumber.count - 1)

  private static let table: [(number: UInt32, type: ElementType)] = [
    (0, .f32), (1, .f16), (2, .q4_0), (3, .q4_1), (6, .q5_0), (7, .q5_1), (8, .q8_0), (9, .q8_1),
    (10, .q2_k), (11, .q3_k), (12, .q4_k), (13, .q5_k), (14, .q6_k), (15, .q8_k), (16, .iq2_xxs),
    (17, .iq2_xs), (18, .iq3_xxs), (19, .iq1_s), (20, .iq4_nl), (21, .iq3_s), (22, .iq2_s),
    (23, .iq4_xs), (24, .i8), (25, .i16), (26, .i32), (27, .i64), (28, .f64), (29, .iq1_m),
    (30, .bf16), (34, .tq1_0), (35, .tq2_0), (39, .mxfp4), (40, .nvfp4), (41, .q1_0), (42, .q2_0),
  ]

  private static let byNumber: [ElementType?] = {
    var types = [ElementType?](repeating: nil, count: 43)
    for (number, type) in table { types[Int(number)] = type }
    return types
  }()

  private static let byType = Dictionary(uniqueKeysWithValues: table.map { ($0.type, $0.number) })
}
