import CTandem
import Glibc
import Testing

@testable import TandemKernels

@Suite struct `The loops of a decoder` {
  static let pool = ThreadPool(threadCount: 2)
  /// The levels that this processor has.
  static let levels: [tk_level] = [TK_BASELINE, TK_AVX2, TK_AVX512].filter {
    $0.rawValue <= tk_best_level().rawValue
  }
  /// Widths with and without a last part of a vector.
  static let widths = [1, 8, 15, 16, 17, 64, 100, 576]

  /// The results of a computation at each level, which must have the same bits; the first of them.
  private func atEachLevel(_ body: (DecodingLoops) -> [Float]) -> [Float] {
    let results = Self.levels.map { body(DecodingLoops(pool: Self.pool, level: $0)) }
    for result in results { #expect(result.map(\.bitPattern) == results[0].map(\.bitPattern)) }
    return results[0]
  }

  private func numbers(_ count: Int, seed: UInt64, scale: Double = 1) -> [Float] {
    var random = Random(seed)
    return (0..<count).map { _ in Float(random.normal() * scale) }
  }

  private func expectClose(_ found: [Float], _ expected: [Double], _ tolerance: Double = 2e-6) {
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) {
      #expect(abs(Double(a) - b) <= tolerance * max(1, abs(b)), "\(a) for \(b)")
    }
  }

  @Test(arguments: widths)
  func `normalise by the root of the mean square`(width: Int) {
    let (x, weight) = (numbers(3 * width, seed: 1), numbers(width, seed: 2))
    let found = atEachLevel { loops in
      var y = [Float](repeating: .nan, count: 2 * width)
      loops.rmsNorm(x, from: 1, weight: weight, epsilon: 1e-5, into: &y)
      return y
    }
    let expected = (1..<3).flatMap { row -> [Double] in
      let values = x[row * width..<(row + 1) * width].map(Double.init)
      let square = values.reduce(0) { $0 + $1 * $1 } / Double(width)
      return zip(values, weight).map { $0 / (square + 1e-5).squareRoot() * Double($1) }
    }
    expectClose(found, expected)
  }

