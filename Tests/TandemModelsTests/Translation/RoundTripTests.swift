import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct RoundTripTests {
  static let families = [
    "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2", "bert",
  ]

  @Test(arguments: families)
  func `a folder comes back from GGUF with its tensors, configuration and tokens`(
    family: String
  ) throws {
    let original = try Samples.model("good/huggingface/tiny-\(family)").model
    let type = try #require(original.checkpoint.tensors.first { $0.type != .i64 }?.type)
    let there = try TemporaryFolder()
    let file = try TranslatedFile(original, to: .gguf, as: type).read(in: there)
    #expect(!file.findings.hasErrors, "\(file.findings.all)")
    let back = try TemporaryFolder()
    let folder = try TranslatedFile(file.model, to: .huggingFace, as: type).read(in: back)
    #expect(!folder.findings.hasErrors, "\(folder.findings.all)")
    #expect(folder.model.contents == original.contents)
    #expect(folder.model.fields == original.fields)
    #expect(folder.model.texts == original.texts)
    let (new, old) = try (
      #require(folder.model.vocabulary), #require(original.vocabulary)
    )
    #expect(new.merges == old.merges)
    #expect(new.addedTokens == old.addedTokens)
    #expect(new.chatTemplate == old.chatTemplate)
    #expect(new.addsBOS == old.addsBOS && new.addsEOS == old.addsEOS)
    #expect(new.bosTokenID == old.bosTokenID && new.eosTokenIDs == old.eosTokenIDs)
    #expect(new.maskTokenID == old.maskTokenID && new.unknownTokenID == old.unknownTokenID)
  }

  @Test(arguments: families)
  func `a GGUF file comes back from a folder bit for bit`(family: String) throws {
    let original = try Samples.model("good/huggingface/tiny-\(family)").model
    let (one, two, three) = try (TemporaryFolder(), TemporaryFolder(), TemporaryFolder())
    let first = try TranslatedFile(original, to: .gguf, as: .f32).read(in: one).model
    let folder = try TranslatedFile(first, to: .huggingFace, as: .f32).read(in: two).model
    let second = try TranslatedFile(folder, to: .gguf, as: .f32, name: "tiny-\(family)")
      .read(in: three).model
    #expect(first.checkpoint.fileBytes == second.checkpoint.fileBytes)
  }
}
