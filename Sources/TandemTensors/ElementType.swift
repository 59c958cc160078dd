/// The type of a tensor's elements, plain or quantised in blocks.
///
/// The raw value is the type's number in the bundle format (`schemas/bundle.md`, section 5) and
/// never changes. Names are those of safetensors for plain types and of ggml for block types.
public enum ElementType: UInt8, Sendable, CaseIterable, Hashable {
  case bool = 1
  case u8, i8, u16, i16, u32, i32, u64, i64
  case f16, bf16, f32, f64
  case c64
  case f8_e4m3, f8_e5m2, f8_e8m0, f8_e4m3fnuz, f8_e5m2fnuz
  case f4, f6_e2m3, f6_e3m2
  case q4_0 = 40
  case q4_1, q5_0, q5_1, q8_0, q8_1
  case q2_k, q3_k, q4_k, q5_k, q6_k, q8_k
  case iq1_s, iq1_m, iq2_xxs, iq2_xs, iq2_s, iq3_xxs, iq3_s, iq4_nl, iq4_xs
  case tq1_0, tq2_0
  case mxfp4, nvfp4
  case q1_0, q2_0
}

extension ElementType {
  /// Elements and bytes of the smallest piece that stands for itself.
  public struct Block: Hashable, Sendable {
    public let elementCount: Int
    public let byteCount: Int
  }

  /// The type's block. Plain types have blocks of one element; sub-byte types the fewest elements
  /// that fill bytes.
  public var block: Block {
    switch self {
    case .bool, .u8, .i8, .f8_e4m3, .f8_e5m2, .f8_e8m0, .f8_e4m3fnuz, .f8_e5m2fnuz:
      Block(elementCount: 1, byteCount: 1)
    case .u16, .i16, .f16, .bf16: Block(elementCount: 1, byteCount: 2)
    case .u32, .i32, .f32: Block(elementCount: 1, byteCount: 4)
    case .u64, .i64, .f64, .c64: Block(elementCount: 1, byteCount: 8)
    case .f4: Block(elementCount: 2, byteCount: 1)
    case .f6_e2m3, .f6_e3m2: Block(elementCount: 4, byteCount: 3)
    case .q4_0, .iq4_nl: Block(elementCount: 32, byteCount: 18)
    case .q4_1: Block(elementCount: 32, byteCount: 20)
    case .q5_0: Block(elementCount: 32, byteCount: 22)
    case .q5_1: Block(elementCount: 32, byteCount: 24)
    case .q8_0: Block(elementCount: 32, byteCount: 34)
    case .q8_1: Block(elementCount: 32, byteCount: 36)
    case .q2_k: Block(elementCount: 256, byteCount: 84)
    case .q3_k, .iq3_s: Block(elementCount: 256, byteCount: 110)
    case .q4_k: Block(elementCount: 256, byteCount: 144)
    case .q5_k: Block(elementCount: 256, byteCount: 176)
    case .q6_k: Block(elementCount: 256, byteCount: 210)
    case .q8_k: Block(elementCount: 256, byteCount: 292)
    case .iq1_s: Block(elementCount: 256, byteCount: 50)
    case .iq1_m: Block(elementCount: 256, byteCount: 56)
    case .iq2_xxs, .tq2_0: Block(elementCount: 256, byteCount: 66)
    case .iq2_xs: Block(elementCount: 256, byteCount: 74)
    case .iq2_s: Block(elementCount: 256, byteCount: 82)
    case .iq3_xxs: Block(elementCount: 256, byteCount: 98)
    case .iq4_xs: Block(elementCount: 256, byteCount: 136)
    case .tq1_0: Block(elementCount: 256, byteCount: 54)
    case .mxfp4: Block(elementCount: 32, byteCount: 17)
    case .nvfp4: Block(elementCount: 64, byteCount: 36)
    case .q1_0: Block(elementCount: 128, byteCount: 18)
    case .q2_0: Block(elementCount: 64, byteCount: 18)
    }
  }

  /// Whether elements share scales in blocks, as ggml's quantised types do.
  public var isQuantised: Bool { rawValue >= ElementType.q4_0.rawValue }

  /// Whether single elements are smaller than a byte; then only the whole tensor must fill bytes,
  /// not each row.
  public var isSubByte: Bool { self == .f4 || self == .f6_e2m3 || self == .f6_e3m2 }

  /// The name in safetensors or ggml, such as `BF16` or `Q4_K`.
  public var name: String { Self.names[self] ?? "" }

  /// The type with a name, as ``name`` gives it.
  public init?(name: String) {
    guard let type = Self.byName[name] else { return nil }
    self = type
  }

  private static let names = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, "\($0)".uppercased()) })
  private static let byName = Dictionary(uniqueKeysWithValues: names.map { ($0.value, $0.key) })
}
