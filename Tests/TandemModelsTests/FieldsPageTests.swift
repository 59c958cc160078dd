import TandemBytes
import Testing

@testable import TandemModels

@Suite struct FieldsPageTests {
  /// The first column of the tables of `schemas/fields.md`: keys, and whether they are marked.
  private static func rows() throws -> [(key: String, isRequired: Bool)] {
    let path = Paths.join(Paths.folder(Samples.root), "schemas/fields.md")
    let file = try MappedFile(path: path)
    return (file.bytes.utf8Text ?? "").split(separator: "\n").compactMap { line in
      guard line.hasPrefix("| `") else { return nil }
      let parts = line.split(separator: "`", maxSplits: 2)
      return (String(parts[1]), parts[2].hasPrefix(" * |"))
    }
  }

  @Test func `the page lists the keys that a configuration has`() throws {
    let rows = try Self.rows().filter { !$0.key.hasPrefix("config.rope_scaling.") }
    #expect(rows.map(\.key) == ConfigurationKey.all.map(\.key))
    #expect(
      rows.filter(\.isRequired).map(\.key)
        == ConfigurationKey.all.filter { $0.isRequired }.map(\.key))
  }
}
