import TandemBytes
public import TandemTensors

extension RecodingLoss {
  /// Measures what numbers lost to which a constant was added before they got another type: how far
  /// what is stored, without the constant, is from them.
  ///
  /// - Parameters:
  ///   - source: Whole blocks of a type that can be read as numbers.
  ///   - target: As many elements, also of such a type.
  /// - Complexity: O(*n*), with some 32 KiB of memory.
  public init(
    of source: RawSpan, _ sourceType: ElementType, plus constant: Float,
    storedAs target: RawSpan, _ targetType: ElementType
  ) {
    self.init()
    let count = sourceType.elementCount(of: source)
    precondition(
      count == targetType.elementCount(of: target), "RecodingLoss: sums differ in number")
    for start in stride(from: 0, to: count, by: Recoding.pieceLength) {
      let piece = start..<min(start + Recoding.pieceLength, count)
      add(
        doubles(piece, of: source, sourceType), plus: Double(constant),
        became: doubles(piece, of: target, targetType))
    }
  }

  private mutating func add(_ numbers: [Double], plus constant: Double, became sums: [Double]) {
    for (number, sum) in zip(numbers, sums) {
      // A small number drowns in the constant, and a large one drowns it: `rest` is what binary64
      // itself loses of the difference, exactly (Knuth, The Art of Computer Programming 2, 4.2.2,
      // theorem B).
      let restored = sum - constant
      let part = restored - sum
      let rest = (sum - (restored - part)) - (constant + part)
      add(number, became: restored, error: abs((restored - number) + rest))
    }
  }
}

/// The numbers of whole blocks; 64-bit integers are rounded.
private func doubles(_ elements: Range<Int>, of bytes: RawSpan, _ type: ElementType) -> [Double] {
  guard let recoding = Recoding(from: type, to: .f64) else {
    preconditionFailure("RecodingLoss: elements of \(type.name) are no numbers")
  }
  var numbers = [Double](repeating: 0, count: elements.count)
  var room = numbers.mutableRawSpan
  let (start, end) = (elements.lowerBound, elements.upperBound)
  _ = recoding.convert(
    bytes.extracting(recoding.byteCount(of: type, start)..<recoding.byteCount(of: type, end)),
    into: &room)
  return numbers
}

extension ElementType {
  fileprivate func elementCount(of bytes: RawSpan) -> Int {
    bytes.byteCount / block.byteCount * block.elementCount
  }
}
