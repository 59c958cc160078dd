import CTandem
import TandemBytes
import TandemTensors

@testable import TandemKernels

/// A floating-point format by its definition: where its fields are and which codes are no numbers.
struct FloatFormat: CustomStringConvertible {
  let type: ElementType
  let fractionBitCount: Int
  let bias: Int
  /// The code of the largest number, and the one that stands for all that is larger.
  let largest: UInt32
  let beyond: UInt32

  var description: String { type.name }
  var byteCount: Int { type.block.byteCount }
  var sign: UInt32 { 1 << (8 * UInt32(byteCount) - 1) }

  static let written = [
    FloatFormat(type: .f16, fractionBitCount: 10, bias: 15, largest: 0x7BFF, beyond: 0x7C00),
    FloatFormat(type: .bf16, fractionBitCount: 7, bias: 127, largest: 0x7F7F, beyond: 0x7F80),
    FloatFormat(type: .f8_e4m3, fractionBitCount: 3, bias: 7, largest: 0x7E, beyond: 0x7F),
    FloatFormat(type: .f8_e5m2, fractionBitCount: 2, bias: 15, largest: 0x7B, beyond: 0x7C),
  ]

  static let read =
    written + [
      FloatFormat(type: .f8_e4m3fnuz, fractionBitCount: 3, bias: 8, largest: 0x7F, beyond: 0x80),
      FloatFormat(type: .f8_e5m2fnuz, fractionBitCount: 2, bias: 16, largest: 0x7F, beyond: 0x80),
    ]

  /// The number that a code up to ``largest`` stands for, or the next one there would be.
  func value(of code: UInt32) -> Double {
    let fraction = Int(code) & ((1 << fractionBitCount) - 1)
    let exponent = Int(code) >> fractionBitCount
    let significand = Double(exponent == 0 ? fraction : fraction + 1 << fractionBitCount)
    let power = max(exponent, 1) - bias - fractionBitCount
    return significand * Double(sign: .plus, exponent: power, significand: 1)
  }

  func bytes(_ codes: [UInt32]) -> [UInt8] {
    codes.flatMap { code in (0..<byteCount).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) } }
  }

  func codes(_ bytes: [UInt8]) -> [UInt32] {
    stride(from: 0, to: bytes.count, by: byteCount).map { start in
      (0..<byteCount).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * $1) }
    }
  }
}

/// Every level that this processor has.
var levels: [tk_level] {
  [TK_BASELINE, TK_AVX2, TK_AVX512].filter { $0.rawValue <= tk_best_level().rawValue }
}

/// Converts bytes; an empty result stands for a conversion that there is not.
func recoded(
  _ bytes: [UInt8], from source: ElementType, to target: ElementType,
  level: tk_level = tk_best_level()
) -> (bytes: [UInt8], loss: RecodingLoss) {
  guard let recoding = Recoding(from: source, to: target, level: level) else {
    return ([], RecodingLoss())
  }
  let count = bytes.count / source.block.byteCount * source.block.elementCount
  var output = [UInt8](
    repeating: 0, count: count / target.block.elementCount * target.block.byteCount)
  var room = output.mutableRawSpan
  let loss = recoding.convert(bytes.rawSpan, into: &room)
  return (output, loss)
}

func bytes(_ floats: [Float]) -> [UInt8] { floats.rawSpan.array }

func floats(_ bytes: [UInt8]) -> [Float] {
  stride(from: 0, to: bytes.count, by: 4).map {
    Float(bitPattern: bytes.rawSpan.littleEndian(at: $0))
  }
}

/// The numbers of whole blocks.
func decoded(_ bytes: [UInt8], _ type: ElementType) -> [Float] {
  floats(recoded(bytes, from: type, to: .f32).bytes)
}
