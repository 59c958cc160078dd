import Glibc

/// Numbers that are the same in every run.
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Box and Muller's transform.
  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }

  /// The binary16 number just below a value's magnitude; subnormals become zero.
  static func half(_ value: Double) -> UInt16 {
    let bits = Float(value).bitPattern
    let exponent = Int((bits >> 23) & 0xFF) - 112
    let sign = UInt16(bits >> 31) << 15
    guard exponent > 0 else { return sign }
    return sign | UInt16(min(exponent, 30)) << 10 | UInt16((bits >> 13) & 0x3FF)
  }
}
