import TandemBundles
import TandemBytes
import Testing

@testable import TandemEngine

/// The sample's 64 rows stand for the tokens 0 to 31 and 64 to 95 of 96.
@Suite struct `A draft map` {
  @Test func `leads from rows to tokens and back`() throws {
    let vocabulary = try Case().vocabulary()
    #expect((0..<64).map(vocabulary.id(ofRow:)) == Array(0..<32) + Array(64..<96))
    #expect(vocabulary.rows(of: [0, 33, 64, 95]) == [0, 32, 63])
  }

  @Test(arguments: Case.broken)
  func `that leads nowhere is refused in one sentence`(example: Case) throws {
    let finding = #expect(throws: Finding.self) { try example.vocabulary() }
    #expect(finding?.code == "EP006")
    #expect(finding?.item == example.tensor)
    #expect(finding?.message == example.message)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var tensor = "d2t"
    var isOffset = true
    var rowCount = 64
    var idCount = 96
    var message = ""
    var testDescription: String { message }

    static let broken = [
      Case(tensor: "t2d", message: "the secondary has no such tensor"),
      Case(
        tensor: "lm_head.weight",
        message: "is BF16 of the shape [64, 16]; a list of I64 or I32, not empty, is needed"),
      Case(rowCount: 63, message: "has 64 entries; the secondary's head has 63 rows"),
      Case(
        idCount: 95,
        message: "entry 63 is 32, which leads beyond the 95 tokens or to one a second time"),
      Case(
        isOffset: false,
        message: "entry 1 is 0, which leads beyond the 96 tokens or to one a second time"),
    ]

    func vocabulary() throws -> DraftVocabulary {
      let bundle = try SamplePair("independent-mapped").bundle
      return try DraftVocabulary(
        PairContract.DraftMap(tensor: tensor, isOffset: isOffset), bundle, bundle.members[1],
        rowCount: rowCount, idCount: idCount)
    }
  }
}
