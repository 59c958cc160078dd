public import TandemBundles
public import TandemBytes
import TandemCheckpoints
import TandemModels

/// Makes a bundle of what a path leads to: validates everything, plans, and writes.
public struct Packer: Sendable {
  /// What was found on the members and between them; with an error among them nothing is packed.
  public let findings: Findings
  /// What goes into the bundle; nil if a finding is an error.
  public let plan: BundlePlan?

  /// Validates and plans.
  ///
  /// - Throws: ``FileError`` if an input cannot be opened.
  /// - Complexity: O(tensors + tokens + bytes of documents); of the tensors, only those that look alike are read.
  public init(path: String, isLenient: Bool) throws(FileError) {
    var findings = Findings()
    var members: [PackMember] = []
    switch try Input(path, isLenient: isLenient) {
    case .bundle, .damagedBundle:
      throw FileError(path, "pack", reason: "it is a bundle already")
    case .pair: break
    case .checkpoint(let reading):
      findings.add(contentsOf: reading.findings)
      if let checkpoint = reading.checkpoint {
        let (model, found) = Model.load(checkpoint)
        findings.add(contentsOf: found)
        findings.add(contentsOf: model.validate(includingValues: false))
        members = [PackMember(.primary, model)]
      }
    }
    self.init(members, relations: [], findings)
  }

  private init(
    _ members: [PackMember], relations: [BundlePlan.Relation], _ findings: Findings
  ) {
    self.findings = findings
    plan = findings.hasErrors ? nil : PackPlanner.plan(members, relations: relations)
  }
}
