import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct ConversionPlanTests {
  private let run: ConversionRun

  init() throws { run = try ConversionRun() }

  private func messages(_ plan: ConversionPlan) -> [String] {
    plan.findings.all.map { $0.description.replacing(run.folder.path + "/", with: "") }
  }

  @Test func `everything that stands against a conversion is said at once`() throws {
    let long = String(repeating: "n", count: 64)
    let source = try run.source([
      SourceTensor("five", floats: 2, [1, 1, 1, 1, 2]), SourceTensor(long, floats: 1),
      SourceTensor("flag", .bool, [1], [1]), SourceTensor("x.a", floats: 1),
      SourceTensor("x.b", floats: 1),
    ])
    let plan = try run.plan(source, to: "x.gguf") {
      $0.renames = [NamePattern("x.?=y")!, NamePattern("x.*=y")!]
    }
    #expect(
      messages(plan) == [
        "source.safetensors: 'x.?=y': the pattern matches no tensor [CV005]",
        "x.gguf: 'five': the tensor has 5 dimensions, [1, 1, 1, 1, 2], GGUF has at most 4; "
          + "leave it out (--exclude), or write safetensors [GG018]",
        "x.gguf: '\(long)': the name has 64 bytes, 1 to 63 are allowed; "
          + "give it another one: --rename FROM=TO [GG016]",
        "x.gguf: 'flag': GGUF has no type BOOL; "
          + "--keep 'GLOB=TYPE' or --dtype makes it one that GGUF has [GG020]",
        "x.gguf: 'y': two tensors would have this name; --rename tells them apart [GG017]",
      ])
    #expect(plan.files.isEmpty)
  }

  @Test func `a type that NumPy lacks is refused once, with the number of its tensors`() throws {
    let source = try run.source([
      SourceTensor("a", .bf16, [1], [0, 0]), SourceTensor("b", .bf16, [1], [0, 0]),
    ])
    let refused = try run.plan(source, to: "x.npz")
    #expect(
      messages(refused) == [
        "x.npz: 'a': NumPy has no type BF16, which this and 1 more tensor have; "
          + "--dtype f32 or f16 makes it one that NumPy has [NO001]"
      ])
    let cast = try run.plan(source, to: "x.npz") { $0.elementType = .f32 }
    #expect(cast.findings.all.isEmpty)
  }

  @Test func `a filter that leaves nothing is an error`() throws {
    let source = try run.source([SourceTensor("a", floats: 1)])
    let plan = try run.plan(source, to: "x.gguf") { $0.exclusions = [Glob("*")] }
    #expect(plan.findings.all.map(\.code) == ["CV001"])
  }

  @Test func `a target that exists, or is the source, is refused before any work`() throws {
    let source = try run.source([SourceTensor("a", floats: 1)])
    try run.folder.write([1], to: "there.gguf")
    #expect(throws: FileError.self) { try run.plan(source, to: "there.gguf") }
    let forced = try run.plan(source, to: "there.gguf") { $0.isReplacing = true }
    #expect(forced.findings.all.map(\.code) == ["CV016"])
    #expect(throws: FileError.self) {
      try run.plan(source, to: "source.safetensors") { $0.isReplacing = true }
    }
    #expect(throws: FileError.self) { try run.plan(source, to: "no/folder.gguf") }
  }

  @Test(arguments: [
    ("model.*=*", "model.norm", "norm"), ("a=b", "a", "b"), ("*.x.*=*/*", "1.x.2.x.3", "1/2.x.3"),
    ("layers.*.w=blk.*.weight", "layers.12.w", "blk.12.weight"), ("*=p.*", "n", "p.n"),
    ("*a=*b", "aa", "ab"), ("a*b*c=*-*", "a1b2c", "1-2"), ("a*=", "abc", ""),
  ])
  func `a pattern renames`(_ pattern: String, _ name: String, _ result: String) throws {
    let pattern = try #require(NamePattern(pattern))
    #expect(pattern.renamed(name) == result)
  }

  @Test func `a pattern that does not match renames nothing, and bad ones are none`() throws {
    let pattern = try #require(NamePattern("a*b=*"))
    for name in ["ab ", "b", "a", "", "xab"] { #expect(pattern.renamed(name) == nil) }
    for text in ["", "=", "=x", "a", "a=*"] { #expect(NamePattern(text) == nil) }
  }

  @Test func `integers keep their type under a cast, and rules come before it`() throws {
    let source = try run.source([
      SourceTensor("w", floats: 2), SourceTensor("ids", .i64, [1], [1, 0, 0, 0, 0, 0, 0, 0]),
      SourceTensor("norm", floats: 2),
    ])
    let plan = try run.plan(source, to: "x.safetensors") {
      $0.elementType = .bf16
      $0.typeRules = [ConversionOptions.TypeRule(Glob("n*"), .f16)]
    }
    let types = Dictionary(
      uniqueKeysWithValues: plan.tensors.map { ($0.output.name, $0.output.type) })
    #expect(types == ["w": .bf16, "ids": .i64, "norm": .f16])
  }
}
