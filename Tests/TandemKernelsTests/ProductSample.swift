import TandemBytes
import TandemTensors

@testable import TandemKernels

/// Random weights of a type and random activations.
struct ProductSample {
  static let types: [ElementType] = [
    .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4_k, .q5_k, .q6_k,
  ]

  let type: ElementType
  let rowCount: Int
  let columnCount: Int
  let tokenCount: Int
  let weights: [UInt8]
  /// (tokenCount, columnCount).
  let x: [Float]

  init(_ type: ElementType, rowCount: Int, columnCount: Int, tokenCount: Int, seed: UInt64) {
    var random = Random(seed)
    self.type = type
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.tokenCount = tokenCount
    let blockCount = rowCount * columnCount / type.block.elementCount
    weights = (0..<blockCount).flatMap { _ in Self.block(of: type, &random) }
    x = (0..<tokenCount * columnCount).map { _ in Float(random.normal()) }
  }

  /// A random shape that fits neither vectors nor tiles.
  init(_ type: ElementType, seed: UInt64) {
    var random = Random(seed)
    let blocks = type.block.elementCount == 1 ? 1...700 : 1...(2560 / type.block.elementCount)
    self.init(
      type, rowCount: .random(in: 1...70, using: &random),
      columnCount: .random(in: blocks, using: &random) * type.block.elementCount,
      tokenCount: .random(in: 1...40, using: &random), seed: random.next())
  }

  /// The same weights with activations that no form rounds: integers up to 127, which occurs in
  /// each block.
  var withExactActivations: ProductSample {
    var random = Random(UInt64(x.count))
    return ProductSample(
      self,
      x: x.indices.map { $0 % 32 == 5 ? -127 : Float(Int.random(in: -127...127, using: &random)) })
  }

  /// The weights of another sample with these activations.
  init(_ other: ProductSample, x: [Float]) {
    type = other.type
    rowCount = other.rowCount
    columnCount = other.columnCount
    tokenCount = other.tokenCount
    weights = other.weights
    self.x = x
  }

  /// A block whose quants take every value and whose scales are of everyday size.
  private static func block(of type: ElementType, _ random: inout Random) -> [UInt8] {
    switch type {
    case .f32: return Float(random.normal()).bitPattern.littleEndianBytes
    case .bf16: return UInt16(Float(random.normal()).bitPattern >> 16).littleEndianBytes
    case .f16: return Random.half(random.normal()).littleEndianBytes
    default: break
    }
    var bytes = (0..<type.block.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
    for scale in BlockScale.fields(of: type) {
      let half = Random.half(0.01 * random.normal()).littleEndianBytes
      bytes.replaceSubrange(scale.offset..<scale.offset + 2, with: half)
    }
    return bytes
  }

  /// The products with some tokens, in one call.
  func product(
    _ multiplier: inout MatrixMultiplier, tokens: Range<Int>, adding base: Float? = nil
  ) -> [Float] {
    var y = [Float](repeating: base ?? .nan, count: tokens.count * rowCount)
    let x = Array(x[tokens.lowerBound * columnCount..<tokens.upperBound * columnCount])
    var output = y.mutableSpan
    multiplier.multiply(
      x.span, tokenCount: tokens.count, by: matrix, into: &output, adding: base != nil)
    return y
  }

  var matrix: WeightMatrix {
    @_lifetime(borrow self)
    get {
      WeightMatrix(type, rowCount: rowCount, columnCount: columnCount, bytes: weights.rawSpan)
    }
  }

  /// The products with decoded weights and unrounded activations, and for each the sum of its
  /// terms' magnitudes: what errors are measured by.
  func reference() throws -> [(value: Double, magnitude: Double)] {
    let decoded = try decodedWeights()
    return (0..<tokenCount).flatMap { token in
      (0..<rowCount).map { row in
        var (value, magnitude) = (0.0, 0.0)
        for column in 0..<columnCount {
          let term =
            Double(decoded[row * columnCount + column]) * Double(x[token * columnCount + column])
          value += term
          magnitude += abs(term)
        }
        return (value, magnitude)
      }
    }
  }

  private func decodedWeights() throws -> [Float] {
    var decoded = [Float](repeating: 0, count: rowCount * columnCount)
    if type == .f32 {
      for index in decoded.indices {
        decoded[index] = Float(bitPattern: weights.rawSpan.littleEndian(at: 4 * index))
      }
      return decoded
    }
    guard let recoding = Recoding(from: type, to: .f32) else { throw NoRecoding(type: type) }
    var span = decoded.mutableSpan
    var output = span.mutableBytes
    _ = recoding.convert(weights.rawSpan, into: &output)
    return decoded
  }

  struct NoRecoding: Error { let type: ElementType }
}

extension FixedWidthInteger {
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}
