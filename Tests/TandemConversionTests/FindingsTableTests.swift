import Foundation
import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemModels
import Testing

@Suite struct FindingsTableTests {
  /// All rules of the product, table by table.
  static let tables: [(title: String, rules: [any Rule])] = [
    ("Files", FileRule.allCases), ("safetensors", SafetensorsRule.allCases),
    ("Shards and their index", ShardIndexRule.allCases),
    ("Hugging Face folders", FolderRule.allCases), ("GGUF", GGUFRule.allCases),
    ("Models: configuration against tensors", ModelRule.allCases),
    ("Tokenizers", TokenizerRule.allCases), ("Values", ValueRule.allCases),
    ("Bundles", BundleRule.allCases),
  ]

  /// The page `schemas/findings.md`, made from the rules.
  static var page: String {
    var lines = [
      "# Findings", "",
      "What `tandem validate` and the readers can find, by code. Codes are stable: they are never used again for something else.",
      "This page is made from the rules in the code; a test compares them (`UPDATE=1 swift test --filter FindingsTable` writes it).",
    ]
    for table in tables {
      lines += ["", "## \(table.title)", "", "| code | severity | what |", "| --- | --- | --- |"]
      lines += table.rules.map { "| \($0.rawValue) | \($0.severity) | \($0.summary) |" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test func `the page of findings lists every rule`() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../schemas/findings.md")
    if ProcessInfo.processInfo.environment["UPDATE"] != nil {
      try Self.page.write(to: path, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: path, encoding: .utf8) == Self.page)
  }

  @Test func `no code stands for two rules`() {
    let codes = Self.tables.flatMap { $0.rules.map(\.rawValue) }
    #expect(Set(codes).count == codes.count)
  }
}
