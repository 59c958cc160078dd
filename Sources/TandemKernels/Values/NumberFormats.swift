/// The value of an IEEE binary16 number, from its bits.
///
/// By integer arithmetic, because `Float(Float16)` is a library call on processors that are not
/// known to have F16C.
@inline(__always)
func floatOfHalf(_ bits: UInt16) -> Float {
  let magnitude = UInt32(bits & 0x7FFF)
  // Exponent and fraction land where binary32 has them, 112 too low; the product corrects that,
  // subnormals included.
  let scaled = Float(bitPattern: magnitude << 13) * 0x1p112
  let value = magnitude < 0x7C00 ? scaled : Float(bitPattern: magnitude << 13 | 0x7F80_0000)
  return bits & 0x8000 == 0 ? value : -value
}

/// The same for bits that are neither NaN nor infinity, without a branch.
@inline(__always)
func finiteFloatOfHalf(_ bits: Int16) -> Float {
  let word = Int32(bits) << 13
  return Float(bitPattern: UInt32(bitPattern: word) & 0x8FFF_E000) * 0x1p112
}

/// An 8-bit floating-point format: where its fields are and which codes are no numbers.
struct SmallFloat {
  let exponentBitCount: Int
  let fractionBitCount: Int
  let bias: Int
  let isSigned: Bool
  /// Which codes, without the sign bit, are NaN and infinite.
  let nanCodes: ClosedRange<UInt8>
  let infinityCode: UInt8?
  /// Whether the code of minus zero is the only NaN.
  let minusZeroIsNaN: Bool

  static let e4m3 = SmallFloat(4, 3, bias: 7, nan: 0x7F...0x7F)
  static let e5m2 = SmallFloat(5, 2, bias: 15, nan: 0x7D...0x7F, infinity: 0x7C)
  static let e4m3fnuz = SmallFloat(4, 3, bias: 8, nan: 0xFF...0xFF, minusZeroIsNaN: true)
  static let e5m2fnuz = SmallFloat(5, 2, bias: 16, nan: 0xFF...0xFF, minusZeroIsNaN: true)
  /// A power of two without a sign: the scales of the microscaling formats.
  static let e8m0 = SmallFloat(8, 0, bias: 127, nan: 0xFF...0xFF, isSigned: false)

  private init(
    _ exponentBitCount: Int, _ fractionBitCount: Int, bias: Int, nan: ClosedRange<UInt8>,
    infinity: UInt8? = nil, isSigned: Bool = true, minusZeroIsNaN: Bool = false
  ) {
    self.exponentBitCount = exponentBitCount
    self.fractionBitCount = fractionBitCount
    self.bias = bias
    self.isSigned = isSigned
    self.nanCodes = nan
    self.infinityCode = infinity
    self.minusZeroIsNaN = minusZeroIsNaN
  }

  /// The values of the 256 codes.
  var table: [Float] { (0...255).map { value(of: UInt8($0)) } }

  private func value(of code: UInt8) -> Float {
    if minusZeroIsNaN && code == 0x80 { return .nan }
    let isNegative = isSigned && code & 0x80 != 0
    let magnitude = isSigned ? code & 0x7F : code
    if nanCodes.contains(magnitude) { return .nan }
    if magnitude == infinityCode { return isNegative ? -.infinity : .infinity }
    let fraction = Int(magnitude) & ((1 << fractionBitCount) - 1)
    let exponent = Int(magnitude) >> fractionBitCount
    // A format without fraction bits has no subnormals and no zero: its lowest code is a power of
    // two too.
    let isSubnormal = exponent == 0 && fractionBitCount > 0
    let significand = Double(isSubnormal ? fraction : fraction + 1 << fractionBitCount)
    let power = (isSubnormal ? 1 : exponent) - bias - fractionBitCount
    let value = Float(significand * Double(sign: .plus, exponent: power, significand: 1))
    return isNegative ? -value : value
  }
}
