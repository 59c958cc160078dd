import TandemBytes
import TandemModels
import TandemTestSupport
import Testing

struct PairDescriptionTests {
  @Test(arguments: DescriptionCase.all)
  func `everything wrong with a description is found at once`(_ example: DescriptionCase) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(example.text.utf8), to: "PAIR.json")
    let (_, findings) = try PairDescription.read(path: path)
    #expect(findings.all.map { "\($0.code) \($0.item ?? "-")" } == example.expected)
  }

  @Test func `a whole description is read`() throws {
    let path = Samples.path("good/pairs/tandem/PAIR.json")
    let (description, findings) = try PairDescription.read(path: path)
    #expect(findings.all.map(\.description) == [])
    let pair = try #require(description)
    #expect(pair.kind == .tandem)
    #expect(pair.primary?.path == "primary")
    #expect(pair.layerMap == PairDescription.LayerMap(ids: [1, 3], convention: .stateAfter))
    #expect(pair.projection?.weight?.name(7) == "projections.7.weight")
    #expect(pair.projection?.bias == Biases.none)
    #expect(pair.router?.threshold == 0.8)
    #expect(pair.router?.sign == .disagreement)
    #expect(pair.blockLength?.maximum == 8)
    #expect(pair.vocabulary == .shared)
    #expect(pair.writesFreeToken == true)
    #expect(pair.path(of: try #require(pair.primary)) == Samples.path("good/pairs/tandem/primary"))
  }

  @Test func `layer ids become the number of layers passed`() {
    func states(_ ids: [Int], _ convention: PairDescription.LayerMap.Convention) -> [Int] {
      PairDescription.LayerMap(ids: ids, convention: convention).states
    }
    #expect(states([0, 8], .stateAfter) == [0, 8])
    #expect(states([0, 7], .outputOf) == [1, 8])
    #expect(states([0, 8], .inputOf) == [0, 8])
  }

  @Test(arguments: ["weight", "{j}.{j}", "{J}", ""])
  func `a name pattern has one place for the number`(_ text: String) {
    #expect(NamePattern(text) == nil)
  }

  @Test(arguments: ["tandem", "independent"])
  func `the page shows a sample as it is`(_ name: String) throws {
    let page = try text(of: Paths.join(Paths.folder(Samples.root), "schemas/pair.md"))
    let sample = try text(of: Samples.path("good/pairs/\(name)/PAIR.json"))
    #expect(page.contains("```json\n\(sample)```"))
  }

  private func text(of path: String) throws -> String {
    let bytes = try contents(of: path)
    return bytes.rawSpan.lossyText
  }

  @Test func `paths make an independent pair, or a primary alone`() {
    let folder = Samples.path("good/pairs/independent")
    let pair = PairDescription(primary: "\(folder)/primary", secondary: "\(folder)/secondary")
    #expect(pair.kind == .independent)
    #expect(PairValidation(pair).findings.all == [])
    let alone = PairDescription(primary: "\(folder)/primary")
    #expect(alone.kind == .standalone)
    #expect(PairValidation(alone).findings.all == [])
  }

  @Test(arguments: [
    ("good/pairs/tandem", ["PAIR016"]),
    ("hostile/pairs/PAIR033-transposed", ["PAIR016", "PAIR033"]),
    ("hostile/pairs/PAIR031-second", ["PAIR016", "PAIR031"]),
  ])
  func `three paths make a tandem whose projections are named by their file`(
    _ name: String, _ codes: [String]
  ) {
    let folder = Samples.path(name)
    let pair = PairDescription(
      primary: "\(folder)/primary", secondary: "\(folder)/secondary",
      projection: "\(folder)/projection.safetensors")
    #expect(pair.kind == .tandem)
    let findings = PairValidation(pair).findings.all
    #expect(findings.map(\.code) == codes)
    #expect(findings[0].message.contains("the weights are 'projections.{j}.weight'"))
  }

  @Test func `a broken document hides neither the layer map nor the tensors`() throws {
    let folder = try TemporaryFolder()
    let good = Samples.path("good/pairs/tandem")
    for name in try Paths.names(in: "\(good)/primary") {
      let bytes = try contents(of: "\(good)/primary/\(name)")
      try folder.write(name == "tokenizer_config.json" ? Array("{".utf8) : bytes, to: name)
    }
    var text = try text(of: "\(good)/PAIR.json")
    text.replace("\"path\": \"primary\"", with: "\"path\": \"\(folder.path)\"")
    text.replace("    3\n  ],", with: "    9\n  ],")
    for name in ["secondary", "projection.safetensors", "router.safetensors"] {
      text.replace("\"path\": \"\(name)\"", with: "\"path\": \"\(good)/\(name)\"")
    }
    let path = try folder.write(Array(text.utf8), to: "PAIR.json")
    let codes = try PairValidation(path: path).findings.all.filter { $0.severity == .error }
      .map(\.code)
    #expect(codes == ["HF002", "PAIR022"])
  }

  @Test func `an absolute path is a warning`() throws {
    let folder = try TemporaryFolder()
    let primary = Samples.path("good/pairs/tandem/primary")
    let text = #"{"kind": "standalone", "primary": {"path": "\#(primary)"}}"#
    let path = try folder.write(Array(text.utf8), to: "PAIR.json")
    let findings = try PairValidation(path: path).findings.all
    #expect(findings.map(\.code) == ["PAIR008"])
  }

  @Test func `a description over a mebibyte is not read`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([UInt8](repeating: 0x20, count: 1 << 20 + 1), to: "PAIR.json")
    let (description, findings) = try PairDescription.read(path: path)
    #expect(description == nil)
    #expect(
      findings.all.map(\.message) == [
        "the file has 1048577 bytes; at most 1048576 are allowed"
      ])
  }
}

