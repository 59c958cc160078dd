import TandemBytes
import TandemTensors

/// A number of any plain type that binary32 cannot hold exactly: 64-bit floating point or integer.
enum ExactNumber {
  case real(Double)
  case integer(Int128)

  /// The types that are read and written one number after the other, because binary32 does not
  /// hold all of their numbers.
  static func holds(_ type: ElementType) -> Bool {
    switch type {
    case .f64, .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: true
    default: false
    }
  }

  /// Reads an element.
  ///
  /// - Precondition: the type is one that ``holds(_:)`` names.
  init(_ type: ElementType, _ bytes: RawSpan, at index: Int) {
    self =
      switch type {
      case .f64: .real(Double(bitPattern: bytes.littleEndian(at: 8 * index)))
      case .bool: .integer(bytes.byte(at: index) == 0 ? 0 : 1)
      case .u8: .integer(Int128(bytes.littleEndian(UInt8.self, at: index)))
      case .i8: .integer(Int128(bytes.littleEndian(Int8.self, at: index)))
      case .u16: .integer(Int128(bytes.littleEndian(UInt16.self, at: 2 * index)))
      case .i16: .integer(Int128(bytes.littleEndian(Int16.self, at: 2 * index)))
      case .u32: .integer(Int128(bytes.littleEndian(UInt32.self, at: 4 * index)))
      case .i32: .integer(Int128(bytes.littleEndian(Int32.self, at: 4 * index)))
      case .u64: .integer(Int128(bytes.littleEndian(UInt64.self, at: 8 * index)))
      case .i64: .integer(Int128(bytes.littleEndian(Int64.self, at: 8 * index)))
      default: preconditionFailure("ExactNumber: \(type.name)")
      }
  }

  /// Writes an element: rounded to nearest, ties to even, and limited to the type's range; NaN
  /// becomes zero where there is none, and any number but zero is true.
  ///
  /// - Returns: What was written; nil if the number had to be limited.
  /// - Precondition: the type is one that ``holds(_:)`` names.
  func store(_ type: ElementType, _ output: inout MutableRawSpan, at index: Int) -> ExactNumber? {
    switch type {
    case .f64:
      output.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
      return .real(value)
    case .bool:
      output.storeBytes(of: value == 0 ? 0 : 1, toByteOffset: index, as: UInt8.self)
      return .integer(value == 0 ? 0 : 1)
    case .u8: return store(UInt8.self, &output, at: index)
    case .i8: return store(Int8.self, &output, at: index)
    case .u16: return store(UInt16.self, &output, at: index)
    case .i16: return store(Int16.self, &output, at: index)
    case .u32: return store(UInt32.self, &output, at: index)
    case .i32: return store(Int32.self, &output, at: index)
    case .u64: return store(UInt64.self, &output, at: index)
    case .i64: return store(Int64.self, &output, at: index)
    default: preconditionFailure("ExactNumber: \(type.name)")
    }
  }

  private func store<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, _ output: inout MutableRawSpan, at index: Int
  ) -> ExactNumber? {
    let rounded = rounded
    let integer = T(clamping: rounded)
    output.storeBytes(
      of: integer.littleEndian, toByteOffset: MemoryLayout<T>.size * index, as: T.self)
    return integer == rounded ? .integer(rounded) : nil
  }

  /// The nearest integer, as far as it is within 2^100; 0 for NaN.
  private var rounded: Int128 {
    switch self {
    case .integer(let integer): integer
    case .real(let real) where real.isNaN: 0
    case .real(let real): Int128(min(max(real, -0x1p100), 0x1p100).rounded(.toNearestOrEven))
    }
  }

  /// The number, or the nearest one that binary64 has.
  var value: Double {
    switch self {
    case .real(let real): real
    case .integer(let integer): Double(integer)
    }
  }

  /// The difference to a number, rounded to binary64: never zero unless the two are equal.
  func distance(to other: ExactNumber) -> Double {
    switch (self, other) {
    case (.real(let one), .real(let two)): abs(one - two)
    case (.integer(let one), .integer(let two)): Double((one - two).magnitude)
    case (.real(let real), .integer(let integer)), (.integer(let integer), .real(let real)):
      Self.distance(real, integer)
    }
  }

  private static func distance(_ real: Double, _ integer: Int128) -> Double {
    // No integer type comes near this.
    guard abs(real) < 0x1p100 else { return abs(real) }
    let whole = real.rounded(.towardZero)
    return abs(Double(Int128(whole) - integer) + (real - whole))
  }

  /// The nearest number that binary32 has.
  var nearestFloat: Float {
    switch self {
    case .real(let real): Float(real)
    case .integer(let integer): Float(integer)
    }
  }

  /// The number cut off to binary32, with the last bit set if anything was lost: a second rounding,
  /// to a type with at least two bits less, then gives the same as a direct one would.
  ///
  /// Boldo and Melquiond, "Emulation of a FMA and correctly-rounded sums: proved algorithms using
  /// rounding to odd", IEEE Transactions on Computers 57(4), 2008.
  var oddFloat: Float {
    let nearest = nearestFloat
    let isLarger: Bool
    switch self {
    case .real(let real):
      if Double(nearest) == real || real.isNaN { return nearest }
      isLarger = abs(Double(nearest)) > abs(real)
    case .integer(let integer):
      if Int128(nearest) == integer { return nearest }
      isLarger = Int128(nearest).magnitude > integer.magnitude
    }
    return Float(bitPattern: (isLarger ? nearest.bitPattern - 1 : nearest.bitPattern) | 1)
  }
}
