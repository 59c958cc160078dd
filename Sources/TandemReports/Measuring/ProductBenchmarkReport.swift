import TandemBytes
public import TandemConversion
import TandemJSON
import TandemKernels

/// How long a model's matrix products take.
public struct ProductBenchmarkReport: Report, Sendable {
  private let path: String
  private let encoding: String?
  private let result: ProductBenchmark

  /// - Parameter encoding: What the weights were converted to, nil for the stored ones.
  public init(path: String, encoding: String?, _ result: ProductBenchmark) {
    self.path = path
    self.encoding = encoding
    self.result = result
  }

  private var bytesPerSecond: Double { rate(result.readings.median) }

  /// Bytes of weights a second, if each is read once.
  private func rate(_ time: Duration) -> Double {
    time > .zero ? Double(result.byteCount) / time.seconds : 0
  }

  /// The time of a block over that of one token.
  private func ratio(_ time: Duration) -> Double? {
    guard let one = result.blocks.first(where: { $0.tokenCount == 1 }) else { return nil }
    return one.times.median > .zero ? time / one.times.median : nil
  }

  /// Writes the figures for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    var text = ReportText()
    let threads = Numbers.counted(result.threadCount, "thread")
    text.heading("\(path): matrix products, \(threads), \(result.variant.rawValue)", level: 1)
    text.facts([
      (
        "weights",
        "\(Numbers.abbreviated(result.multiplicationCount)), \(Numbers.bytes(result.byteCount))"
          + (encoding.map { ", converted to \($0)" } ?? "")
      ),
      (
        "reading them",
        "\(Numbers.duration(result.readings.median)), \(Numbers.rate(bytesPerSecond))"
      ),
    ])
    var table = TextTable([
      .number("tokens"), .number("median"), .number("min"), .number("over 1 token"),
      .number("weights"), .number("of reading"),
    ])
    for block in result.blocks {
      let median = block.times.median
      table.add([
        "\(block.tokenCount)", Numbers.duration(median),
        Numbers.duration(block.times.first ?? .zero),
        ratio(median).map { Numbers.fixed($0, decimals: 2) } ?? "",
        Numbers.rate(rate(median)),
        Numbers.fixed(100 * rate(median) / max(bytesPerSecond, 1), decimals: 0) + " %",
      ])
    }
    text.table(table)
    text.write(layout, to: output)
  }

  /// Writes the figures as JSON (`schemas/bench-products.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    let blocks = result.blocks.map { block -> JSONOutput in
      .object([
        ("token_count", .integer(block.tokenCount)),
        ("microseconds", Self.microseconds(block.times)),
      ])
    }
    let value: JSONOutput = .object([
      ("path", .string(path)), ("encoding", encoding.map { JSONOutput.string($0) } ?? .null),
      ("variant", .string(result.variant.rawValue)), ("thread_count", .integer(result.threadCount)),
      ("byte_count", .integer(result.byteCount)),
      ("weight_count", .integer(result.multiplicationCount)),
      ("repetitions", .integer(result.readings.count)),
      ("read_microseconds", Self.microseconds(result.readings)), ("blocks", .array(blocks)),
    ])
    output(value.text(pretty: true) + "\n")
  }

  private static func microseconds(_ times: [Duration]) -> JSONOutput {
    .object([
      ("min", .number((times.first ?? .zero).microseconds)),
      ("median", .number(times.median.microseconds)),
      ("max", .number((times.last ?? .zero).microseconds)),
    ])
  }
}
