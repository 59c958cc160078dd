import TandemTensors

/// What the `descr` of an `.npy` header means.
enum NumPyType: Hashable {
  /// Numbers that can be read; the byte order is nil if elements have several bytes and it is not
  /// said.
  case number(ElementType, isBigEndian: Bool?)
  /// Two bytes without a type, which is how NumPy stores the bfloat16 of other packages.
  case twoBytes(isBigEndian: Bool)
  /// Python objects.
  case objects
  /// What a message says of any other type, as half a sentence.
  case other(String)

  /// Reads an array-protocol type string such as `<f4`: byte order, kind, bytes an element.
  init(_ descriptor: String) {
    let order = descriptor.utf8.first.flatMap { "<>|=".utf8.contains($0) ? $0 : nil }
    let code = order == nil ? descriptor : String(descriptor.dropFirst())
    let isBigEndian: Bool? =
      switch order {
      case UInt8(ascii: "<"): false
      case UInt8(ascii: ">"): true
      default: nil
      }
    if let type = Self.types[code] {
      let isByte = type.block.byteCount == 1
      self = .number(type, isBigEndian: isByte ? false : isBigEndian)
    } else if code == "V2" {
      self = .twoBytes(isBigEndian: isBigEndian ?? false)
    } else if code.utf8.first == UInt8(ascii: "O") {
      self = .objects
    } else {
      self = .other(Self.phrase(of: code))
    }
  }

  private static let types: [String: ElementType] = [
    "b1": .bool, "?": .bool, "i1": .i8, "u1": .u8, "i2": .i16, "u2": .u16, "i4": .i32, "u4": .u32,
    "i8": .i64, "u8": .u64, "f2": .f16, "f4": .f32, "f8": .f64, "c8": .c64,
  ]

  private static func phrase(of code: String) -> String {
    switch code.utf8.first {
    case UInt8(ascii: "U"), UInt8(ascii: "S"), UInt8(ascii: "a"): "texts"
    case UInt8(ascii: "V"): "bytes without a type"
    case UInt8(ascii: "M"), UInt8(ascii: "m"): "dates or times"
    case UInt8(ascii: "f"), UInt8(ascii: "c"), UInt8(ascii: "i"), UInt8(ascii: "u"):
      "numbers of another width"
    default: "of an unknown type"
    }
  }
}
