import CTandem
import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct RecodingTests {
  @Test func `BF16 widens`() {
    let (bytes, _) = recoded([0x80, 0x3F], from: .bf16, to: .f32)
    #expect(bytes == [0, 0, 0x80, 0x3F])
  }
}

/// Converts bytes; an empty array stands for a conversion that there is not.
func recoded(
  _ bytes: [UInt8], from source: ElementType, to target: ElementType,
  level: tk_level = tk_best_level()
) -> ([UInt8], RecodingLoss) {
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
