import TandemBytes
import TandemCheckpoints

/// The severities of all rules that a pair can be checked by.
enum RuleTable {
  static let severities: [String: Severity] =
    table(PairRule.self)
    .merging(table(ModelRule.self)) { $1 }
    .merging(table(TokenizerRule.self)) { $1 }
    .merging(table(ValueRule.self)) { $1 }
    .merging(table(FileRule.self)) { $1 }
    .merging(table(FolderRule.self)) { $1 }
    .merging(table(ShardIndexRule.self)) { $1 }
    .merging(table(SafetensorsRule.self)) { $1 }
    .merging(table(GGUFRule.self)) { $1 }
    .merging(table(NumPyRule.self)) { $1 }
    .merging(table(NPZRule.self)) { $1 }
    .merging(table(ONNXRule.self)) { $1 }

  private static func table<R: Rule>(_: R.Type) -> [String: Severity] {
    Dictionary(uniqueKeysWithValues: R.allCases.map { ($0.rawValue, $0.severity) })
  }
}
