import TandemBytes
import TandemCheckpoints
import TandemModels
import Testing

@Suite struct SampleTests {
  static let folders = Samples.names(in: "good/huggingface").map { "good/huggingface/\($0)" }
  static let gguf = ["good/gguf/tiny-llama.gguf", "good/gguf/tiny-llama-f16.gguf"]
  static let files = ["good/gguf", "good/safetensors"].flatMap { folder in
    Samples.names(in: folder).map { "\(folder)/\($0)" }
  }

  @Test func `there are samples`() {
    #expect(Self.folders.count >= 13 && Self.files.count >= 40)
  }

  @Test(arguments: folders + gguf)
  func `a good model has nothing to find, values included`(path: String) throws {
    let (model, findings) = try Samples.model(path)
    let all = findings.all + model.validate(includingValues: true).all
    #expect(all.map(\.description) == [])
    #expect(model.architecture != nil && model.vocabulary != nil)
  }

  @Test(arguments: files)
  func `a good file that is no whole model has no more than notes`(path: String) throws {
    let (model, findings) = try Samples.model(path)
    let all = findings.all + model.validate(includingValues: false).all
    #expect(all.filter { $0.severity > .note }.map(\.description) == [])
  }

  @Test(
    arguments: Samples.names(in: "hostile/huggingface").filter {
      $0.hasPrefix("HF003") || $0.hasPrefix("HF004")
    })
  func `a hostile configuration gives the finding that it is named after`(name: String) throws {
    let (_, findings) = try Samples.model("hostile/huggingface/\(name)")
    #expect(findings.all.map(\.code).contains(String(name.prefix(5))))
    #expect(findings.hasErrors == name.hasPrefix("HF004"))
  }

  @Test(
    arguments: ["hostile/gguf", "hostile/pytorch", "hostile/safetensors", "hostile/shards"].flatMap
    { folder in
      Samples.names(in: folder).map { "\(folder)/\($0)" }
    })
  func `what can be read of a hostile sample can be validated`(path: String) throws {
    guard let reading = try? CheckpointReading.read(path: Samples.path(path), isLenient: true),
      let checkpoint = reading.checkpoint
    else { return }
    let (model, findings) = Model.load(checkpoint)
    #expect(findings.all.count + model.validate(includingValues: true).all.count >= 0)
  }
}
