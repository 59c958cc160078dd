public import TandemBytes
import TandemCheckpoints
public import TandemTensors

/// What a secondary may lack, or have beside, for how it works with its primary; by itself it would
/// be an incomplete model.
public struct SecondaryAllowance: Sendable {
  /// The tensor that maps its tokens to the primary's; nil if ids are shared.
  private let mapName: String?
  private let isBorrowing: Bool

  init(mapName: String?, isBorrowing: Bool) {
    self.mapName = mapName
    self.isBorrowing = isBorrowing
  }

  /// Takes the fields of a bundle's relation.
  public init(fields: [String: FieldValue]) {
    if case .string(let name)? = fields["vocabulary.tensor"] {
      mapName = name
    } else {
      mapName = nil
    }
    isBorrowing = PairDescription.EmbeddingSource(fields: fields) == .primary
  }

  /// Whether a finding on the secondary says only that.
  public func excuses(_ finding: Finding, on secondary: Model) -> Bool {
    guard let item = finding.item else { return false }
    switch finding.code {
    case ModelRule.missingTensor.rawValue:
      return isBorrowing && item == secondary.tensorMap?.name(of: .tokenEmbedding)
    case ModelRule.unexpectedTensor.rawValue:
      return mapName != nil && (item == mapName || item == DraftMapCheck.maskName)
    case ModelRule.missingRows.rawValue:
      return mapName != nil && item == secondary.tensorMap?.name(of: .head)
    default: return false
    }
  }
}
