import CTandem
import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct RecodingLossTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let source: ElementType
    let bytes: [UInt8]
    let target: ElementType
    let loss: RecodingLoss

    init<T: FixedWidthInteger>(
      _ numbers: [T], _ source: ElementType, to target: ElementType, _ loss: RecodingLoss
    ) {
      testDescription = "\(source.name) \(numbers) to \(target.name)"
      self.source = source
      bytes = numbers.flatMap { littleEndianBytes($0) }
      self.target = target
      self.loss = loss
    }

    init(_ numbers: [Float], to target: ElementType, _ loss: RecodingLoss) {
      self.init(numbers.map(\.bitPattern), .f32, to: target, loss)
    }
  }

  static let integers = [
    Case([1 << 53 + 1] as [Int64], .i64, to: .f64, .init(error: 1, of: 0x1p53)),
    Case([1 << 53 + 1, .max] as [Int64], .i64, to: .f64, .init(error: 1, of: 0x1p53)),
    Case([1 << 53 + 1] as [Int64], .i64, to: .f32, .init(error: 1, of: 0x1p53)),
    Case([.min, -1 << 53 - 1] as [Int64], .i64, to: .f32, .init(error: 1, of: 0x1p53)),
    Case([.max] as [UInt64], .u64, to: .f64, .init(error: 1, of: 0x1p64)),
    Case([1 << 63 + 1025] as [UInt64], .u64, to: .f32, .init(error: 1025, of: 0x1p63 + 2048)),
    Case([1 << 63 + 1025] as [UInt64], .u64, to: .f16, .init(overflow: 1)),
    Case([1 << 62 + 1] as [Int64], .i64, to: .u64, .init()),
    Case([1 << 54 + 1, 0] as [Int64], .i64, to: .bool, .init(error: 0x1p54, of: 0x1p54)),
    Case([-1, 255] as [Int16], .i16, to: .u8, .init(overflow: 1)),
    Case([.min] as [Int64], .i64, to: .u64, .init(overflow: 1)),
  ]

  static let specials = [
    Case([.nan, 1], to: .i8, .init(nan: 1, lostNaN: 1)),
    Case([.infinity, 1, -.infinity], to: .i8, .init(overflow: 2)),
    Case([-.infinity], to: .u64, .init(overflow: 1)),
    Case([.nan, -.nan, 0], to: .bool, .init(nan: 2, lostNaN: 2)),
    Case([.infinity], to: .bool, .init(overflow: 1)),
    Case([-1, 255], to: .u8, .init(overflow: 1)),
    Case([.infinity, .nan, 1, -.infinity], to: .f8_e4m3, .init(overflow: 2, nan: 1)),
    Case([.infinity, .nan, 1, -.infinity], to: .f8_e5m2, .init(nan: 1)),
    Case([.infinity, .nan, 1, -.infinity], to: .bf16, .init(nan: 1)),
    Case([.infinity, .nan, 1, -.infinity], to: .f16, .init(nan: 1)),
    Case([.infinity, .nan, 1, -.infinity], to: .f64, .init(nan: 1)),
  ]

  @Test(arguments: integers)
  func `an integer that changed is never said to be kept`(example: Case) {
    #expect(recoded(example.bytes, from: example.source, to: example.target).loss == example.loss)
    #expect(example.loss.isLoss == (example.loss != RecodingLoss()))
  }

  @Test(arguments: specials, levels.map(\.rawValue))
  func `infinity and NaN that a type does not have are counted`(example: Case, level: UInt32) {
    // Behind more numbers than a vector has, so that the loop's body and its rest are both met.
    let zeros = [UInt8](repeating: 0, count: 4 * 33)
    for bytes in [example.bytes, example.bytes + zeros, zeros + example.bytes] {
      let found = recoded(
        bytes, from: .f32, to: example.target, level: tk_level(rawValue: level))
      #expect(found.loss == example.loss)
    }
    #expect(example.loss.isLoss == (example.loss.overflowCount + example.loss.lostNaNCount > 0))
  }

  @Test(arguments: [ElementType.f8_e5m2, .bf16, .f16, .f64])
  func `an infinity of any type is counted where it is lost`(source: ElementType) {
    let bytes = recoded(bytes([.infinity, .nan, 1]), from: .f32, to: source).bytes
    #expect(recoded(bytes, from: source, to: .f8_e4m3).loss == .init(overflow: 1, nan: 1))
    #expect(recoded(bytes, from: source, to: .i32).loss == .init(overflow: 1, nan: 1, lostNaN: 1))
  }

  private func sumLoss(_ number: Float, plus constant: Float, storedAs sum: Float) -> RecodingLoss {
    RecodingLoss(
      of: bytes([number]).rawSpan, .f32, plus: constant, storedAs: bytes([sum]).rawSpan, .f32)
  }

  @Test func `what a sum rounds away is measured without the constant`() {
    let tiny = Double(1e-9 as Float)
    #expect(sumLoss(0.5, plus: 1, storedAs: 1.5) == .init())
    #expect(sumLoss(1e-9, plus: 1, storedAs: 1) == .init(underflow: 1, error: tiny, of: tiny))
    #expect(
      sumLoss(0x1p-26, plus: -1, storedAs: -1)
        == .init(underflow: 1, error: 0x1p-26, of: 0x1p-26))
    #expect(
      sumLoss(0x1.8p-23, plus: 1, storedAs: 1 + 0x1p-22)
        == .init(error: 0x1p-24, of: 0x1.8p-23))
    // Nor does binary64 hide what a large number loses.
    #expect(sumLoss(0x1p60, plus: 1, storedAs: 0x1p60) == .init(error: 1, of: 0x1p60))
    #expect(sumLoss(.nan, plus: 1, storedAs: .nan) == .init(nan: 1))
    #expect(sumLoss(.infinity, plus: 1, storedAs: .infinity) == .init())
    #expect(sumLoss(1e5, plus: 1, storedAs: .infinity) == .init(overflow: 1))
  }

  @Test func `a sum's loss is measured over all pieces, from and to any type`() {
    let numbers = [Float](repeating: 0.5, count: 5000) + [0x1p-9]
    let halves = recoded(bytes(numbers), from: .f32, to: .f16).bytes
    let sums = recoded(bytes(numbers.map { $0 + 1 }), from: .f32, to: .bf16).bytes
    let loss = RecodingLoss(of: halves.rawSpan, .f16, plus: 1, storedAs: sums.rawSpan, .bf16)
    #expect(loss == .init(underflow: 1, error: 0x1p-9, of: 0x1p-9))
  }
}

extension RecodingLoss {
  /// - Parameter size: What the error is a part of.
  fileprivate init(
    overflow: Int = 0, underflow: Int = 0, nan: Int = 0, lostNaN: Int = 0, error: Double = 0,
    of size: Double = 1
  ) {
    self.init()
    overflowCount = overflow
    underflowCount = underflow
    nanCount = nan
    lostNaNCount = lostNaN
    largestAbsoluteError = error
    largestRelativeError = error / size
  }
}