  @Test(arguments: widths)
  func `normalise by mean and variance`(width: Int) {
    let x = numbers(2 * width, seed: 3)
    let (weight, bias) = (numbers(width, seed: 4), numbers(width, seed: 5))
    let found = atEachLevel { loops in
      var y = [Float](repeating: .nan, count: 2 * width)
      loops.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5, into: &y)
      return y
    }
    let expected = (0..<2).flatMap { row -> [Double] in
      let values = x[row * width..<(row + 1) * width].map(Double.init)
      let mean = values.reduce(0, +) / Double(width)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      return values.indices.map { index in
        (values[index] - mean) / (variance + 1e-5).squareRoot() * Double(weight[index])
          + Double(bias[index])
      }
    }
    expectClose(found, expected, 1e-5)
  }

  @Test(arguments: widths)
  func `gate, and pass through GELU`(width: Int) {
    let (gate, up) = (numbers(width, seed: 6, scale: 8), numbers(width, seed: 7))
    let gated = atEachLevel { loops in
      var y = gate
      loops.swiglu(&y, up: up, width: width)
      return y
    }
    expectClose(gated, zip(gate, up).map { Double($0) / (1 + exp(-Double($0))) * Double($1) })
    let passed = atEachLevel { loops in
      var y = gate
      loops.gelu(&y, width: width)
      return y
    }
    let expected = gate.map { value -> Double in
      let x = Double(value)
      return x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
    expectClose(passed, expected)
  }

  @Test(arguments: widths)
  func `multiply by others, and cap`(width: Int) {
    let (x, factors) = (numbers(width, seed: 13, scale: 40), numbers(width, seed: 14))
    let multiplied = atEachLevel { loops in
      var y = x
      loops.multiply(&y, by: factors, width: width)
      return y
    }
    expectClose(multiplied, zip(x, factors).map { Double($0) * Double($1) })
    for cap in [Float(30), 50] {
      let capped = atEachLevel { loops in
        var y = x + [1e9, -1e9]
        loops.cap(&y, at: cap, width: width + 2)
        return y
      }
      let expected = (x + [1e9, -1e9]).map { Double(cap) * tanh(Double($0) / Double(cap)) }
      expectClose(capped, expected, 1e-5)
    }
  }

  @Test func `keep what is not finite visible, and bear large numbers`() {
    let x: [Float] = [.nan, 1e30, -1e30, 200, -200, 0]
    let found = atEachLevel { loops in
      var y = x
      loops.swiglu(&y, up: [Float](repeating: 1, count: x.count), width: x.count)
      return y.map { $0.isNaN ? 0 : $0 } + [y[0].isNaN ? 1 : 0]
    }
    #expect(Array(found.prefix(2)) == [0, 1e30] && found[3] == 200 && found[5] == 0)
    #expect(abs(found[2]) < 1e-7 && abs(found[4]) < 1e-30 && found[6] == 1)
  }

  @Test(arguments: [true, false])
  func `rotate pairs by their token's angles`(neighbours: Bool) {
    let (headSize, pairCount, tokenCount) = (10, 4, 3)
    let rows = numbers(tokenCount * 2 * headSize, seed: 8)
    let angles = numbers(tokenCount * pairCount, seed: 9)
    let found = atEachLevel { loops in
      var y = rows
      loops.rotate(
        &y, tokenCount: tokenCount, headSize: headSize, cosines: angles.map(cosf),
        sines: angles.map(sinf), neighbours: neighbours)
      return y
    }
    var expected = rows.map(Double.init)
    for token in 0..<tokenCount {
      for head in 0..<2 {
        for pair in 0..<pairCount {
          let start = (token * 2 + head) * headSize
          let a = start + (neighbours ? 2 * pair : pair)
          let b = start + (neighbours ? 2 * pair + 1 : pair + pairCount)
          let angle = Double(angles[token * pairCount + pair])
          let (x, y) = (expected[a], expected[b])
          expected[a] = x * cos(angle) - y * sin(angle)
          expected[b] = x * sin(angle) + y * cos(angle)
        }
      }
    }
    expectClose(found, expected)
  }

  struct Geometry: Sendable, CustomTestStringConvertible {
    var heads, shared, size, count: Int
    var window: Int?
    var softcap: Float?
    var testDescription: String { "\(heads)/\(shared) heads of \(size), \(count) positions" }
  }

  @Test(arguments: [
    Geometry(heads: 4, shared: 2, size: 8, count: 5),
    Geometry(heads: 9, shared: 3, size: 64, count: 130),
    Geometry(heads: 2, shared: 1, size: 128, count: 70),
    Geometry(heads: 3, shared: 3, size: 80, count: 65),
    Geometry(heads: 2, shared: 2, size: 40, count: 200, window: 7),
    Geometry(heads: 2, shared: 1, size: 16, count: 300, window: 100),
    Geometry(heads: 4, shared: 2, size: 32, count: 90, softcap: 2),
  ])
  func `attend to the positions so far`(_ g: Geometry) {
    let keys = numbers(g.count * g.shared * g.size, seed: 10)
    let values = numbers(g.count * g.shared * g.size, seed: 11)
    let queries = numbers(g.count * g.heads * g.size, seed: 12)
    for precision in KeyValueCache.Precision.allCases {
      let results = Self.levels.flatMap { level in
        [g.count, 3].map { attended(g, keys, values, queries, precision, level, inBlocksOf: $0) }
      }
      for result in results { #expect(result.map(\.bitPattern) == results[0].map(\.bitPattern)) }
      let expected = plainAttention(g, keys, values, queries)
      expectClose(results[0], expected, precision == .f32 ? 4e-6 : 4e-3)
    }
  }

  private func attended(
    _ g: Geometry, _ keys: [Float], _ values: [Float], _ queries: [Float],
    _ precision: KeyValueCache.Precision, _ level: tk_level, inBlocksOf length: Int
  ) -> [Float] {
    var result: [Float] = []
    guard
      var cache = KeyValueCache(
        layerCount: 2, headCount: g.shared, headSize: g.size, contextLength: g.count,
        precision: precision, level: level)
    else { return [] }
    let (width, queryWidth) = (g.shared * g.size, g.heads * g.size)
    for start in stride(from: 0, to: g.count, by: length) {
      let end = min(start + length, g.count)
      let block = start * width..<end * width
      cache.store(Array(keys[block]), Array(values[block]), layer: 1, position: start)
      var output = [Float](repeating: .nan, count: (end - start) * queryWidth)
      cache.attend(
        Array(queries[start * queryWidth..<end * queryWidth]), tokenCount: end - start, layer: 1,
        position: start, window: g.window, scale: 0.3, softcap: g.softcap, into: &output,
        on: Self.pool)
      result += output
    }
    return result
  }

  private func plainAttention(
    _ g: Geometry, _ keys: [Float], _ values: [Float], _ queries: [Float]
  ) -> [Double] {
    var result: [Double] = []
    for token in 0..<g.count {
      for head in 0..<g.heads {
        let shared = head / (g.heads / g.shared)
        let query = (token * g.heads + head) * g.size
        let seen = max(0, token + 1 - (g.window ?? g.count))...token
        let scores = seen.map { position -> Double in
          let key = (position * g.shared + shared) * g.size
          let score =
            0.3
            * (0..<g.size).reduce(0) { $0 + Double(queries[query + $1]) * Double(keys[key + $1]) }
          return g.softcap.map { Double($0) * tanh(score / Double($0)) } ?? score
        }
        let largest = scores.max() ?? 0
        let weights = scores.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        for element in 0..<g.size {
          let sum = zip(seen, weights).reduce(0.0) { sum, each in
            sum + each.1 * Double(values[(each.0 * g.shared + shared) * g.size + element])
          }
          result.append(sum / total)
        }
      }
    }
    return result
  }
}
