import Synchronization
import TandemBytes
import TandemModels
import TandemTestSupport
import Testing

struct PairValidationTests {
  @Test func `a warning that the author accepts is set aside`() throws {
    let folder = Samples.path("hostile/pairs/PAIR049-roles")
    let text = """
      {"kind": "independent", "primary": {"path": "\(folder)/primary"},
       "secondary": {"path": "\(folder)/secondary"}, "vocabulary": "shared",
       "allow": ["PAIR049", "PAIR008"]}
      """
    let place = try TemporaryFolder()
    let validation = try PairValidation(path: try place.write(Array(text.utf8), to: "PAIR.json"))
    #expect(validation.findings.all == [])
    #expect(validation.accepted.all.map(\.code).sorted() == ["PAIR008", "PAIR008", "PAIR049"])
  }

  @Test func `without digests and values neither is read`() throws {
    let options = PairValidation.Options(includesDigests: false)
    for (name, isFound) in [("PAIR071-another", false), ("PAIR073-projection", true)] {
      let path = Samples.path("hostile/pairs/\(name)/PAIR.json")
      let validation = try PairValidation(path: path, options)
      #expect(validation.findings.hasErrors == isFound)
      #expect(validation.primaryDigest == nil)
    }
  }

  @Test func `progress ends at the bytes that were to be read`() throws {
    let last = Mutex((done: 0, total: 0))
    var options = PairValidation.Options(includesValues: true)
    options.progress = { done, total in
      last.withLock { if done > $0.done { $0 = (done, total) } }
    }
    _ = try PairValidation(path: Samples.path("good/pairs/tandem/PAIR.json"), options)
    let end = last.withLock { $0 }
    #expect(end.done == end.total)
    #expect(end.total > 100_000)
  }

  @Test func `missing files of all members are found at once`() throws {
    let text = """
      {"kind": "independent", "primary": {"path": "a"}, "secondary": {"path": "b"},
       "tokenizer": {"path": "c"}, "vocabulary": "shared"}
      """
    let place = try TemporaryFolder()
    let validation = try PairValidation(path: try place.write(Array(text.utf8), to: "PAIR.json"))
    #expect(
      validation.findings.all.map { "\($0.code) \($0.item ?? "")" } == [
        "PAIR007 primary.path", "PAIR007 secondary.path", "PAIR007 tokenizer.path",
      ])
  }

  @Test func `the tokenizer that both use stands for one that is missing`() throws {
    let folder = Samples.path("hostile/pairs/PAIR050-secondary")
    for tokenizer in ["primary", "primary/tokenizer.json"] {
      let text = """
        {"kind": "independent", "primary": {"path": "\(folder)/primary"},
         "secondary": {"path": "\(folder)/secondary"}, "vocabulary": "shared",
         "tokenizer": {"path": "\(folder)/\(tokenizer)"}, "allow": ["PAIR008"]}
        """
      let place = try TemporaryFolder()
      let validation = try PairValidation(path: try place.write(Array(text.utf8), to: "PAIR.json"))
      #expect(validation.findings.all.map(\.code) == ["TK013"])
      #expect(validation.pair?.tokenizer?.tokenCount == 96)
    }
  }

  @Test func `members of other formats make a pair`() throws {
    let (safetensors, gguf) = ("good/pairs/independent", "good/pairs/independent-gguf")
    let description = PairDescription(
      primary: Samples.path("\(safetensors)/primary"),
      secondary: Samples.path("\(gguf)/secondary.gguf"))
    let validation = PairValidation(description, PairValidation.Options(includesValues: true))
    #expect(validation.findings.all.map(\.description) == [])
  }
}
