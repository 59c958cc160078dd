public import TandemBundles
public import TandemBytes
import TandemCheckpoints
public import TandemModels

/// Makes a bundle of a checkpoint or a pair: validates everything, then plans.
public struct Packer: Sendable {
  /// What was found on the members and between them; with an error among them nothing is packed.
  public let findings: Findings
  /// The warnings that the description of a pair accepts.
  public let accepted: Findings
  /// What goes into the bundle; nil if a finding is an error.
  public let plan: BundlePlan?

  /// Validates and plans what a path leads to.
  ///
  /// - Throws: ``FileError`` if an input cannot be opened, or is a bundle already.
  /// - Complexity: O(tensors + tokens + bytes of documents); of the tensors, only those that look
  ///   alike are read, and the primary's to compare its digest with the one that a pair was made
  ///   for.
  public init(
    path: String, isLenient: Bool, progress: Validation.Progress? = nil
  ) throws(FileError) {
    switch try Input(path, isLenient: isLenient) {
    case .bundle, .damagedBundle:
      throw FileError(path, "pack", reason: "it is a bundle already")
    case .pair:
      let options = PairValidation.Options(isLenient: isLenient, progress: progress)
      self.init(try PairValidation(path: path, options))
    case .checkpoint(let reading):
      var findings = reading.checkpoint?.checksumFindings() ?? Findings()
      let materialised = reading.materialised()
      findings.add(contentsOf: materialised.findings)
      self.init(materialised.checkpoint, findings)
    }
  }

  /// Validates and plans a pair that is described otherwise than by a file.
  public init(
    _ description: PairDescription, isLenient: Bool, progress: Validation.Progress? = nil
  ) {
    let options = PairValidation.Options(isLenient: isLenient, progress: progress)
    self.init(PairValidation(description, options))
  }

  private init(_ checkpoint: Checkpoint?, _ reading: Findings) {
    var findings = reading
    var members: [PackMember] = []
    if let checkpoint {
      let (model, found) = Model.load(checkpoint)
      findings.add(contentsOf: found)
      findings.add(contentsOf: model.validate(includingValues: false))
      members = [PackMember(.primary, model)]
    }
    accepted = Findings()
    guard !findings.hasErrors else {
      self.findings = findings
      plan = nil
      return
    }
    (plan, self.findings) = Self.plan(members, [], findings)
  }

  /// Plans, and checks that a bundle can hold what was planned.
  private static func plan(
    _ members: [PackMember], _ relations: [BundlePlan.Relation], _ findings: Findings
  ) -> (BundlePlan?, Findings) {
    var findings = findings
    let plan = PackPlanner.plan(members, relations: relations)
    let source = members.first?.checkpoint.path ?? ""
    findings.add(contentsOf: plan.limitFindings(in: source))
    return (findings.hasErrors ? nil : plan, findings)
  }

  private init(_ validation: PairValidation) {
    accepted = validation.accepted
    guard !validation.findings.hasErrors, let pair = validation.pair else {
      findings = validation.findings
      plan = nil
      return
    }
    let members = PackMember.members(of: pair)
    let relations = pair.relations(between: members, primaryDigest: validation.primaryDigest)
    (plan, findings) = Self.plan(members, relations, validation.findings)
  }
}
