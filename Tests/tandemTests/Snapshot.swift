import Foundation
import TandemBytes
import TandemTestSupport
import Testing

/// A text that a run printed, beside the text that it should print.
///
/// `UPDATE=1 swift test --filter SnapshotTests` writes what is printed now; the difference is then for a person to read.
struct Snapshot {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("Snapshots")

  /// Compares a run, in the samples' folder, with a file of this name: the arguments, both streams, and the exit code.
  static func check(_ name: String, _ arguments: [String]) throws {
    let run = try ToolRun(arguments, in: Samples.folder)
    let words = arguments.map { $0.contains(" ") || $0.contains("*") ? "'\($0)'" : $0 }
    var text = "$ tandem \(words.joined(separator: " "))\n" + run.output
    if !run.errors.isEmpty { text += "--- standard error\n" + run.errors }
    if run.exitCode != 0 { text += "--- exit code \(run.exitCode)\n" }
    let file = folder.appendingPathComponent(name + ".txt")
    if Environment.value("UPDATE") == "1" {
      try Data(text.utf8).write(to: file)
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    #expect(text == expected, "\(name)")
  }
}
