import TandemBytes
public import TandemConversion
import TandemJSON

/// How long a bundle takes to open.
public struct OpenBenchmarkReport: Report, Sendable {
  private let path: String
  private let result: OpenBenchmark

  public init(path: String, _ result: OpenBenchmark) {
    self.path = path
    self.result = result
  }

  private var minimum: Duration { result.openings.first ?? .zero }
  private var maximum: Duration { result.openings.last ?? .zero }

  private var median: Duration { result.openings.median }

  private var bytesPerSecond: Double {
    let seconds = result.readTime / .seconds(1)
    return seconds > 0 ? Double(result.readByteCount) / seconds : 0
  }

  /// Writes the figures for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    var text = ReportText()
    let (count, size) = (
      Numbers.counted(result.tensorCount, "tensor"), Numbers.bytes(result.byteCount)
    )
    text.heading("\(path): \(count), \(size)", level: 1)
    text.facts([
      (
        "open and touch the first weight",
        "min \(Numbers.duration(minimum)), median \(Numbers.duration(median)), "
          + "max \(Numbers.duration(maximum)) of \(Numbers.grouped(result.openings.count))"
      ),
      (
        "read tensors, all cores",
        "\(Numbers.rate(bytesPerSecond)) (\(Numbers.bytes(result.readByteCount)))"
      ),
    ])
    text.write(layout, to: output)
  }

  /// Writes the figures as JSON (`schemas/bench-open.schema.json`).
  public func writeJSON(to output: @escaping (String) -> Void) {
    let value: JSONOutput = .object([
      ("path", .string(path)), ("tensor_count", .integer(result.tensorCount)),
      ("byte_count", .integer(result.byteCount)),
      ("repetitions", .integer(result.openings.count)),
      (
        "open_microseconds",
        .object([
          ("min", .number(minimum.microseconds)), ("median", .number(median.microseconds)),
          ("max", .number(maximum.microseconds)),
        ])
      ),
      (
        "read",
        .object([
          ("byte_count", .integer(result.readByteCount)),
          ("seconds", .number(result.readTime / .seconds(1))),
          ("bytes_per_second", .number(bytesPerSecond.rounded())),
        ])
      ),
    ])
    output(value.text(pretty: true) + "\n")
  }
}
