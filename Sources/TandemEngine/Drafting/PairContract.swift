import TandemBundles
import TandemBytes
import TandemModels
import TandemTensors

/// What a bundle records on how its secondary works with its primary (`schemas/bundle.md`,
/// section 8): everything that an engine must know, none of it guessed.
struct PairContract {
  let primary: BundleMember
  let secondary: BundleMember
  /// What the secondary reads of the primary; nil if it drafts by itself.
  let reading: Reading?
  let trainedBlockLength: Int?
  let defaultBlockLength: Int?
  let maximumBlockLength: Int?
  let acceptance: Acceptance?
  /// Which tokens the secondary drafts; nil if ids are shared.
  let draftMap: DraftMap?

  /// A tensor with an entry for each row of the secondary's head.
  struct DraftMap {
    let tensor: String
    /// Whether entries are to be added to their number.
    let isOffset: Bool
  }

  /// How the secondary of a tandem reads the primary's states.
  struct Reading {
    /// For each layer j of the secondary the state l(j): 0 is the embedding.
    let layerMap: [Int]
    let isBehindFinalNorm: Bool
    let normsProjected: Bool
    let boundary: PairDescription.Boundary
    let writesFreeToken: Bool
  }

  /// - Returns: nil if the bundle holds no pair.
  /// - Throws: ``Finding`` if a field is missing or has another form than it needs.
  init?(_ bundle: TandemBundle) throws(Finding) {
    let kinds = PairDescription.Kind.allCases.map(\.rawValue)
    guard let relation = bundle.relations.first(where: { kinds.contains($0.kind) }) else {
      return nil
    }
    let fields = RelationFields(relation, in: bundle.file.path)
    primary = bundle.members[relation.to]
    secondary = bundle.members[relation.from]
    reading = relation.kind == PairDescription.Kind.tandem.rawValue ? try Reading(fields) : nil
    trainedBlockLength = try fields.optionalCount("block_length.trained")
    defaultBlockLength = try fields.optionalCount("block_length.default")
    maximumBlockLength = try fields.optionalCount("block_length.maximum")
    acceptance = try fields.optionalChoice("acceptance")
    draftMap =
      try fields.text("vocabulary") == "mapped"
      ? DraftMap(
        tensor: try fields.text("vocabulary.tensor"),
        isOffset: try fields.choice("vocabulary.convention")
          == PairDescription.DraftMapConvention.offset) : nil
  }
}

extension PairContract {
  /// The map of a secondary's tokens; nil for any other member, or if ids are shared.
  ///
  /// - Throws: ``Finding`` as `init` does.
  static func draftMap(
    ofSecondary member: BundleMember, in bundle: TandemBundle
  ) throws(Finding) -> DraftMap? {
    // A primary that runs alone asks nothing of the pair.
    guard bundle.relations.contains(where: { $0.from == member.index }),
      let contract = try PairContract(bundle), contract.secondary.index == member.index
    else { return nil }
    return contract.draftMap
  }
}

extension PairContract.Reading {
  fileprivate init(_ fields: RelationFields) throws(Finding) {
    layerMap = try fields.counts("layer_map")
    isBehindFinalNorm = try fields.truth("final_norm")
    normsProjected = try fields.truth("projected_norm")
    boundary = try fields.choice("boundary")
    writesFreeToken = try fields.truth("free_token")
  }
}
