import CTandem
import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct CastTests {
  @Test(arguments: FloatFormat.read)
  func `every code of a number becomes that number, with its sign`(format: FloatFormat) {
    let codes = Array(0...format.largest)
    let signed = codes.dropFirst().map { $0 | format.sign }
    #expect(
      decoded(format.bytes(codes), format.type) == codes.map { Float(format.value(of: $0)) })
    #expect(
      decoded(format.bytes(signed), format.type)
        == codes.dropFirst().map { -Float(format.value(of: $0)) })
  }

  @Test(arguments: FloatFormat.written, levels.map(\.rawValue))
  func `numbers round to the nearest code, ties to even`(format: FloatFormat, level: UInt32) {
    var numbers: [Float] = []
    var expected: [UInt32] = []
    for code in 0...format.largest {
      let number = format.value(of: code)
      let next = code < format.largest ? code + 1 : format.beyond
      let middle = Float((number + format.value(of: code + 1)) / 2)
      numbers += [Float(number), middle.nextDown, middle, middle.nextUp]
      expected += [code, code, code % 2 == 0 ? code : next, next]
    }
    numbers += numbers.map { -$0 }
    expected += expected.map { $0 | format.sign }
    let found = recoded(
      bytes(numbers), from: .f32, to: format.type, level: tk_level(rawValue: level))
    #expect(format.codes(found.bytes) == expected)
  }

  @Test(arguments: FloatFormat.written)
  func `what is too large goes beyond, and NaN keeps sign and payload`(format: FloatFormat) {
    let specials: [Float] = [
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity,
      Float(bitPattern: 0x7FC0_0000), Float(bitPattern: 0xFFC0_0000),
      Float(bitPattern: 0x7F80_0001), Float(bitPattern: 0xFFFF_FFFF),
    ]
    let quiet = format.beyond | 1 << UInt32(format.fractionBitCount - 1)
    let full = format.sign - 1
    let (found, loss) = recoded(bytes(specials), from: .f32, to: format.type)
    let beyond = format.beyond
    let sign = format.sign
    #expect(
      format.codes(found) == [
        beyond, beyond | sign, beyond, beyond | sign, quiet, quiet | sign, quiet, full | sign,
      ])
    // Infinity is NaN where there is no infinity.
    #expect(loss.overflowCount == (format.type == .f8_e4m3 ? 4 : 2))
    #expect(loss.nanCount == 4 && loss.lostNaNCount == 0)
  }

  @Test func `codes that are no numbers become NaN and infinity`() {
    #expect(decoded([0x00, 0x7C, 0x00, 0xFC], .f16) == [.infinity, -.infinity])
    #expect(decoded([0x80, 0x7F, 0x80, 0xFF], .bf16) == [.infinity, -.infinity])
    #expect(decoded([0x7C, 0xFC], .f8_e5m2) == [.infinity, -.infinity])
    let nans: [(ElementType, [UInt8])] = [
      (.f16, [0x01, 0x7C]), (.bf16, [0x81, 0xFF]), (.f8_e4m3, [0x7F]), (.f8_e4m3, [0xFF]),
      (.f8_e5m2, [0x7D]), (.f8_e4m3fnuz, [0x80]), (.f8_e5m2fnuz, [0x80]), (.f8_e8m0, [0xFF]),
    ]
    for (type, code) in nans {
      let number = decoded(code, type)[0]
      #expect(number.isNaN, "\(type)")
    }
  }

  @Test func `E8M0 codes are powers of two`() {
    let found = decoded(Array(0...254), .f8_e8m0)
    #expect(
      found == (0...254).map { Float(Double(sign: .plus, exponent: $0 - 127, significand: 1)) })
  }

  @Test func `signed zeros stay signed`() {
    for format in FloatFormat.written {
      let (found, loss) = recoded(bytes([0, -0.0]), from: .f32, to: format.type)
      #expect(format.codes(found) == [0, format.sign])
      #expect(loss == RecodingLoss())
      #expect(decoded(found, format.type).map(\.sign) == [.plus, .minus])
    }
  }

  @Test func `a conversion tells what it lost`() {
    let numbers: [Float] = [1, 70000, 1e-9, .nan, 2049, -.infinity, 0]
    let loss = recoded(bytes(numbers), from: .f32, to: .f16).loss
    #expect(loss.overflowCount == 1)
    #expect(loss.underflowCount == 1)
    #expect(loss.nanCount == 1)
    #expect(loss.largestAbsoluteError == 1)
    #expect(loss.largestRelativeError == 1)
  }

  @Test func `conversions that lose nothing say so`() {
    let codes = FloatFormat.written[1].bytes((0...0x7F7F).map { $0 })
    #expect(recoded(codes, from: .bf16, to: .f32).loss == RecodingLoss())
    let small = FloatFormat.written[2].bytes((0...0x7E).map { $0 })
    #expect(recoded(small, from: .f8_e4m3, to: .f16).loss == RecodingLoss())
  }

  @Test func `one type to itself is a copy`() {
    let bytes = (0..<144).map { UInt8($0) }
    #expect(recoded(bytes, from: .q4_k, to: .q4_k).bytes == bytes)
  }

  @Test func `conversions that there are not are not offered`() {
    #expect(Recoding(from: .f32, to: .iq2_xxs) == nil)
    #expect(Recoding(from: .f4, to: .f32) == nil)
    #expect(Recoding(from: .f32, to: .f8_e8m0) == nil)
  }
}
