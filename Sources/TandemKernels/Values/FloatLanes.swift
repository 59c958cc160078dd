import TandemBytes
import TandemTensors

private typealias Words = SIMD8<UInt32>
private typealias Floats = SIMD8<Float>
private typealias Halves = SIMD16<Int16>

/// The loops over 32 bytes at a time.
///
/// They find NaN and infinity by one addition: the exponent bits of such a number are all ones, so
/// that adding one to the exponent changes the sign bit. Stretches with such numbers are left to
/// the plain loop.
enum FloatLanes {
  /// The statistics of whole 32-byte groups of finite numbers, or nil if one is not finite.
  ///
  /// Sums are formed in binary32, a lane each: a stretch should be no longer than some 64 KiB.
  static func statistics(of bytes: RawSpan, type: ElementType) -> ValueStatistics? {
    switch type {
    case .f32: singles(bytes)
    case .bf16: brainFloats(bytes)
    case .f16: halves(bytes)
    case .f64: doubles(bytes)
    default: nil
    }
  }

  private static func singles(_ bytes: RawSpan) -> ValueStatistics? {
    var changes = Words()
    var low = Floats(repeating: .infinity)
    var high = Floats(repeating: -.infinity)
    var sums = Sums()
    var offset = 0
    while offset < bytes.byteCount {
      // SAFETY: the span is whole groups of 32 bytes (checked by the caller); every bit pattern is
      // valid.
      let words = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Words.self)
      changes |= (words &+ 0x0080_0000) ^ words
      let values = unsafe unsafeBitCast(words, to: Floats.self)
      low.replace(with: values, where: values .< low)
      high.replace(with: values, where: values .> high)
      sums.add(values)
      offset &+= 32
    }
    guard changes.max() < 0x8000_0000 else { return nil }
    return sums.statistics(
      count: bytes.byteCount / 4, minimum: Double(low.min()), maximum: Double(high.max()))
  }

  private static func brainFloats(_ bytes: RawSpan) -> ValueStatistics? {
    var order = HalfOrder(exponentUnit: 0x0080)
    var sums = Sums()
    var offset = 0
    while offset < bytes.byteCount {
      // SAFETY: as in `singles`; the casts keep the size of 32 bytes.
      let words = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Words.self)
      unsafe order.add(unsafeBitCast(words, to: Halves.self))
      unsafe sums.add(unsafeBitCast(words &<< 16, to: Floats.self))
      unsafe sums.add(unsafeBitCast(words & 0xFFFF_0000, to: Floats.self))
      offset &+= 32
    }
    guard order.isAllFinite else { return nil }
    let value = { (bits: UInt16) in Double(Float(bitPattern: UInt32(bits) << 16)) }
    return sums.statistics(
      count: bytes.byteCount / 2, minimum: value(order.minimum), maximum: value(order.maximum))
  }

  private static func halves(_ bytes: RawSpan) -> ValueStatistics? {
    var order = HalfOrder(exponentUnit: 0x0400)
    var sums = Sums()
    var offset = 0
    while offset < bytes.byteCount {
      // SAFETY: as in `singles`; the casts keep the size of 32 bytes.
      let words = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD8<Int32>.self)
      unsafe order.add(unsafeBitCast(words, to: Halves.self))
      sums.add(upperHalves(words))
      sums.add(upperHalves(words &<< 16))
      offset &+= 32
    }
    guard order.isAllFinite else { return nil }
    return sums.statistics(
      count: bytes.byteCount / 2, minimum: Double(floatOfHalf(order.minimum)),
      maximum: Double(floatOfHalf(order.maximum)))
  }

  /// The binary16 numbers in the upper halves of words, by the shift of `finiteFloatOfHalf(_:)`.
  @inline(__always)
  private static func upperHalves(_ words: SIMD8<Int32>) -> Floats {
    let shifted = (words &>> 3) & Int32(bitPattern: 0x8FFF_E000)
    // SAFETY: same size, and every bit pattern is valid.
    return unsafe unsafeBitCast(shifted, to: Floats.self) * 0x1p112
  }

  private static func doubles(_ bytes: RawSpan) -> ValueStatistics? {
    var changes = SIMD4<UInt64>()
    var low = SIMD4<Double>(repeating: .infinity)
    var high = SIMD4<Double>(repeating: -.infinity)
    var sum = SIMD4<Double>()
    var sumOfSquares = SIMD4<Double>()
    var offset = 0
    while offset < bytes.byteCount {
      // SAFETY: as in `singles`.
      let words = unsafe bytes.unsafeLoadUnaligned(
        fromByteOffset: offset, as: SIMD4<UInt64>.self)
      changes |= (words &+ 0x0010_0000_0000_0000) ^ words
      let values = unsafe unsafeBitCast(words, to: SIMD4<Double>.self)
      low.replace(with: values, where: values .< low)
      high.replace(with: values, where: values .> high)
      sum += values
      sumOfSquares += values * values
      offset &+= 32
    }
    guard changes.max() < 0x8000_0000_0000_0000 else { return nil }
    var statistics = ValueStatistics()
    statistics.count = bytes.byteCount / 8
    statistics.minimum = low.min()
    statistics.maximum = high.max()
    statistics.sum = sum.sum()
    statistics.sumOfSquares = sumOfSquares.sum()
    return statistics
  }
}

/// Sums and sums of squares, a lane each.
private struct Sums {
  private var sum = Floats()
  private var sumOfSquares = Floats()

  @inline(__always)
  mutating func add(_ values: Floats) {
    sum += values
    sumOfSquares += values * values
  }

  /// - Returns: nil if a square is too large for binary32.
  func statistics(count: Int, minimum: Double, maximum: Double) -> ValueStatistics? {
    var statistics = ValueStatistics()
    statistics.count = count
    statistics.minimum = minimum
    statistics.maximum = maximum
    statistics.sum = Double(sum.sum())
    statistics.sumOfSquares = Double(sumOfSquares.sum())
    guard statistics.sum.isFinite, statistics.sumOfSquares.isFinite else { return nil }
    return statistics
  }
}

/// Extent and finiteness of 16-bit floating-point numbers, found on their bits as integers.
struct HalfOrder {
  private let exponentUnit: Halves
  private var low = Halves(repeating: .max)
  private var high = Halves(repeating: .min)
  private var changes = Halves()

  /// - Parameter exponentUnit: The lowest bit of the exponent.
  init(exponentUnit: Int16) { self.exponentUnit = Halves(repeating: exponentUnit) }

  @inline(__always)
  fileprivate mutating func add(_ bits: Halves) {
    changes |= (bits &+ exponentUnit) ^ bits
    let key = bits ^ ((bits &>> 15) & 0x7FFF)
    low.replace(with: key, where: key .< low)
    high.replace(with: key, where: key .> high)
  }

  var isAllFinite: Bool { changes.min() >= 0 }
  var minimum: UInt16 { Self.bits(low.min()) }
  var maximum: UInt16 { Self.bits(high.max()) }

  /// An integer that orders as the number with these bits: negative ones order by their magnitude
  /// the other way round.
  @inline(__always)
  static func key(_ bits: Int16) -> Int16 { bits ^ ((bits >> 15) & 0x7FFF) }

  /// The bits that a key stands for.
  static func bits(_ key: Int16) -> UInt16 { UInt16(bitPattern: Self.key(key)) }
}
