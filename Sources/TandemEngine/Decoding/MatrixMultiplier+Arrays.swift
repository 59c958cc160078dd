import TandemKernels

/// Products of arrays: their accesses end with the call, so that buffers may lie beside each other
/// in one value.
extension MatrixMultiplier {
  /// y = w · x, or y = y + w · x, for each token.
  mutating func multiply(
    _ x: [Float], _ tokenCount: Int, by w: WeightMatrix, into y: inout [Float],
    adding: Bool = false
  ) {
    var output = y.mutableSpan
    multiply(x.span, tokenCount: tokenCount, by: w, into: &output, adding: adding)
  }

  /// Two products that share x.
  mutating func multiply(
    _ x: [Float], _ tokenCount: Int, by w1: WeightMatrix, into y1: inout [Float],
    by w2: WeightMatrix, into y2: inout [Float]
  ) {
    var output1 = y1.mutableSpan
    var output2 = y2.mutableSpan
    multiply(
      x.span, tokenCount: tokenCount, by: w1, into: &output1, by: w2, into: &output2)
  }

  /// Three products that share x.
  mutating func multiply(
    _ x: [Float], _ tokenCount: Int, by w1: WeightMatrix, into y1: inout [Float],
    by w2: WeightMatrix, into y2: inout [Float], by w3: WeightMatrix, into y3: inout [Float]
  ) {
    var output1 = y1.mutableSpan
    var output2 = y2.mutableSpan
    var output3 = y3.mutableSpan
    multiply(
      x.span, tokenCount: tokenCount, by: w1, into: &output1, by: w2, into: &output2, by: w3,
      into: &output3)
  }
}
