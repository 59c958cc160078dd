public import TandemEngine

/// The speed-up of a pair over block lengths, measured and expected, as SVG.
public struct PairProbeChart: Sendable {
  private let result: PairProbe

  public init(_ result: PairProbe) { self.result = result }

  private static let (width, height) = (640.0, 360.0)
  private static let (left, right, top, bottom) = (56.0, 24.0, 44.0, 48.0)

  /// The whole file.
  public var svg: String {
    let runs = result.fixedRuns
    let measured = runs.map(result.speedUp)
    let expected = runs.compactMap(result.expectedSpeedUp)
    let highest = max((measured + expected).max() ?? 1, 1)
    let limit = (highest * 2).rounded(.up) / 2
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(Self.height)" \
      font-family="sans-serif" font-size="12">
      """,
      #"<rect width="100%" height="100%" fill="white"/>"#,
      Self.text(Self.left, 22, "start", "Speed-up over the primary alone, by block length γ"),
    ]
    for step in 0...Int(limit * 2) {
      let y = Self.y(Double(step) / 2, limit)
      let color = step == 2 ? "#666" : "#ddd"
      lines.append(
        """
        <line x1="\(Self.left)" y1="\(y)" x2="\(Self.width - Self.right)" y2="\(y)" stroke="\(color)"/>
        """)
      lines.append(
        Self.text(Self.left - 8, y + 4, "end", Numbers.fixed(Double(step) / 2, decimals: 1)))
    }
    for (place, run) in runs.enumerated() {
      let label = run.blockLength.map(String.init) ?? ""
      lines.append(
        Self.text(Self.x(place, runs.count), Self.height - 24, "middle", label))
    }
    lines.append(Self.line(expected, limit, ##"stroke="#999" stroke-dasharray="4 4""##))
    lines.append(Self.line(measured, limit, ##"stroke="#06c" stroke-width="2""##))
    lines.append(
      Self.text(Self.left, Self.height - 6, "start", "solid: measured, dashed: expected"))
    return lines.joined(separator: "\n") + "\n</svg>\n"
  }

  private static func x(_ place: Int, _ count: Int) -> Double {
    left + (width - left - right) * (Double(place) + 0.5) / Double(max(count, 1))
  }

  private static func y(_ value: Double, _ limit: Double) -> Double {
    ((height - bottom - (height - top - bottom) * value / limit) * 10).rounded() / 10
  }

  private static func line(_ values: [Double], _ limit: Double, _ style: String) -> String {
    let points = values.enumerated().map { place, value in
      "\((x(place, values.count) * 10).rounded() / 10),\(y(value, limit))"
    }
    return #"<polyline points="\#(points.joined(separator: " "))" fill="none" \#(style)/>"#
  }

  private static func text(
    _ x: Double, _ y: Double, _ anchor: String, _ content: String
  ) -> String {
    #"<text x="\#(x)" y="\#(y)" text-anchor="\#(anchor)">\#(content)</text>"#
  }
}
