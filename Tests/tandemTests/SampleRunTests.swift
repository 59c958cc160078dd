import Foundation
import TandemBytes
import TandemJSON
import TandemTestSupport
import Testing

@Suite struct SampleRunTests {
  private func run(_ arguments: String...) throws -> ToolRun {
    try ToolRun(arguments, in: Samples.folder)
  }

  @Test func `every good sample is inspected, and its JSON parses`() {
    forEachConcurrently(Samples.checkpoints) { path in
      for options in [[], ["--tensors"], ["--markdown"]] {
        let run = try ToolRun(["inspect", path] + options, in: Samples.folder)
        #expect(run.exitCode == 0 && run.errors.isEmpty, "\(path) \(options): \(run.errors)")
      }
      let json = try run("inspect", path, "--json", "--tensors")
      let document = try JSONDocument(parsing: Array(json.output.utf8).rawSpan)
      #expect(document.root["path"]?.string == path)
    }
  }

  @Test func `every good sample has no errors`() {
    forEachConcurrently(Samples.checkpoints + Samples.pairs) { path in
      let run = try run("validate", path)
      #expect(run.exitCode == 0, "\(path): \(run.output)")
      let json = try self.run("validate", path, "--json")
      _ = try JSONDocument(parsing: Array(json.output.utf8).rawSpan)
    }
  }

  @Test func `every hostile sample is named by validate and refused by inspect`() {
    forEachConcurrently(Samples.hostile) { path, code in
      let validation = try run("validate", path)
      #expect(validation.output.contains(code), "\(path): \(validation.output)")
      let isError = validation.output.contains("error \(code)")
      if isError { #expect(validation.exitCode == 1, "\(path)") }
      let inspection = try run("inspect", path)
      #expect(
        inspection.exitCode == 0
          || inspection.exitCode == 2 && inspection.errors.contains("tandem: "),
        "\(path): \(inspection.errors)")
    }
  }

  @Test func `what was packed verifies and comes back bit for bit, and packing twice is equal`() {
    forEachConcurrently(Samples.checkpoints) { path in
      let folder = try TemporaryFolder()
      let (first, second) = ("\(folder.path)/1.tandem", "\(folder.path)/2.tandem")
      for bundle in [first, second] {
        let pack = try run("pack", path, "-o", bundle)
        #expect(pack.exitCode == 0, "\(path): \(pack.errors)")
      }
      let (one, two) = try (contents(of: first), contents(of: second))
      #expect(one == two, "\(path)")
      let verify = try run("verify", first)
      #expect(verify.exitCode == 0, "\(path): \(verify.output)")
      let unpack = try run("unpack", first, "-o", "\(folder.path)/out")
      #expect(unpack.exitCode == 0, "\(path): \(unpack.errors)")
      for name in Samples.files(of: path) {
        let root = Samples.isFolder(path) ? path : Paths.folder(path)
        let original = try contents(of: "\(Samples.folder)/\(root)/\(name)")
        let copy = try contents(of: "\(folder.path)/out/primary/\(name)")
        #expect(copy == original, "\(path): \(name)")
      }
    }
  }

  @Test func `pairs are packed with their relations and come back`() {
    forEachConcurrently(Samples.pairs) { path in
      let folder = try TemporaryFolder()
      let bundle = "\(folder.path)/pair.tandem"
      let pack = try run("pack", path, "-o", bundle, "--json")
      #expect(pack.exitCode == 0, "\(path): \(pack.output)\(pack.errors)")
      let report = try JSONDocument(parsing: Array(pack.output.utf8).rawSpan)
      let members = report.root["members"]?.elements.compactMap { $0["role"]?.string } ?? []
      let relations = report.root["relations"]?.elements.compactMap { $0["kind"]?.string } ?? []
      let description = try String(contentsOfFile: "\(Samples.folder)/\(path)", encoding: .utf8)
      #expect(members.contains("secondary") == description.contains("\"secondary\""), "\(path)")
      #expect(relations.contains("projection") == description.contains("\"projection\""), "\(path)")
      let verify = try run("verify", bundle)
      #expect(verify.exitCode == 0, "\(path): \(verify.output)")
      let unpack = try run("unpack", bundle, "-o", "\(folder.path)/out", "--member", "primary")
      #expect(unpack.exitCode == 0, "\(path): \(unpack.errors)")
      let names = try Paths.names(in: "\(folder.path)/out")
      #expect(names == ["primary"])
    }
  }
}
