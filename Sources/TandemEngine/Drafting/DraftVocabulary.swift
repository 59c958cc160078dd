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
  /// - Throws: ``Finding`` if the tensor is missing, has not one entry for each row, or leads beyond
  ///   the ids or twice to one.
  init(
    _ name: String, isOffset: Bool, _ bundle: TandemBundle, _ member: BundleMember, rowCount: Int,
    idCount: Int
  ) throws(Finding) {
    func broken(_ message: String) -> Finding {
      Finding(PairRunRule.draftMap, in: bundle.file.path, item: name, message)
    }
    guard let index = bundle.tensorIndex(name, of: member) else {
      throw broken("the secondary has no such tensor")
    }
    let tensor = bundle.tensor(at: index)
    guard tensor.shape.dimensions == [rowCount], tensor.type == .i64 || tensor.type == .i32 else {
      throw broken(
        "is \(tensor.type.name) of the shape \(tensor.shape); a list of \(rowCount) I64 or I32 is "
          + "needed")
    }
    var ids: [Int] = []
    var rows: [Int: Int] = [:]
    for row in 0..<rowCount {
      let entry =
        tensor.type == .i64
        ? Int(tensor.bytes.littleEndian(Int64.self, at: 8 * row))
        : Int(tensor.bytes.littleEndian(Int32.self, at: 4 * row))
      let (id, overflow) = entry.addingReportingOverflow(isOffset ? row : 0)
      guard !overflow, 0..<idCount ~= id, rows.updateValue(row, forKey: id) == nil else {
        throw broken(
          "entry \(row) is \(entry), which leads beyond the \(idCount) tokens or to one a second "
            + "time")
      }
      ids.append(id)
    }
    self.rowCount = rowCount
    self.ids = ids
    self.rows = rows
  }

  /// The primary's id that a row of the head stands for.
  func id(ofRow row: Int) -> Int { ids?[row] ?? row }

  /// The rows of the tokens that can be drafted at all.
  func rows(of ids: ArraySlice<Int>) -> [Int] {
    self.ids == nil ? ids.filter { $0 < rowCount } : ids.compactMap { rows[$0] }
  }
}
