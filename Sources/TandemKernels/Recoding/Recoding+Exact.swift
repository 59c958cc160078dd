import TandemBytes
import TandemTensors

/// Conversions from and to types whose numbers binary32 does not hold.
extension Recoding {
  func convertExactly(
    _ bytes: RawSpan, into output: inout MutableRawSpan, _ count: Int
  ) -> RecodingLoss {
    var casts = WideCasts(self)
    var loss = RecodingLoss()
    for start in stride(from: 0, to: count, by: Self.pieceLength) {
      let end = min(start + Self.pieceLength, count)
      let input = bytes.extracting(byteCount(of: source, start)..<byteCount(of: source, end))
      var room = output._mutatingExtracting(
        byteCount(of: target, start)..<byteCount(of: target, end))
      if casts.convert(input, into: &room, count: end - start) { continue }
      loss.merge(convertNumbers(input, into: &room, count: end - start))
    }
    loss.merge(casts.loss)
    return loss
  }

  /// Converts one number after the other: the reference, and the way of large 64-bit integers.
  func convertNumbers(
    _ bytes: RawSpan, into output: inout MutableRawSpan, count: Int
  ) -> RecodingLoss {
    store(exactNumbers(bytes, count: count), &output)
  }

  private func exactNumbers(_ bytes: RawSpan, count: Int) -> [ExactNumber] {
    guard !ExactNumber.holds(source) else {
      return (0..<count).map { ExactNumber(source, bytes, at: $0) }
    }
    return floats(bytes, source, count: count).map { .real(Double($0)) }
  }

  /// The numbers of whole blocks as binary32.
  private func floats(_ bytes: RawSpan, _ type: ElementType, count: Int) -> [Float] {
    var floats = [Float](repeating: 0, count: count)
    var room = floats.mutableRawSpan
    _ = Recoding(from: type, to: .f32, level: level)?.convert(bytes, into: &room)
    return floats
  }

  private func store(_ numbers: [ExactNumber], _ output: inout MutableRawSpan) -> RecodingLoss {
    var loss = RecodingLoss()
    guard !ExactNumber.holds(target) else {
      for (index, number) in numbers.enumerated() {
        loss.add(number, became: number.store(target, &output, at: index))
      }
      return loss
    }
    let isNarrower = !target.isQuantised && target != .f32
    let floats = numbers.map { isNarrower ? $0.oddFloat : $0.nearestFloat }
    _ = Recoding(from: .f32, to: target, level: level)?.convert(floats.rawSpan, into: &output)
    let restored = self.floats(output.bytes, target, count: numbers.count)
    for (number, float) in zip(numbers, restored) {
      loss.add(number, became: .real(Double(float)))
    }
    return loss
  }
}
