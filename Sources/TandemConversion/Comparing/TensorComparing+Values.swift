import TandemBytes
import TandemKernels
import TandemModels
import TandemTensors

extension TensorComparing {
  /// The difference of a piece's values, without rounding of either.
  func difference(_ piece: Int) -> ValueDifference {
    let elements = elements(piece)
    var difference = ValueDifference()
    let a = firstFile.bytes.extracting(first.byteRange)
      .extracting(bytes(elements, of: first.type))
    let isNarrow = first.type.fitsBinary32 && second.type.fitsBinary32
    let types =
      isNarrow ? (ElementType.f32, ElementType.f32) : (first.type.wideType, second.type.wideType)
    withSecond(piece, addsNumber: false) { b in
      Self.recoded(a, first.type, as: types.0, count: elements.count) { x in
        Self.recoded(b, second.type, as: types.1, count: elements.count) { y in
          difference =
            isNarrow ? narrowDifference(x, y, elements) : wideDifference(x, y, types, elements)
        }
      }
    }
    return difference
  }

  /// The number that the second one's values get.
  private var addition: Float { if case .addition(let number) = change { number } else { 0 } }

  private func narrowDifference(_ x: RawSpan, _ y: RawSpan, _ elements: Range<Int>)
    -> ValueDifference
  {
    var difference = ValueDifference()
    let addition = addition
    for index in 0..<elements.count {
      difference.add(
        Double(Float(bitPattern: x.littleEndian(at: 4 * index))),
        Double(Float(bitPattern: y.littleEndian(at: 4 * index)) + addition),
        at: elements.lowerBound + index)
    }
    return difference
  }

  private func wideDifference(
    _ x: RawSpan, _ y: RawSpan, _ types: (ElementType, ElementType), _ elements: Range<Int>
  ) -> ValueDifference {
    let addition = addition
    func pair(_ index: Int) -> (WideNumber, WideNumber) {
      (WideNumber(types.0, x, at: index), WideNumber(types.1, y, at: index) + addition)
    }
    var (largestFirst, largestSecond) = (0.0, 0.0)
    for index in 0..<elements.count {
      let (a, b) = pair(index)
      let (first, second) = (a.nearest.magnitude, b.nearest.magnitude)
      guard first.isFinite && second.isFinite else { continue }
      (largestFirst, largestSecond) = (max(largestFirst, first), max(largestSecond, second))
    }
    var difference = ValueDifference(
      AngleSums(largestFirst: largestFirst, largestSecond: largestSecond))
    for index in 0..<elements.count {
      let (a, b) = pair(index)
      difference.add(a, b, at: elements.lowerBound + index)
    }
    return difference
  }

  /// Passes on elements in a type that holds their numbers.
  private static func recoded(
    _ bytes: RawSpan, _ type: ElementType, as target: ElementType, count: Int,
    _ body: (RawSpan) -> Void
  ) {
    guard let recoding = type == target ? nil : Recoding(from: type, to: target) else {
      return body(bytes)
    }
    var numbers = [UInt8](repeating: 0, count: count * target.block.byteCount)
    var output = numbers.mutableRawSpan
    _ = recoding.convert(bytes, into: &output)
    body(numbers.rawSpan)
  }
}
