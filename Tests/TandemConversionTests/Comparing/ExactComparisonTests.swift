import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemModels
import TandemTensors
import TandemTestSupport
import Testing

/// Numbers that a narrower type rounds to the same are different ones.
@Suite struct ExactComparisonTests {
  /// What is said of two tensors, with the cosine as far as it does not depend on roundings.
  struct Figures: Hashable {
    var elements = 1
    var differing = 1
    var nonFinite = 0
    var firstAt = 0
    var absolute = 0.0
    var relative = 0.0
    var cosine = 1.0
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let first: SourceTensor
    let second: SourceTensor
    var figures = Figures()

    var testDescription: String {
      "\(first.type.name) \(first.name) and \(second.type.name) \(second.name)"
    }
  }

  private static func integers<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: ElementType, _ values: Integer...
  ) -> SourceTensor {
    var bytes: [UInt8] = []
    for value in values { bytes.append(littleEndian: value) }
    return SourceTensor("\(values)", type, [values.count], bytes)
  }

  private static func doubles(_ values: Double...) -> SourceTensor {
    var bytes: [UInt8] = []
    for value in values { bytes.append(littleEndian: value.bitPattern) }
    return SourceTensor("\(values)", .f64, [values.count], bytes)
  }

  private static func floats(_ values: Float...) -> SourceTensor {
    var bytes: [UInt8] = []
    for value in values { bytes.append(littleEndian: value.bitPattern) }
    return SourceTensor("\(values)", .f32, [values.count], bytes)
  }

  private func outcome(_ first: SourceTensor, _ second: SourceTensor) throws
    -> ModelComparison.Outcome?
  {
    let models = try [first, second].map { tensor in
      let run = try ConversionRun()
      let path = try run.source([SourceTensor("a", tensor.type, tensor.shape, tensor.bytes)])
      return Model.load(try run.checkpoint(path), includingVocabulary: false).model
    }
    let comparison = ModelComparison(models[0], models[1])
    let outcome = comparison.entries.first?.outcome
    if case .changed = outcome { #expect(!comparison.isSame) } else { #expect(comparison.isSame) }
    return outcome
  }

  private func figures(_ outcome: ModelComparison.Outcome?) -> Figures? {
    guard case .changed(let difference) = outcome else { return nil }
    return Figures(
      elements: difference.elementCount, differing: difference.differingCount,
      nonFinite: difference.nonFiniteCount, firstAt: difference.firstDiffering,
      absolute: difference.largestAbsolute, relative: difference.largestRelative,
      cosine: (difference.cosine * 1e12).rounded() / 1e12)
  }

  static let changed: [Case] = [
    Case(
      first: integers(.i64, 1 << 60), second: integers(.i64, 1 << 60 + 1),
      figures: Figures(absolute: 1, relative: 0x1p-60)),
    Case(
      first: integers(.u64, UInt64.max), second: integers(.u64, UInt64.max - 1),
      figures: Figures(absolute: 1, relative: 0x1p-64)),
    Case(
      first: integers(.i64, Int64.min), second: integers(.i64, Int64.max),
      figures: Figures(absolute: 0x1p64, relative: 2, cosine: -1)),
    Case(
      first: integers(.i32, Int32(7), 16_777_217), second: integers(.i32, Int32(7), 16_777_216),
      figures: Figures(elements: 2, firstAt: 1, absolute: 1, relative: 1 / 16_777_217)),
    Case(
      first: doubles(1), second: doubles(1 + 0x1p-40),
      figures: Figures(absolute: 0x1p-40, relative: 0x1p-40 / (1 + 0x1p-40))),
    Case(
      first: doubles(1e300), second: doubles(1e301),
      figures: Figures(absolute: 1e301 - 1e300, relative: (1e301 - 1e300) / 1e301)),
    Case(
      first: doubles(.greatestFiniteMagnitude), second: doubles(-.greatestFiniteMagnitude),
      figures: Figures(absolute: .greatestFiniteMagnitude, relative: 2, cosine: -1)),
    Case(
      first: doubles(1e-200, 0), second: doubles(0, 1e-200),
      figures: Figures(elements: 2, differing: 2, absolute: 1e-200, relative: 1, cosine: 0)),
    Case(
      first: integers(.i32, Int32(16_777_217)), second: floats(16_777_216),
      figures: Figures(absolute: 1, relative: 1 / 16_777_217)),
    Case(
      first: integers(.i64, 1 << 60 + 1), second: doubles(0x1p60),
      figures: Figures(absolute: 1, relative: 0x1p-60)),
    Case(
      first: doubles(0x1p64), second: integers(.u64, UInt64.max),
      figures: Figures(absolute: 1, relative: 0x1p-64)),
    Case(
      first: integers(.i64, 2), second: doubles(2.5),
      figures: Figures(absolute: 0.5, relative: 0.2)),
    Case(
      first: doubles(1 + 0x1p-30), second: floats(1),
      figures: Figures(absolute: 0x1p-30, relative: 0x1p-30 / (1 + 0x1p-30))),
    Case(
      first: integers(.i64, 3, 4), second: floats(3, .nan),
      figures: Figures(elements: 2, nonFinite: 1, firstAt: 1)),
    Case(
      first: doubles(.infinity, 1e300), second: doubles(-.infinity, 1e300),
      figures: Figures(elements: 2, nonFinite: 1)),
    // What has no finite counterpart takes no part in the angle, however large it is.
    Case(
      first: doubles(1e300, 3, 4), second: doubles(.nan, 4, 3),
      figures: Figures(
        elements: 3, differing: 3, nonFinite: 1, absolute: 1, relative: 0.25, cosine: 0.96)),
  ]

  @Test(arguments: changed) func `a difference is found however small`(_ example: Case) throws {
    let found = try figures(outcome(example.first, example.second))
    #expect(found == example.figures)
  }

  static let equal: [Case] = [
    Case(first: integers(.i64, 1 << 60), second: doubles(0x1p60)),
    Case(first: integers(.i32, Int32.min), second: integers(.i64, -1 << 31)),
    Case(first: integers(.u64, UInt64(1) << 63), second: floats(0x1p63)),
    Case(first: doubles(0.5, .nan, .infinity), second: floats(0.5, .nan, .infinity)),
    Case(first: integers(.u8, UInt8(255)), second: floats(255)),
  ]

  @Test(arguments: equal) func `equal numbers of other types are no difference`(_ example: Case)
    throws
  {
    let found = try outcome(example.first, example.second)
    #expect(found == .sameValues)
  }

  static let otherBits: [Case] = [
    Case(first: floats(0, 1), second: floats(-0.0, 1)),
    Case(first: doubles(0), second: doubles(-0.0)),
    Case(first: doubles(.nan), second: doubles(Double(nan: 5, signaling: false))),
    Case(first: integers(.bool, UInt8(1)), second: integers(.bool, UInt8(2))),
  ]

  @Test(arguments: otherBits) func `equal numbers of one type in other bits are said to be that`(
    _ example: Case
  ) throws {
    let found = try outcome(example.first, example.second)
    #expect(found == .otherBits)
  }

  @Test func `pieces of very different size add up to one angle`() throws {
    // 2^18 elements are a piece; the first and the last ones would vanish and overflow as squares.
    func tensor(_ sign: Double) -> SourceTensor {
      let count = 3 << 18
      var bytes = [UInt8](repeating: 0, count: 8 * (count - 2))
      var number: [UInt8] = []
      number.append(littleEndian: (sign * 0x1p-700).bitPattern)
      bytes.insert(contentsOf: number, at: 0)
      bytes.append(littleEndian: (sign * 0x1p700).bitPattern)
      return SourceTensor("", .f64, [count], bytes)
    }
    let found = try figures(outcome(tensor(1), tensor(-1)))
    let expected = Figures(
      elements: 3 << 18, differing: 2, absolute: 0x1p701, relative: 2, cosine: -1)
    #expect(found == expected)
  }
}
