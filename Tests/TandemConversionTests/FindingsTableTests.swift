import Foundation
import TandemBundles
import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemEngine
import TandemModels
import Testing

@Suite struct FindingsTableTests {
  /// All rules of the product, table by table.
  static let tables = [
    Table("Files", FileRule.self), Table("safetensors", SafetensorsRule.self),
    Table("Shards and their index", ShardIndexRule.self),
    Table("Hugging Face folders", FolderRule.self), Table("GGUF", GGUFRule.self),
    Table("NumPy arrays", NumPyRule.self), Table("NumPy archives", NPZRule.self),
    Table("ONNX", ONNXRule.self),
    Table("PyTorch", PyTorchRule.self), Table("Zip archives", ZipRule.self),
    Table("Models: configuration against tensors", ModelRule.self),
    Table("Tokenizers", TokenizerRule.self), Table("Values", ValueRule.self),
    Table("Translation between conventions", TranslationRule.self),
    Table("Pairs", PairRule.self), Table("Packing", PackRule.self),
    Table("Bundles", BundleRule.self), Table("Converting", ConversionRule.self),
    Table("Archives of NumPy arrays that are written", NPZOutputRule.self),
    Table("Running", EngineRule.self), Table("Running pairs", PairRunRule.self),
    Table("Commands", CommandRule.self),
  ]

  struct Table {
    let title: String
    let codes: [String]
    let rows: [String]

    init<Rules: Rule>(_ title: String, _ rules: Rules.Type) {
      self.title = title
      codes = Rules.allCases.map(\.rawValue)
      rows = Rules.allCases.map { "| \($0.rawValue) | \($0.severity) | \($0.summary) |" }
    }
  }

  /// The page `schemas/findings.md`, made from the rules.
  static var page: String {
    var lines = [
      "# Findings", "",
      "What `tandem validate` and the readers can find, by code. Codes are stable: they are never used again for something else.",
      "This page is made from the rules in the code; a test compares them (`UPDATE=1 swift test --filter FindingsTable` writes it).",
    ]
    for table in tables {
      lines += ["", "## \(table.title)", "", "| code | severity | what |", "| --- | --- | --- |"]
      lines += table.rows
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test func `the page of findings lists every rule`() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../schemas/findings.md")
    if ProcessInfo.processInfo.environment["UPDATE"] != nil {
      try Self.page.write(to: path, atomically: true, encoding: .utf8)
    }
    let stored = try String(contentsOf: path, encoding: .utf8)
    #expect(stored == Self.page)
  }

  @Test func `no code stands for two rules`() {
    let codes = Self.tables.flatMap(\.codes)
    #expect(Set(codes).count == codes.count)
  }
}
