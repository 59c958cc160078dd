import TandemTensors
import TandemBytes
import TandemModels
import TandemTensors
import TandemTestSupport
import Testing

struct PairRelationTests {
  private static let digest = "3e09ce4e3d12fe7a09625e32e1d378472d296af907e5ad8ff21d9854c006a4f1"

  private func relations(_ name: String) throws -> [PairRelation] {
    let validation = try PairValidation(path: Samples.path("good/pairs/\(name)/PAIR.json"))
    let pair = try #require(validation.pair)
    return pair.relations(primaryDigest: validation.primaryDigest)
  }

  @Test func `a tandem's relations hold all that an engine must know`() throws {
    let relations = try relations("tandem")
    #expect(
      relations == [
        PairRelation(
          kind: "tandem", from: .secondary, to: .primary,
          fields: [
            "acceptance": .string("greedy"), "block_length.default": .unsigned(3),
            "block_length.maximum": .unsigned(8), "block_length.trained": .unsigned(2),
            "boundary": .string("block"), "context": .unsigned(128), "final_norm": .bool(true),
            "free_token": .bool(true), "layer_map": .list([1, 3]),
            "made_for.primary": .string(Self.digest), "projected_norm": .bool(true),
            "projection_bias": .bool(false), "vocabulary": .string("shared"),
          ]),
        PairRelation(
          kind: "projection", from: .projection, to: .primary,
          fields: ["weight": .string("projections.{j}.weight")]),
        PairRelation(
          kind: "router", from: .router, to: .secondary,
          fields: [
            "activation": .string("relu"), "bias": .string("layers.{j}.bias"),
            "sign": .string("disagreement"), "threshold": .float(0.8), "top_k": .unsigned(4),
            "weight": .string("layers.{j}.weight"),
          ]),
      ])
  }

  @Test func `layers told by their outputs are stored as states`() throws {
    let relations = try relations("tandem-biases")
    #expect(relations[0].fields["layer_map"] == .list([1, 3]))
    #expect(relations[0].fields["projection_bias"] == .bool(true))
    #expect(relations[1].fields["bias"] == .string("projections.{j}.bias"))
    #expect(relations.count == 2)
  }

  @Test func `an independent pair records what its description says, and no more`() throws {
    #expect(
      try relations("independent") == [
        PairRelation(
          kind: "independent", from: .secondary, to: .primary,
          fields: [
            "acceptance": .string("residual"), "block_length.default": .unsigned(4),
            "block_length.maximum": .unsigned(16), "context": .unsigned(128),
            "made_for.primary": .string(Self.digest), "vocabulary": .string("shared"),
          ])
      ])
  }

  @Test func `a mapped vocabulary names its tensor`() throws {
    let fields = try relations("independent-mapped")[0].fields
    #expect(fields["vocabulary"] == .string("mapped"))
    #expect(fields["vocabulary.tensor"] == .string("d2t"))
    #expect(fields["vocabulary.convention"] == .string("offset"))
  }

  @Test func `where the embedding is borrowed is recorded, and nothing where it is not`() throws {
    #expect(try relations("tandem-borrowing")[0].fields["embedding"] == .string("primary"))
    #expect(try relations("independent-mapped")[0].fields["embedding"] == nil)
  }

  @Test func `a primary alone has no relation`() throws {
    #expect(try relations("standalone") == [])
  }

  @Test func `a member says what it was made of`() throws {
    let (description, _) = try PairDescription.read(
      path: Samples.path("hostile/pairs/PAIR072-quantised/PAIR.json"))
    let pair = try #require(description)
    #expect(
      pair.derivationFields(of: .primary) == [
        "derived.digest": .string(String(repeating: "0", count: 63) + "1"),
        "derived.transform": .string("gguf q8_0"),
      ])
    #expect(pair.derivationFields(of: .secondary) == [:])
  }
}
