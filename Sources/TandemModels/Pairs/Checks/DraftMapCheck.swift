import TandemBytes
import TandemCheckpoints
import TandemTensors

/// Looks at the tensor that maps the secondary's own token ids to the primary's.
///
/// The secondary reads the primary's ids; only its head has fewer rows, and the map says which
/// tokens they are.
struct DraftMapCheck {
  /// The map's usual names, which tell that there is one although the description names none.
  private static let usualNames = ["d2t", "draft_id_to_target_id"]
  /// A mask over the primary's ids that says the same once more.
  static let maskName = "t2d"

  private let primary: Model
  private let secondary: Model
  /// The name of the map, of one that is not announced too; nil if there is none.
  let mapName: String?
  private(set) var findings = Findings()

  init(_ description: PairDescription, primary: Model, secondary: Model) {
    self.primary = primary
    self.secondary = secondary
    let tensors = secondary.checkpoint.tensors
    guard case .mapped(let name, let convention) = description.vocabulary else {
      let map = tensors.first { Self.usualNames.contains($0.name) }
      mapName = map?.name
      if let map { reportUnnamed(map) }
      return
    }
    mapName = name
    guard let map = tensors.first(where: { $0.name == name }) else {
      findings.add(
        description.finding(
          .draftMap, "vocabulary.draft_to_target", "the secondary has no tensor '\(name)'"))
      return
    }
    if let values = values(map) { check(values, convention, map) }
  }

  private mutating func reportUnnamed(_ map: TensorDescriptor) {
    add(
      .draftMap, map,
      "the secondary has a map of its tokens, and PAIR.json says that they are shared",
      remedy: "name the tensor in vocabulary.draft_to_target")
  }

  /// The map's numbers, nil if it is no list of integers.
  private mutating func values(_ map: TensorDescriptor) -> [Int]? {
    guard map.shape.rank == 1, map.elementCount > 0, map.type == .i64 || map.type == .i32 else {
      add(
        .draftMap, map,
        "the map is \(map.type.name) of the shape \(map.shape); a list of I64 or I32, not empty, is needed"
      )
      return nil
    }
    if let rows = headRowCount, rows != map.elementCount {
      add(
        .draftMap, map,
        "the map has \(map.elementCount) entries; one for each of the \(rows) rows of the secondary's head is needed"
      )
    }
    let file = secondary.checkpoint.files[map.fileIndex].file
    let bytes = file.bytes.extracting(map.byteRange)
    return (0..<map.elementCount).map { index in
      map.type == .i64
        ? Int(bytes.littleEndian(Int64.self, at: 8 * index))
        : Int(bytes.littleEndian(Int32.self, at: 4 * index))
    }
  }

  /// The rows of a head of the secondary's own; of a tied one those are taken that the map names.
  private var headRowCount: Int? { rowCount(of: .head) }

  private func rowCount(of role: TensorRole) -> Int? {
    guard let name = secondary.tensorMap?.name(of: role) else { return nil }
    let tensor = secondary.checkpoint.tensors.first { $0.name == name }
    // Rows come first in both conventions.
    return tensor?.shape.dimensions.first
  }

  private mutating func check(
    _ values: [Int], _ convention: PairDescription.DraftMapConvention, _ map: TensorDescriptor
  ) {
    guard let known = primary.vocabulary?.tokenCount ?? primary.configuration?.vocabularySize else {
      return
    }
    // What is drafted is read next, through an embedding of the secondary's own if it has one.
    let count = min(known, rowCount(of: .tokenEmbedding) ?? known)
    let draftMap = DraftMap(values, convention)
    switch draftMap.flaw(tokenCount: count) {
    case nil:
      let written = Set(draftMap.targets.compactMap(\.self))
      checkEnds(written, map)
      checkMask(written)
    case .some where DraftMap(values, convention.other).flaw(tokenCount: count) == nil:
      add(
        .draftMapConvention, map,
        "the numbers are no \(convention.plural), but would be right as \(convention.other.plural)",
        remedy: "write '\(convention.other.rawValue)' in vocabulary.convention")
    case .outOfRange(let entry, let target):
      add(
        .draftMapRange, map,
        "entry \(entry) leads to id \(target.map(String.init) ?? "beyond every integer"); "
          + (count < known
            ? "the secondary's embedding has the rows 0 to \(count - 1)"
            : "the primary's tokens have the ids 0 to \(count - 1)"))
    case .repeated(let entry, let first, let target):
      add(
        .draftMapRepeats, map,
        "the entries \(first) and \(entry) both lead to id \(target); each needs one of its own")
    }
  }

  private mutating func checkEnds(_ written: Set<Int>, _ map: TensorDescriptor) {
    let ends = primary.vocabulary?.eosTokenIDs ?? primary.configuration?.eosTokenIDs ?? []
    guard !ends.isEmpty, written.isDisjoint(with: ends) else { return }
    add(
      .draftMapEnds, map,
      "no entry leads to a token that ends a text: \(ends.map(String.init).enumeration)",
      remedy: "the secondary can never draft the end")
  }

  private mutating func checkMask(_ written: Set<Int>) {
    guard let mask = secondary.checkpoint.tensors.first(where: { $0.name == Self.maskName }),
      mask.type == .bool || mask.type == .u8
    else { return }
    let file = secondary.checkpoint.files[mask.fileIndex].file
    let bytes = file.bytes.extracting(mask.byteRange)
    let masked = Set((0..<mask.byteCount).filter { bytes.byte(at: $0) != 0 })
    guard let id = masked.symmetricDifference(written).min() else { return }
    add(
      .draftMapMask, mask,
      masked.contains(id)
        ? "the mask has id \(id), which no entry of the map leads to"
        : "the mask lacks id \(id), which an entry of the map leads to",
      remedy: "one of the two is that of another draft")
  }

  private mutating func add(
    _ rule: PairRule, _ tensor: TensorDescriptor, _ message: String, remedy: String? = nil
  ) {
    findings.add(
      Finding(
        rule, in: secondary.checkpoint.files[tensor.fileIndex].file.path, item: tensor.name,
        at: tensor.byteRange.lowerBound, message, remedy: remedy))
  }
}
