/// Numbers as people read them: digits in groups, few significant digits, units.
public enum Numbers {
  /// An integer with its digits in groups of three: `134,515,008`.
  public static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// A number of bytes in decimal units with three significant digits: `98.4 MB`.
  public static func bytes(_ count: Int) -> String {
    scaled(Double(count), units: ["B", "kB", "MB", "GB", "TB", "PB", "EB"], digits: 3)
  }

  /// A number of bytes each second: `1.23 GB/s`.
  public static func rate(_ bytesPerSecond: Double) -> String {
    let units = ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]
    return scaled(bytesPerSecond, units: units, digits: 3)
  }

  /// A number of things with four significant digits: `134.5 M`; as it is below 10,000.
  public static func abbreviated(_ count: Int) -> String {
    if count.magnitude < 10_000 { return grouped(count) }
    return scaled(Double(count), units: ["", "k", "M", "G", "T", "P", "E"], digits: 4)
  }

  /// A time: `12.3 µs`, `4.56 s`, `2 min 5 s`, `3 h 20 min`.
  public static func duration(_ duration: Duration) -> String {
    let (whole, attoseconds) = duration.components
    let nanoseconds = Double(whole) * 1e9 + Double(attoseconds / 1_000_000_000)
    if nanoseconds < 99.95e9 {
      return scaled(nanoseconds, units: ["ns", "µs", "ms", "s"], digits: 3)
    }
    return wholeSeconds(nanoseconds / 1e9)
  }

  /// A time to the next second: `1 s`, `2 min 5 s`, `3 h 20 min`.
  static func wholeSeconds(_ seconds: Double) -> String {
    guard seconds < 1e9 else { return "years" }
    let rounded = Int(seconds.rounded(.up))
    if rounded < 60 { return "\(rounded) s" }
    return rounded < 3600
      ? "\(rounded / 60) min \(rounded % 60) s" : "\(rounded / 3600) h \(rounded % 3600 / 60) min"
  }

  /// A share of a whole: `61.3 %`.
  public static func share(_ part: Int, of whole: Int) -> String {
    whole == 0 ? "–" : fixed(100 * Double(part) / Double(whole), decimals: 1) + " %"
  }

  /// A number and its noun: `1 tensor`, `272 tensors`.
  public static func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
  }

  /// A number with a fixed number of decimals.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 1e18 else { return "\(value)" }
    let digits = Int(scaled)
    let fraction = String(digits % Int(scale))
    let sign = value < 0 && digits != 0 ? "-" : ""
    let whole = sign + grouped(digits / Int(scale))
    if decimals == 0 { return whole }
    return whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// A value in the largest unit of which there is at least one, each a thousand times the one
  /// before.
  private static func scaled(_ value: Double, units: [String], digits: Int) -> String {
    var value = value
    var unit = 0
    // A value that rounds up to a thousand belongs to the next unit.
    let limit = 1000 - 0.5 * (digits == 3 ? 1 : 0.1)
    while value.magnitude >= limit, unit + 1 < units.count {
      value /= 1000
      unit += 1
    }
    let isWhole = unit == 0 && value == value.rounded()
    let integerDigits = value.magnitude < 9.995 ? 1 : value.magnitude < 99.95 ? 2 : 3
    let text = fixed(value, decimals: isWhole ? 0 : digits - integerDigits)
    return units[unit].isEmpty ? text : "\(text) \(units[unit])"
  }
}