/// A text, and the codes and keys of what is wrong with it.
struct DescriptionCase: CustomTestStringConvertible {
  let testDescription: String
  let text: String
  let expected: [String]

  init(_ testDescription: String, _ text: String, _ expected: String...) {
    self.testDescription = testDescription
    self.text = text
    self.expected = expected
  }

  static let all = [
    DescriptionCase(
      "unknown, wrong and missing keys together",
      #"{"kind": "independent", "primary": {"path": ""}, "vocabulary": 1, "layer_map": [], "x": 0}"#,
      "PAIR004 primary.path", "PAIR005 secondary", "PAIR004 vocabulary", "PAIR006 layer_map",
      "PAIR003 x"),
    DescriptionCase(
      "a router with nothing right",
      #"""
      {"kind": "independent", "primary": {"path": "a"}, "secondary": {"path": "b"},
       "vocabulary": "shared",
       "router": {"path": 1, "weight": "w", "activation": null, "top_k": -1, "threshold": 1.01,
                  "sign": true, "k": 1}}
      """#,
      "PAIR004 router.path", "PAIR004 router.weight", "PAIR005 router.bias",
      "PAIR004 router.activation", "PAIR004 router.top_k", "PAIR004 router.threshold",
      "PAIR004 router.sign", "PAIR003 router.k"),
    DescriptionCase(
      "a member in a member",
      #"{"kind": "standalone", "primary": {"path": "a", "derived_from": {"transform": 1, "by": 2}}}"#,
      "PAIR005 primary.derived_from.digest", "PAIR004 primary.derived_from.transform",
      "PAIR003 primary.derived_from.by"),
    DescriptionCase(
      "a key twice, and once more",
      #"{"kind": "standalone", "primary": {"path": "a", "path": "b"}, "kind": "standalone", "kind": 1}"#,
      "PAIR002 primary.path", "PAIR002 kind", "PAIR002 kind", "PAIR004 kind"),
    DescriptionCase(
      "null is no value",
      #"{"kind": "standalone", "primary": {"path": "a"}, "tokenizer": null, "allow": null}"#,
      "PAIR004 tokenizer", "PAIR004 allow"),
    DescriptionCase(
      "keys that differ in case are other keys",
      #"{"kind": "standalone", "primary": {"path": "a"}, "Kind": 1, "primary ": {}}"#,
      "PAIR003 Kind", "PAIR003 primary "),
    DescriptionCase(
      "what can be accepted",
      #"{"kind": "standalone", "primary": {"path": "a"}, "allow": ["PAIR049", "PAIR036", "ST001", "pair049"]}"#,
      "PAIR009 allow", "PAIR009 allow", "PAIR009 allow"),
    DescriptionCase("a list", "[]", "PAIR004 -"),
    DescriptionCase("a number", "1", "PAIR004 -"),
    DescriptionCase("nothing", "", "PAIR001 -"),
    DescriptionCase(
      "too deep", String(repeating: #"{"a":"#, count: 65) + "1" + String(repeating: "}", count: 65),
      "PAIR001 -"),
    DescriptionCase("no kind", #"{"primary": {"path": "a"}}"#, "PAIR005 kind"),
  ]
}
