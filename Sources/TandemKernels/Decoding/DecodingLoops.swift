import CTandem

/// What a decoder does to each token's row beside products: norms, activations, rotations.
///
/// A row's result does not depend on the other rows, nor on the number of threads, and has the same
/// bits on every processor.
public struct DecodingLoops: Sendable {
  public let pool: ThreadPool
  let level: tk_level

  public init(pool: ThreadPool) { self.init(pool: pool, level: tk_best_level()) }

  /// The same at a level that this processor has, so that tests can compare levels.
  init(pool: ThreadPool, level: tk_level) {
    self.pool = pool
    self.level = level
  }

  private var table: tk_decoding {
    // SAFETY: the table is constant and lives as long as the program.
    unsafe tk_decoding_for(level).pointee
  }

  /// Normalises rows: y = x / sqrt(mean(x²) + epsilon) · weight.
  ///
  /// - Parameters:
  ///   - x: As many rows as `y` from row `first` on, each as wide as `weight`.
  public func rmsNorm(
    _ x: [Float], from first: Int = 0, weight: [Float], epsilon: Float, into y: inout [Float]
  ) {
    let (width, table) = (weight.count, table)
    precondition(
      first >= 0 && x.count == first * width + y.count, "rmsNorm: input and output differ")
    unsafe forEachRow(of: &y, width: width) { row, output in
      // SAFETY: all three hold `width` numbers, and an exclusive output cannot overlap.
      unsafe withPointers(x, weight) { x, weight in
        unsafe table.rms_norm(x + (first + row) * width, weight, epsilon, output, width)
      }
    }
  }

  /// Normalises each head of rows in place, as ``rmsNorm(_:from:weight:epsilon:into:)`` does with
  /// rows.
  public func rmsNorm(_ heads: inout [Float], weight: [Float], epsilon: Float) {
    let table = table
    unsafe forEachRow(of: &heads, width: weight.count) { _, head in
      unsafe weight.withUnsafeBufferPointer { weight in
        guard let first = weight.baseAddress else { return }
        // SAFETY: both hold `weight.count` numbers; each is read before it is written.
        unsafe table.rms_norm(head, first, epsilon, head, weight.count)
      }
    }
  }

  /// Normalises rows: y = (x − mean(x)) / sqrt(variance(x) + epsilon) · weight + bias.
  public func layerNorm(
    _ x: [Float], from first: Int = 0, weight: [Float], bias: [Float], epsilon: Float,
    into y: inout [Float]
  ) {
    let (width, table) = (weight.count, table)
    precondition(
      first >= 0 && x.count == first * width + y.count, "layerNorm: input and output differ")
    precondition(bias.count == width, "layerNorm: weight and bias differ")
    unsafe forEachRow(of: &y, width: width) { row, output in
      // SAFETY: all four hold `width` numbers, and an exclusive output cannot overlap.
      unsafe withPointers(weight, bias) { weight, bias in
        unsafe x.withUnsafeBufferPointer { x in
          guard let x = x.baseAddress else { return }
          unsafe table.layer_norm(
            x + (first + row) * width, weight, bias, epsilon, output, width)
        }
      }
    }
  }

  /// Adds a bias to each row.
  public func add(_ bias: [Float], toRowsOf rows: inout [Float]) {
    let table = table
    unsafe forEachRow(of: &rows, width: bias.count) { _, row in
      unsafe bias.withUnsafeBufferPointer { bias in
        guard let first = bias.baseAddress else { return }
        // SAFETY: both hold `bias.count` numbers.
        unsafe table.add(row, first, bias.count)
      }
    }
  }

  /// Passes rows through a gated unit: gate = gate / (1 + exp(−gate)) · up.
  public func swiglu(_ gate: inout [Float], up: [Float], width: Int) {
    precondition(gate.count == up.count, "swiglu: gate and up differ")
    let table = table
    unsafe forEachRow(of: &gate, width: width) { row, gate in
      unsafe up.withUnsafeBufferPointer { up in
        guard let first = up.baseAddress else { return }
        // SAFETY: both hold `width` numbers.
        unsafe table.swiglu(gate, first + row * width, width)
      }
    }
  }

  /// Passes rows through GELU, approximated with tanh.
  public func gelu(_ rows: inout [Float], width: Int) {
    let table = table
    unsafe forEachRow(of: &rows, width: width) { _, row in unsafe table.gelu(row, width) }
  }

  /// Multiplies rows with others, element by element.
  public func multiply(_ rows: inout [Float], by factors: [Float], width: Int) {
    precondition(rows.count == factors.count, "multiply: rows and factors differ")
    let table = table
    unsafe forEachRow(of: &rows, width: width) { row, output in
      unsafe factors.withUnsafeBufferPointer { factors in
        guard let first = factors.baseAddress else { return }
        // SAFETY: both hold `width` numbers.
        unsafe table.multiply(output, first + row * width, width)
      }
    }
  }

  /// Caps each number: x = cap · tanh(x / cap).
  public func cap(_ rows: inout [Float], at cap: Float, width: Int) {
    let table = table
    unsafe forEachRow(of: &rows, width: width) { _, row in unsafe table.cap(row, cap, width) }
  }

  /// Rotates each head's pairs of elements by its token's angles.
  ///
  /// - Parameters:
  ///   - rows: (token, head, headSize).
  ///   - cosines: (token, pair); as `sines`.
  ///   - neighbours: Whether elements 2i and 2i + 1 are a pair; else i and i + pairs.
  public func rotate(
    _ rows: inout [Float], tokenCount: Int, headSize: Int, cosines: [Float], sines: [Float],
    neighbours: Bool
  ) {
    guard tokenCount > 0 else { return }
    let (width, pairCount) = (rows.count / tokenCount, cosines.count / tokenCount)
    precondition(
      sines.count == cosines.count && 2 * pairCount <= headSize && width % headSize == 0,
      "rotate: pairs differ from heads")
    let table = table
    unsafe forEachRow(of: &rows, width: width) { token, row in
      // SAFETY: a head has `headSize` elements, at least two for each pair.
      unsafe withPointers(cosines, sines) { cosines, sines in
        let (cosines, sines) = unsafe (cosines + token * pairCount, sines + token * pairCount)
        for head in 0..<width / headSize {
          unsafe table.rotate(row + head * headSize, cosines, sines, pairCount, neighbours)
        }
      }
    }
  }
}

extension DecodingLoops {
  /// Fewer numbers are computed faster than they are handed over.
  private static let fewNumbers = 1 << 12

  /// Calls a function with each row, on all threads if there is much to do.
  @unsafe
  private func forEachRow(
    of rows: inout [Float], width: Int,
    _ body: @Sendable (_ row: Int, _ output: UnsafeMutablePointer<Float>) -> Void
  ) {
    precondition(width > 0 && rows.count % width == 0, "rows: no whole number of them")
    let count = rows.count / width
    let run = rows.count < Self.fewNumbers ? max(count, 1) : 1
    unsafe rows.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: rows do not overlap, each is lent to one call, and run waits for all calls.
      nonisolated(unsafe) let first = unsafe base
      pool.run(count, inRunsOf: run) { rows in
        for row in rows { unsafe body(row, first + row * width) }
      }
    }
  }
}

/// Calls a function with the addresses of two arrays that are not empty.
@unsafe
private func withPointers(
  _ a: [Float], _ b: [Float],
  _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void
) {
  unsafe a.withUnsafeBufferPointer { a in
    unsafe b.withUnsafeBufferPointer { b in
      guard let a = a.baseAddress, let b = b.baseAddress else { return }
      unsafe body(a, b)
    }
  }
}
