import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct ExactNumberTests {
  static let integers: [ElementType] = [.u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64]

  private func doubles(_ numbers: [Double]) -> [UInt8] {
    numbers.flatMap { littleEndianBytes($0.bitPattern) }
  }

  @Test(arguments: integers, integers)
  func `small integers keep their value in every integer type`(
    source: ElementType, target: ElementType
  ) {
    let width = source.block.byteCount
    let bytes = (0..<100).flatMap { [UInt8($0)] + [UInt8](repeating: 0, count: width - 1) }
    let (found, loss) = recoded(bytes, from: source, to: target)
    #expect(recoded(found, from: target, to: source).bytes == bytes)
    #expect(loss == RecodingLoss())
    #expect(decoded(found, target) == (0..<100).map(Float.init))
  }

  @Test func `integers are limited to the range of a smaller type, and counted`() {
    let (found, loss) = recoded(
      [300, -7, 127, -129].flatMap { littleEndianBytes(Int32($0)) }, from: .i32, to: .i8)
    #expect(found.map { Int8(bitPattern: $0) } == [127, -7, 127, -128])
    #expect(loss.overflowCount == 2)
    #expect(loss.largestAbsoluteError == 0)
  }

  @Test func `the largest integers go through exactly`() {
    let largest = [UInt64.max, 1 << 63, 1].flatMap { littleEndianBytes($0) }
    #expect(recoded(largest, from: .u64, to: .u64).bytes == largest)
    #expect(decoded(largest, .u64) == [0x1p64, 0x1p63, 1])
    let (found, loss) = recoded(largest, from: .u64, to: .i64)
    #expect(found == [Int64.max, .max, 1].flatMap { littleEndianBytes($0) })
    #expect(loss.overflowCount == 2)
  }

  @Test func `numbers round to even integers at ties; NaN becomes zero`() {
    let numbers: [Float] = [0.5, 1.5, -2.5, 2.4999998, .nan, .infinity, -1e30, 0.25]
    let (found, loss) = recoded(bytes(numbers), from: .f32, to: .i16)
    #expect(
      found == [0, 2, -2, 2, 0, 32767, -32768, 0].flatMap { littleEndianBytes(Int16($0)) })
    #expect(loss.overflowCount == 2)
    #expect(loss.underflowCount == 2)
    #expect(loss.nanCount == 1 && loss.lostNaNCount == 1)
    #expect(loss.largestAbsoluteError == 0.5)
  }

  @Test func `F64 rounds once to a narrower type`() {
    // Just above the middle of two BF16 numbers, by less than binary32 can tell.
    let above = 1 + 0x1p-8 + 0x1p-40
    let below = 1 + 0x3p-8 - 0x1p-40
    let (found, loss) = recoded(doubles([above, below, -above]), from: .f64, to: .bf16)
    #expect(found == [0x3F81, 0x3F81, 0xBF81].flatMap { littleEndianBytes(UInt16($0)) })
    #expect(loss.largestAbsoluteError == 0x1p-8 - 0x1p-40)
    // The same for binary16, in its subnormal range.
    let subnormal = recoded(doubles([0x1p-25 + 0x1p-70, 0x1p-25]), from: .f64, to: .f16)
    #expect(subnormal.bytes == [1, 0, 0, 0])
    #expect(subnormal.loss.underflowCount == 1)
  }

  @Test func `F64 and F32 give each other's numbers`() {
    let numbers = [1.5, -0.0, .infinity, 1e300, 1e-300, 0.1]
    let (found, loss) = recoded(doubles(numbers), from: .f64, to: .f32)
    #expect(floats(found) == numbers.map { Float($0) })
    #expect(loss.overflowCount == 1)
    #expect(loss.underflowCount == 1)
    let back = recoded(found, from: .f32, to: .f64)
    #expect(back.bytes == doubles(numbers.map { Double(Float($0)) }))
    #expect(back.loss == RecodingLoss())
  }

  @Test func `64-bit integers round once to binary16`() {
    // 2049 lies between 2048 and 2050; a little more must go up.
    let (found, _) = recoded(
      [2049, 2051, -2049].flatMap { littleEndianBytes(Int64($0)) }, from: .i64, to: .f16)
    #expect(decoded(found, .f16) == [2048, 2052, -2048])
  }

  @Test func `truth is one`() {
    #expect(decoded([0, 1, 2], .bool) == [0, 1, 1])
    #expect(recoded(bytes([0, -0.0, 0.1, .nan]), from: .f32, to: .bool).bytes == [0, 0, 1, 1])
  }

  @Test func `F64 is quantised from its nearest binary32 numbers`() {
    let numbers = (0..<64).map { Double($0 * $0) / 3 }
    let direct = recoded(doubles(numbers), from: .f64, to: .q8_0).bytes
    #expect(direct == recoded(bytes(numbers.map { Float($0) }), from: .f32, to: .q8_0).bytes)
  }

  /// Numbers at and beside the ends of ranges, between numbers of narrower types, and at random.
  private static let hardNumbers: [Double] = {
    var numbers: [Double] = [0, -0.0, .nan, .infinity, -.infinity, 1e300, -1e-300, 0x1p-1074]
    for exponent in -30...66 {
      let power = Double(sign: .plus, exponent: exponent, significand: 1)
      for factor in [1, 1.5, 1 + 0x1p-8, 1 + 0x1p-11, 1 + 0x3p-11, 1 + 0x1p-24, 1 + 0x1p-52] {
        for number in [power * factor, power * factor - 0.5, (power * factor).nextDown] {
          numbers += [number, -number]
        }
      }
    }
    var state: UInt64 = 1
    for _ in 0..<3000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      numbers.append(Double(bitPattern: state))
      numbers.append(Double(Int64(bitPattern: state) >> 20))
    }
    return numbers
  }()

  @Test(arguments: [ElementType.f64, .bool] + integers, [ElementType.f32, .f16, .bf16])
  func `the fast way gives what number by number gives`(wide: ElementType, narrow: ElementType)
    throws
  {
    let widened = recodedByReference(doubles(Self.hardNumbers), from: .f64, to: wide).bytes
    let narrowed = recodedByReference(doubles(Self.hardNumbers), from: .f64, to: narrow).bytes
    expectReference(widened, from: wide, to: narrow)
    expectReference(narrowed, from: narrow, to: wide)
    for target in Self.integers { expectReference(widened, from: wide, to: target) }
  }

  private func expectReference(
    _ bytes: [UInt8], from source: ElementType, to target: ElementType
  ) {
    let expected = recodedByReference(bytes, from: source, to: target)
    let found = recoded(bytes, from: source, to: target)
    #expect(found.bytes == expected.bytes, "\(source.name) to \(target.name)")
    #expect(found.loss == expected.loss, "\(source.name) to \(target.name)")
  }

  private func recodedByReference(
    _ bytes: [UInt8], from source: ElementType, to target: ElementType
  ) -> (bytes: [UInt8], loss: RecodingLoss) {
    let count = bytes.count / source.block.byteCount
    var output = [UInt8](repeating: 0, count: count * target.block.byteCount)
    var room = output.mutableRawSpan
    guard source != target, let recoding = Recoding(from: source, to: target) else {
      return (bytes, RecodingLoss())
    }
    let loss = recoding.convertNumbers(bytes.rawSpan, into: &room, count: count)
    return (output, loss)
  }
}
