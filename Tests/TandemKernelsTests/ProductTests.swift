import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct `Matrix products` {
  static let variants = ProductVariant.allCases.filter(\.isAvailable)
  static let pool = ThreadPool(threadCount: 3)

  /// The error of sums of rounded terms; the largest that occurs is a tenth of it.
  private static let rounding = 4e-6

  @Test(arguments: ProductSample.types, variants)
  func `are those of decoded weights`(type: ElementType, variant: ProductVariant) throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      let sample = ProductSample(type, seed: seed).withExactActivations
      try check(sample, variant, tolerance: Self.rounding)
    }
  }

  @Test(arguments: ProductSample.types, variants)
  func `round activations to the form for the weights`(
    type: ElementType, variant: ProductVariant
  ) throws {
    // BF16: each activation is off by at most 2^-9 of itself. 8 bits: by half of 1/127 of the
    // largest of its block, which is 2.6 times their mean.
    let tolerance =
      switch type {
      case .f32, .f16: Self.rounding
      case .bf16: 0x1p-9
      default: 2.6 / 254
      }
    try check(ProductSample(type, seed: 5), variant, tolerance: tolerance)
  }

  /// Compares products with sums in binary64; errors are measured by the sum of the terms'
  /// magnitudes.
  private func check(
    _ sample: ProductSample, _ variant: ProductVariant, tolerance: Double
  ) throws {
    var multiplier = MatrixMultiplier(pool: Self.pool, variant: variant)
    let product = sample.product(&multiplier, tokens: 0..<sample.tokenCount)
    let reference = try sample.reference()
    let errors = zip(product, reference).map { value, expected in
      abs(Double(value) - expected.value) / max(expected.magnitude, 1e-30)
    }
    let largest = errors.max() ?? .infinity
    #expect(largest <= tolerance, "\(sample.rowCount) rows, \(sample.columnCount) columns")
  }

  @Test(arguments: ProductSample.types, variants)
  func `of many tokens have the bits of one token at a time`(
    type: ElementType, variant: ProductVariant
  ) {
    for seed in 1...6 as ClosedRange<UInt64> {
      let sample = ProductSample(type, seed: 100 + seed)
      var alone = MatrixMultiplier(pool: ThreadPool(threadCount: 1), variant: variant)
      let expected = (0..<sample.tokenCount).flatMap { token in
        sample.product(&alone, tokens: token..<token + 1)
      }
      var shared = MatrixMultiplier(pool: Self.pool, variant: variant)
      for tokenCount in [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 33, sample.tokenCount]
      where tokenCount <= sample.tokenCount {
        let found = sample.product(&shared, tokens: 0..<tokenCount)
        #expect(sameBits(found, expected.prefix(found.count)), "\(tokenCount) tokens")
      }
    }
  }

  @Test(arguments: ProductSample.types)
  func `have the same bits in every variant`(type: ElementType) {
    // Without a fused multiply-add, F32 and F16 are rounded once more.
    let isFused = type == .f32 || type == .f16
    let variants = Self.variants.filter { !isFused || $0 != .portable }
    guard let first = variants.first else { return }
    for seed in 1...4 as ClosedRange<UInt64> {
      let sample = ProductSample(type, seed: 200 + seed)
      let tokens = 0..<sample.tokenCount
      var reference = MatrixMultiplier(pool: Self.pool, variant: first)
      let expected = sample.product(&reference, tokens: tokens)
      for variant in variants.dropFirst() {
        var multiplier = MatrixMultiplier(pool: Self.pool, variant: variant)
        let found = sample.product(&multiplier, tokens: tokens)
        #expect(sameBits(found, expected[...]), "\(variant) and \(first) differ")
      }
    }
  }

  /// AVX-512 reads weights without tiles while tokens and blocks are few: both sides of that border.
  @Test(arguments: [ElementType.q4_1, .q8_0, .q5_k, .q6_k], [256, 257, 1024, 1032])
  func `of long rows have the bits of plain C`(type: ElementType, blockCount: Int) {
    let superBlocks = (blockCount * 32 + 255) / 256 * 256
    let columnCount = type.block.elementCount == 32 ? blockCount * 32 : superBlocks
    let sample = ProductSample(
      type, rowCount: 19, columnCount: columnCount, tokenCount: 4, seed: UInt64(blockCount))
    var plain = MatrixMultiplier(pool: Self.pool, variant: .portable)
    var fastest = MatrixMultiplier(pool: Self.pool)
    for tokenCount in [1, 4] {
      let expected = sample.product(&plain, tokens: 0..<tokenCount)
      let found = sample.product(&fastest, tokens: 0..<tokenCount)
      #expect(sameBits(found, expected[...]), "\(tokenCount) tokens")
    }
  }

  @Test(arguments: variants)
  func `of more than 512 tokens come in blocks`(variant: ProductVariant) {
    let sample = ProductSample(.q8_0, rowCount: 33, columnCount: 64, tokenCount: 515, seed: 7)
    var multiplier = MatrixMultiplier(pool: Self.pool, variant: variant)
    let whole = sample.product(&multiplier, tokens: 0..<515)
    for token in [0, 1, 511, 512, 514] {
      let one = sample.product(&multiplier, tokens: token..<token + 1)
      #expect(sameBits(one, whole[token * 33..<(token + 1) * 33]))
    }
  }

  @Test(arguments: [ElementType.f32, .q4_0], variants)
  func `are added to what the output holds`(type: ElementType, variant: ProductVariant) {
    let sample = ProductSample(type, rowCount: 21, columnCount: 96, tokenCount: 5, seed: 8)
    var multiplier = MatrixMultiplier(pool: Self.pool, variant: variant)
    let product = sample.product(&multiplier, tokens: 0..<5)
    let sum = sample.product(&multiplier, tokens: 0..<5, adding: 2)
    #expect(sameBits(sum, product.map { 2 + $0 }[...]))
  }

  @Test func `of several matrices in one call are those of each`() {
    let first = ProductSample(.q4_k, rowCount: 40, columnCount: 512, tokenCount: 3, seed: 9)
    let second = ProductSample(.q6_k, rowCount: 17, columnCount: 512, tokenCount: 3, seed: 10)
    let third = ProductSample(.f32, rowCount: 5, columnCount: 512, tokenCount: 3, seed: 11)
    var (y1, y2, y3) = (
      [Float](repeating: 0, count: 120), [Float](repeating: 0, count: 51),
      [Float](repeating: 0, count: 15)
    )
    var multiplier = MatrixMultiplier(pool: Self.pool)
    var output1 = y1.mutableSpan
    var output2 = y2.mutableSpan
    var output3 = y3.mutableSpan
    multiplier.multiply(
      first.x.span, tokenCount: 3, by: first.matrix, into: &output1, by: second.matrix,
      into: &output2, by: third.matrix, into: &output3)
    for (found, sample) in [(y1, first), (y2, second), (y3, third)] {
      let same = ProductSample(sample, x: first.x)
      #expect(sameBits(found, same.product(&multiplier, tokens: 0..<3)[...]))
    }
  }

  @Test func `of values that are not finite are not finite`() {
    for (type, value) in [(ElementType.q8_0, Float.nan), (.q8_0, .infinity), (.bf16, .nan)] {
      let sample = ProductSample(type, rowCount: 20, columnCount: 64, tokenCount: 2, seed: 12)
      var x = sample.x
      x[70] = value
      var multiplier = MatrixMultiplier(pool: Self.pool)
      let product = ProductSample(sample, x: x).product(&multiplier, tokens: 0..<2)
      #expect(product[0..<20].allSatisfy { $0.isFinite })
      #expect(!product[20..<40].contains { $0.isFinite })
    }
  }

  @Test func `with zeros are zero`() {
    for type in ProductSample.types {
      let sample = ProductSample(type, rowCount: 18, columnCount: 256, tokenCount: 3, seed: 13)
      let zeros = ProductSample(sample, x: [Float](repeating: 0, count: sample.x.count))
      var multiplier = MatrixMultiplier(pool: Self.pool)
      #expect(zeros.product(&multiplier, tokens: 0..<3).allSatisfy { $0 == 0 })
    }
  }

  private func sameBits(_ left: [Float], _ right: ArraySlice<Float>) -> Bool {
    left.map(\.bitPattern) == right.map(\.bitPattern)
  }
}
