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
  ///   - x: (rows, width), as `y`.
  ///   - weight: (width).
  public func rmsNorm(
    _ x: Span<Float>, weight: Span<Float>, epsilon: Float, into y: inout MutableSpan<Float>
  ) {
    precondition(x.count == y.count, "rmsNorm: input and output differ")
    let table = table
    unsafe forEachRow(of: &y, width: weight.count) { row, output in
      // SAFETY: all three hold `weight.count` numbers, and an exclusive output cannot overlap.
      unsafe withPointers(x.extracting(droppingFirst: row * weight.count), weight) {
        unsafe table.rms_norm($0, $1, epsilon, output, weight.count)
      }
    }
  }

  /// Normalises each head of rows in place, as ``rmsNorm(_:weight:epsilon:into:)`` does with rows.
  public func rmsNorm(_ heads: inout MutableSpan<Float>, weight: Span<Float>, epsilon: Float) {
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
    _ x: Span<Float>, weight: Span<Float>, bias: Span<Float>, epsilon: Float,
    into y: inout MutableSpan<Float>
  ) {
    precondition(x.count == y.count, "layerNorm: input and output differ")
    precondition(weight.count == bias.count, "layerNorm: weight and bias differ")
    let table = table
    unsafe forEachRow(of: &y, width: weight.count) { row, output in
      // SAFETY: all four hold `weight.count` numbers, and an exclusive output cannot overlap.
      unsafe withPointers(x.extracting(droppingFirst: row * weight.count), weight) { x, weights in
        unsafe bias.withUnsafeBufferPointer { bias in
          guard let bias = bias.baseAddress else { return }
          unsafe table.layer_norm(x, weights, bias, epsilon, output, weight.count)
        }
      }
    }
  }

  /// Adds a bias to each row.
  public func add(_ bias: Span<Float>, toRowsOf rows: inout MutableSpan<Float>) {
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
  public func swiglu(_ gate: inout MutableSpan<Float>, up: Span<Float>, width: Int) {
    precondition(gate.count == up.count, "swiglu: gate and up differ")
    let table = table
    unsafe forEachRow(of: &gate, width: width) { row, gate in
      unsafe up.extracting(droppingFirst: row * width).withUnsafeBufferPointer { up in
        guard let first = up.baseAddress else { return }
        // SAFETY: both hold `width` numbers.
        unsafe table.swiglu(gate, first, width)
      }
    }
  }

  /// Passes rows through GELU, approximated with tanh.
  public func gelu(_ rows: inout MutableSpan<Float>, width: Int) {
    let table = table
    unsafe forEachRow(of: &rows, width: width) { _, row in unsafe table.gelu(row, width) }
  }

  /// Rotates each head's pairs of elements by its token's angles.
  ///
  /// - Parameters:
  ///   - rows: (token, head, headSize).
  ///   - cosines: (token, pair); as `sines`.
  ///   - neighbours: Whether elements 2i and 2i + 1 are a pair; else i and i + pairs.
  public func rotate(
    _ rows: inout MutableSpan<Float>, tokenCount: Int, headSize: Int, cosines: Span<Float>,
    sines: Span<Float>, neighbours: Bool
  ) {
    guard tokenCount > 0 else { return }
    let (width, pairCount) = (rows.count / tokenCount, cosines.count / tokenCount)
    precondition(
      sines.count == cosines.count && 2 * pairCount <= headSize && width % headSize == 0,
      "rotate: pairs differ from heads")
    let table = table
    unsafe forEachRow(of: &rows, width: width) { token, row in
      let first = token * pairCount
      // SAFETY: a head has `headSize` elements, at least two for each pair.
      unsafe withPointers(
        cosines.extracting(droppingFirst: first), sines.extracting(droppingFirst: first)
      ) { cosines, sines in
        for head in 0..<width / headSize {
          unsafe table.rotate(row + head * headSize, cosines, sines, pairCount, neighbours)
        }
      }
    }
  }
}

extension DecodingLoops {
  /// Fewer numbers are computed faster than they are handed over.
  private static let fewNumbers = 1 << 14

  /// Calls a function with each row, on all threads if there is much to do.
  @unsafe
  private func forEachRow(
    of rows: inout MutableSpan<Float>, width: Int,
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

/// Calls a function with the addresses of two spans that are not empty.
@unsafe
private func withPointers(
  _ a: Span<Float>, _ b: Span<Float>,
  _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void
) {
  unsafe a.withUnsafeBufferPointer { a in
    unsafe b.withUnsafeBufferPointer { b in
      guard let a = a.baseAddress, let b = b.baseAddress else { return }
      unsafe body(a, b)
    }
  }
}
