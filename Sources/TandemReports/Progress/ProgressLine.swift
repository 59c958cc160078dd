/// How far a piece of work has come, as one line of text.
struct ProgressLine {
  /// What is being done: `packing`.
  let title: String
  let doneByteCount: Int
  let totalByteCount: Int
  let elapsed: Duration

  /// The line, in at most a number of columns: title, bar, share, bytes, rate, time left.
  func text(width: Int) -> String {
    let share = totalByteCount > 0 ? min(1, Double(doneByteCount) / Double(totalByteCount)) : 1
    let seconds = elapsed / .seconds(1)
    let rate = seconds > 0 ? Double(doneByteCount) / seconds : 0
    var facts = [
      "\(Int(share * 100)) %",
      "\(Numbers.bytes(doneByteCount)) of \(Numbers.bytes(totalByteCount))",
      Numbers.rate(rate),
    ]
    if rate > 0, doneByteCount < totalByteCount {
      let left = Double(totalByteCount - doneByteCount) / rate
      facts.append("\(Numbers.wholeSeconds(left)) left")
    }
    let tail = facts.joined(separator: "  ")
    // One column stays free: some terminals wrap a full line.
    let room = width - 1 - DisplayWidth.of(title) - DisplayWidth.of(tail) - 4
    let line =
      room >= 10
      ? "\(title)  \(Self.bar(share, width: min(room, 40)))  \(tail)" : "\(title)  \(tail)"
    return DisplayWidth.shortened(line, to: width - 1)
  }

  private static func bar(_ share: Double, width: Int) -> String {
    let filled = Int(share * Double(width))
    return String(repeating: "━", count: filled) + String(repeating: "╌", count: width - filled)
  }
}
