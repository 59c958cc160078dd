import TandemBytes
import TandemCheckpoints
import TandemConversion
import TandemModels
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct ModelComparisonTests {
  private let first: ConversionRun
  private let second: ConversionRun

  init() throws {
    first = try ConversionRun()
    second = try ConversionRun()
  }

  private func compare(_ a: [SourceTensor], _ b: [SourceTensor]) throws -> ModelComparison {
    let (one, two) = (try first.source(a), try second.source(b))
    return ModelComparison(try model(one), try model(two))
  }

  private func model(_ path: String) throws -> Model {
    let checkpoint = try CheckpointReading.read(path: path, isLenient: false).get().materialised()
    return Model.load(checkpoint, includingVocabulary: false).model
  }

  private func floats(_ name: String, _ values: [Float]) -> SourceTensor {
    var bytes: [UInt8] = []
    for value in values { bytes.append(littleEndian: value.bitPattern) }
    return SourceTensor(name, .f32, [values.count], bytes)
  }

  @Test func `equal files have no difference`() throws {
    let tensors = [
      floats("a", [1, .nan]), SourceTensor("b", .i64, [1], [1, 2, 3, 4, 5, 6, 7, 8]),
    ]
    let comparison = try compare(tensors, tensors)
    #expect(comparison.isSame)
    #expect(comparison.entries.map(\.outcome) == [.identical, .identical])
  }

  @Test func `the first element that differs, the largest differences and the angle are found`()
    throws
  {
    let comparison = try compare(
      [floats("a", [3, 0, 4, 1, .nan])], [floats("a", [3, 0, -4, 1.5, .nan])])
    let entry = try #require(comparison.entries.first)
    guard case .changed(let difference) = entry.outcome else {
      Issue.record("\(entry.outcome)")
      return
    }
    #expect(difference.elementCount == 5)
    #expect(difference.differingCount == 2)
    #expect(difference.firstDiffering == 2)
    #expect(difference.largestAbsolute == 8)
    #expect(difference.largestRelative == 2)
    #expect(difference.nonFiniteCount == 0)
    // (9 - 16 + 1.5) / (√26 √27.25)
    #expect(abs(difference.cosine - -0.2066292) < 1e-6)
    #expect(!comparison.isSame)
  }

  @Test func `what is not finite on one side only is counted apart`() throws {
    let comparison = try compare(
      [floats("a", [.infinity, .infinity, .nan, 1])],
      [floats("a", [.infinity, -.infinity, 2, 1])])
    guard case .changed(let difference)? = comparison.entries.first?.outcome else {
      Issue.record("not changed")
      return
    }
    #expect(difference.nonFiniteCount == 2 && difference.differingCount == 2)
    #expect(difference.largestAbsolute == 0 && difference.cosine == 1)
  }

  @Test func `the same values in another type are no difference`() throws {
    let half = SourceTensor("a", .f16, [3], [0x00, 0x3C, 0x00, 0x40, 0x00, 0xC2])
    let comparison = try compare([half], [floats("a", [1, 2, -3])])
    #expect(comparison.entries.map(\.outcome) == [.sameValues])
    #expect(comparison.isSame)
  }

  @Test func `names that are gone, new, or other for the same content are told apart`() throws {
    let comparison = try compare(
      [floats("kept", [1]), floats("gone", [2]), floats("old", [3, 4]), floats("shape", [1, 2])],
      [floats("kept", [1]), floats("new", [5]), floats("renamed", [3, 4]), floats("shape", [1])])
    #expect(comparison.onlyFirst.map(\.name) == ["gone"])
    #expect(comparison.onlySecond.map(\.name) == ["new"])
    #expect(comparison.renamed.map(\.first.name) == ["old"])
    #expect(comparison.renamed.map(\.second.name) == ["renamed"])
    #expect(comparison.entries.map(\.outcome) == [.identical, .otherShape])
  }

  @Test(arguments: [
    "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3", "tiny-gemma3", "tiny-phi3",
    "tiny-gpt2", "tiny-bert",
  ])
  func `a model and its translation to GGUF have the same values`(name: String) throws {
    let folder = ConversionSample.root + "/good/huggingface/" + name
    let plan = try ConversionPlan(
      ConversionSource(first.checkpoint(folder)), to: first.path("model.gguf"),
      ConversionOptions(.gguf))
    try #require(!plan.findings.hasErrors, "\(plan.findings.all.map(\.description))")
    _ = try Converter(plan).write()
    let comparison = ModelComparison(try model(folder), try model(first.path("model.gguf")))
    let other = comparison.entries.filter {
      $0.outcome != .identical && $0.outcome != .sameValues
    }
    #expect(other.map(\.first.name) == [])
    #expect(!comparison.entries.isEmpty)
  }
}
