import TandemBundles
import TandemBytes
import TandemTensors

/// The tokens that a secondary can draft: which token each row of its head stands for.
struct DraftVocabulary: Sendable {
  /// The rows of the head that stand for tokens of both models; the rest is padding.
  let rowCount: Int
  /// For each row the primary's id; nil if rows are ids.
  private let ids: [Int]?
  /// For each id the row, where rows are not ids.
  private let rows: [Int: Int]

  /// Rows that are ids, as far as both models have them.
  init(sharedRowCount: Int) {
    rowCount = sharedRowCount
    ids = nil
    rows = [:]
  }

  /// Rows that a tensor of the secondary maps to ids.
  ///
  /// - Throws: ``Finding`` as `draftedIDs` does, and if there is not one entry for each row.
  init(
    _ map: PairContract.DraftMap, _ bundle: TandemBundle, _ member: BundleMember, rowCount: Int,
    idCount: Int
  ) throws(Finding) {
    let ids = try bundle.draftedIDs(map, of: member, idCount: idCount)
    guard ids.count == rowCount else {
      throw Finding(
        PairRunRule.draftMap, in: bundle.file.path, item: map.tensor,
        "has \(ids.count) entries; the secondary's head has \(rowCount) rows")
    }
    self.rowCount = rowCount
    self.ids = ids
    rows = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
  }

  /// The primary's id that a row of the head stands for.
  func id(ofRow row: Int) -> Int { ids?[row] ?? row }

  /// The rows of the tokens that can be drafted at all.
  func rows(of ids: ArraySlice<Int>) -> [Int] {
    self.ids == nil ? ids.filter { $0 < rowCount } : ids.compactMap { rows[$0] }
  }
}

extension TandemBundle {
  /// The primary's id of each row of a secondary's head, as a tensor of it maps them.
  ///
  /// - Throws: ``Finding`` if the tensor is missing or no list, or leads beyond the ids or twice to
  ///   one.
  func draftedIDs(
    _ map: PairContract.DraftMap, of member: BundleMember, idCount: Int
  ) throws(Finding) -> [Int] {
    func broken(_ message: String) -> Finding {
      Finding(PairRunRule.draftMap, in: file.path, item: map.tensor, message)
    }
    guard let index = tensorIndex(map.tensor, of: member) else {
      throw broken("the secondary has no such tensor")
    }
    let tensor = tensor(at: index)
    guard tensor.shape.rank == 1, tensor.shape.dimensions[0] > 0,
      tensor.type == .i64 || tensor.type == .i32
    else {
      throw broken(
        "is \(tensor.type.name) of the shape \(tensor.shape); a list of I64 or I32, not empty, is "
          + "needed")
    }
    var ids: [Int] = []
    var known: Set<Int> = []
    for row in 0..<tensor.shape.dimensions[0] {
      let entry =
        tensor.type == .i64
        ? Int(tensor.bytes.littleEndian(Int64.self, at: 8 * row))
        : Int(tensor.bytes.littleEndian(Int32.self, at: 4 * row))
      let (id, overflow) = entry.addingReportingOverflow(map.isOffset ? row : 0)
      guard !overflow, 0..<idCount ~= id, known.insert(id).inserted else {
        throw broken(
          "entry \(row) is \(entry), which leads beyond the \(idCount) tokens or to one a second "
            + "time")
      }
      ids.append(id)
    }
    return ids
  }
}
