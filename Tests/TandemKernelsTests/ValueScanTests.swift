import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct ValueScanTests {
  /// Elements of a type with every kind of number: the extremes, subnormals, zeros, and plain ones.
  static func bytes(_ type: ElementType, count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = Random(seed)
    var bytes: [UInt8] = []
    for _ in 0..<count {
      let value = random.normal()
      switch type {
      case .f64: bytes.append(littleEndian: value.bitPattern)
      case .f32, .c64: bytes.append(littleEndian: Float(value).bitPattern)
      case .bf16: bytes.append(littleEndian: UInt16(Float(value).bitPattern >> 16))
      case .f16: bytes.append(littleEndian: Random.half(value))
      default: bytes.append(UInt8(truncatingIfNeeded: random.next()) & 0x77)
      }
    }
    return bytes
  }

  static let plainTypes: [ElementType] = [
    .f32, .f16, .bf16, .f64, .f8_e4m3, .f8_e5m2, .f8_e8m0, .f8_e4m3fnuz, .f8_e5m2fnuz,
  ]

  @Test(arguments: plainTypes, [0, 1, 7, 16, 33, 20_001])
  func `the fast scan finds what the plain loop finds`(type: ElementType, count: Int) throws {
    let bytes = Self.bytes(type, count: count)
    try expectSame(bytes, type)
  }

  @Test(arguments: plainTypes)
  func `the bytes may lie at any alignment`(type: ElementType) throws {
    let bytes = [0] + Self.bytes(type, count: 999)
    try expectSame(bytes, skipping: 1, type)
  }

  private func scan(_ bytes: [UInt8], _ type: ElementType) throws -> ValueStatistics {
    let statistics = ValueScan.statistics(of: bytes.rawSpan, type: type)
    return try #require(statistics)
  }

  private func expectSame(_ bytes: [UInt8], skipping count: Int = 0, _ type: ElementType) throws {
    let span = bytes.rawSpan.extracting(count..<bytes.count)
    let found = ValueScan.statistics(of: span, type: type)
    let fast = try #require(found)
    let plain = try #require(ElementDecoder(type)).statistics(of: span)
    #expect(fast.count == plain.count)
    #expect(fast.nanCount == plain.nanCount)
    #expect(fast.infiniteCount == plain.infiniteCount)
    #expect(fast.minimum == plain.minimum)
    #expect(fast.maximum == plain.maximum)
    #expect(abs(fast.sum - plain.sum) <= 1e-5 * plain.sumOfSquares.squareRoot() + 1e-9)
    #expect(abs(fast.sumOfSquares - plain.sumOfSquares) <= 1e-5 * plain.sumOfSquares)
  }

  struct Special: CustomTestStringConvertible {
    var type: ElementType
    var bits: UInt64
    var isNaN = false
    var testDescription: String { "\(type.name) 0x\(String(bits, radix: 16))" }

    static let all: [Special] = [
      Special(type: .f32, bits: 0x7FC0_0000, isNaN: true),
      Special(type: .f32, bits: 0xFF80_0001, isNaN: true),
      Special(type: .f32, bits: 0xFF80_0000),
      Special(type: .bf16, bits: 0x7F81, isNaN: true),
      Special(type: .bf16, bits: 0xFF80),
      Special(type: .f16, bits: 0xFE00, isNaN: true),
      Special(type: .f16, bits: 0x7C00),
      Special(type: .f64, bits: 0x7FF8_0000_0000_0000, isNaN: true),
      Special(type: .f64, bits: 0xFFF0_0000_0000_0000),
      Special(type: .f8_e4m3, bits: 0xFF, isNaN: true),
      Special(type: .f8_e5m2, bits: 0xFC),
      Special(type: .f8_e5m2, bits: 0x7D, isNaN: true),
      Special(type: .f8_e4m3fnuz, bits: 0x80, isNaN: true),
      Special(type: .f8_e8m0, bits: 0xFF, isNaN: true),
    ]
  }

  @Test(arguments: Special.all, [0, 100, 4999])
  func `one number that is not finite is counted wherever it lies`(
    _ special: Special, at index: Int
  ) throws {
    var bytes = Self.bytes(special.type, count: 5000)
    let size = special.type.block.byteCount
    for byte in 0..<size {
      bytes[index * size + byte] = UInt8(truncatingIfNeeded: special.bits >> (8 * byte))
    }
    let found = try scan(bytes, special.type)
    #expect(found.nanCount == (special.isNaN ? 1 : 0))
    #expect(found.infiniteCount == (special.isNaN ? 0 : 1))
    #expect(found.maximum.isFinite && found.minimum.isFinite)
  }

  @Test func `numbers whose squares overflow binary32 keep their statistics`() throws {
    let bytes = (0..<64).flatMap { _ in littleEndianBytes(Float(3e38).bitPattern) }
    let found = try scan(bytes, .f32)
    #expect(found.isAllFinite && found.isConstant)
    #expect(found.mean == Double(Float(3e38)))
  }

  @Test func `all zero and constant are told apart`() throws {
    let zero = try scan([UInt8](repeating: 0, count: 400), .bf16)
    #expect(zero.isAllZero && zero.isConstant)
    let ones = [UInt8](repeating: 0x3F, count: 400)
    let constant = try scan(ones, .bf16)
    #expect(!constant.isAllZero && constant.isConstant)
  }

  @Test func `mean and standard deviation are those of the numbers`() throws {
    let bytes = [Float(1), 2, 3, 6].flatMap { littleEndianBytes($0.bitPattern) }
    let found = try scan(bytes, .f32)
    #expect(found.mean == 3)
    #expect(found.standardDeviation == 3.5.squareRoot())
  }

  @Test func `finite halves convert exactly`() {
    for bits in UInt16.min...UInt16.max where bits & 0x7C00 != 0x7C00 {
      let value = finiteFloatOfHalf(Int16(bitPattern: bits))
      #expect(value.bitPattern == floatOfHalf(bits).bitPattern)
    }
  }

  @Test(arguments: ElementType.allCases.filter(\.isQuantised))
  func `the scales of a block type lie inside its block`(type: ElementType) {
    let ends = BlockScale.fields(of: type).map { scale in
      switch scale.format {
      case .half: scale.offset + 2
      case .single: scale.offset + 4
      case .e8m0, .e4m3: scale.offset + 1
      }
    }
    #expect(ends.allSatisfy { $0 <= type.block.byteCount })
    #expect(ends.isEmpty == (type == .iq1_m))
  }

  @Test func `a NaN scale in one block of many is found`() throws {
    var bytes = [UInt8](repeating: 0x11, count: 144 * 50)
    bytes[144 * 37 + 3] = 0x7E
    let found = try scan(bytes, .q4_k)
    #expect(found.count == 100 && found.nanCount == 1)
  }
}

func littleEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.append(littleEndian: value)
  return bytes
}
