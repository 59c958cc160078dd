import TandemBytes
import TandemTensors

extension ElementType {
  /// Whether binary32 holds every number of the type; of blocks, the numbers that they decode to.
  var fitsBinary32: Bool {
    switch self {
    case .u32, .i32, .u64, .i64, .f64: false
    default: true
    }
  }

  /// The type that a ``WideNumber`` is read from: itself for 64-bit integers, of which binary64 does
  /// not hold all.
  var wideType: ElementType { self == .u64 || self == .i64 ? self : .f64 }
}

/// A number of any type, without rounding: two are the same only if they are equal.
enum WideNumber {
  case integer(Int128)
  case real(Double)

  /// Reads an element of a type's ``wideType``.
  init(_ wideType: ElementType, _ bytes: RawSpan, at index: Int) {
    self =
      switch wideType {
      case .u64: .integer(Int128(bytes.littleEndian(UInt64.self, at: 8 * index)))
      case .i64: .integer(Int128(bytes.littleEndian(Int64.self, at: 8 * index)))
      default: .real(Double(bitPattern: bytes.littleEndian(at: 8 * index)))
      }
  }

  static func + (a: Self, number: Float) -> Self {
    switch a {
    case .integer(let integer):
      if let whole = Int128(exactly: number) { return .integer(integer + whole) }
      return .real(Double(integer) + Double(number))
    case .real(let real): return .real(real + Double(number))
    }
  }

  /// The number, or the nearest one that binary64 has.
  var nearest: Double {
    switch self {
    case .integer(let integer): Double(integer)
    case .real(let real): real
    }
  }

  /// Whether both are equal, or both NaN.
  func isSame(as other: Self) -> Bool {
    switch (self, other) {
    case (.integer(let a), .integer(let b)): a == b
    case (.real(let a), .real(let b)): a == b || a.isNaN && b.isNaN
    case (.integer(let integer), .real(let real)), (.real(let real), .integer(let integer)):
      Int128(exactly: real) == integer
    }
  }

  /// |a − b|; 0 only if they are equal.
  func distance(to other: Self) -> Double {
    switch (self, other) {
    case (.integer(let a), .integer(let b)): return Double((a - b).magnitude)
    case (.real(let a), .real(let b)): return (a - b).magnitude
    case (.integer(let integer), .real(let real)), (.real(let real), .integer(let integer)):
      // A number that is not whole is below 2^52, where binary64 holds the integer too or lies far.
      guard real.magnitude < 0x1p100, let whole = Int128(exactly: real) else {
        return (Double(integer) - real).magnitude
      }
      return Double((integer - whole).magnitude)
    }
  }
}
