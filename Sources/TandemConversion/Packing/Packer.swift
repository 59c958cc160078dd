import Synchronization
public import TandemBundles
public import TandemBytes
import TandemCheckpoints
public import TandemModels
import TandemTensors

/// Makes a bundle of a checkpoint or a pair: validates everything, then plans.
public struct Packer: Sendable {
  /// What was found on the members and between them; with an error among them nothing is packed.
  public let findings: Findings
  /// Those on what is packed, as validating gives them.
  public let inputFindings: Findings
  /// Those on the types that members get.
  public let conversionFindings: Findings
  /// The warnings that the description of a pair accepts.
  public let accepted: Findings
  /// What goes into the bundle; nil if a finding is an error.
  public let plan: BundlePlan?

  /// The tensors that get other types.
  private let recoded: [RecodedTensors]

  /// How a model or a pair is packed.
  public struct Options: Sendable {
    /// What becomes of members' types, by their roles.
    public var transforms: [MemberRole: MemberTransform] = [:]
    /// As for ``CheckpointReading/read(path:isLenient:)``.
    public var isLenient = false
    public var progress: Validation.Progress?

    public init() {}
  }

  /// Validates and plans what a path leads to.
  ///
  /// - Throws: ``FileError`` if an input cannot be opened, or is a bundle already.
  /// - Complexity: O(tensors + tokens + bytes of documents); of the tensors, only those that look
  ///   alike are read, the primary's to compare its digest with the one that a pair was made for,
  ///   and those of members that get other types, for the digest of what they were made from.
  public init(path: String, _ options: Options) throws(FileError) {
    switch try Input(path, isLenient: options.isLenient) {
    case .bundle, .damagedBundle:
      throw FileError(path, "pack", reason: "it is a bundle already")
    case .pair:
      self.init(try PairValidation(path: path, options.ofPair), options)
    case .checkpoint(let reading):
      var findings = reading.checkpoint?.checksumFindings() ?? Findings()
      let materialised = reading.materialised()
      findings.add(contentsOf: materialised.findings)
      self.init(materialised, findings, options)
    }
  }

  /// Validates and plans a pair that is described otherwise than by a file.
  public init(_ description: PairDescription, _ options: Options) {
    self.init(PairValidation(description, options.ofPair), options)
  }

  /// - Parameter findings: Those of the reading, and on checksums.
  private init(_ reading: CheckpointReading, _ findings: Findings, _ options: Options) {
    var findings = findings
    var members: [PackMember] = []
    if let checkpoint = reading.examinable {
      let (model, found) = Model.load(checkpoint)
      findings.add(contentsOf: reading.withoutRepetitions(found))
      findings.add(contentsOf: model.validate(includingValues: false))
      members = [PackMember(.primary, model)]
    }
    self.init(members, [], findings, Findings(), primaryDigest: nil, options)
  }

  private init(_ validation: PairValidation, _ options: Options) {
    var members: [PackMember] = []
    var relations: [BundlePlan.Relation] = []
    if !validation.findings.hasErrors, let pair = validation.pair {
      members = PackMember.members(of: pair)
      relations = pair.relations(between: members, primaryDigest: validation.primaryDigest)
    }
    self.init(
      members, relations, validation.findings, validation.accepted,
      primaryDigest: validation.primaryDigest, options)
  }

  /// Changes types, plans, and checks that a bundle can hold what was planned.
  private init(
    _ members: [PackMember], _ relations: [BundlePlan.Relation], _ findings: Findings,
    _ accepted: Findings, primaryDigest: Digest?, _ options: Options
  ) {
    self.accepted = accepted
    inputFindings = findings
    var members = members
    var findings = findings
    var ofTypes = Findings()
    if !findings.hasErrors {
      options.apply(to: &members, primaryDigest: primaryDigest, &ofTypes)
    }
    conversionFindings = ofTypes
    findings.add(contentsOf: ofTypes)
    recoded = members.compactMap(\.recoded)
    guard !findings.hasErrors else {
      self.findings = findings
      plan = nil
      return
    }
    let plan = PackPlanner.plan(members, relations: relations)
    findings.add(contentsOf: plan.limitFindings(in: members.first?.checkpoint.path ?? ""))
    self.findings = findings
    self.plan = findings.hasErrors ? nil : plan
  }

  /// What the tensors that got other types lost, once the bundle is written: warnings of those with
  /// numbers that their types do not have.
  public var losses: Findings {
    var findings = Findings()
    for tensors in recoded { findings.add(contentsOf: tensors.losses) }
    return findings
  }
}

extension Packer.Options {
  fileprivate var ofPair: PairValidation.Options {
    PairValidation.Options(isLenient: isLenient, progress: progress)
  }

  /// Changes the types of members.
  fileprivate func apply(
    to members: inout [PackMember], primaryDigest: Digest?, _ findings: inout Findings
  ) {
    for role in transforms.keys where !members.contains(where: { $0.role == role }) {
      findings.add(
        Finding(
          PackRule.noMember, in: members.first?.checkpoint.path ?? "", item: "\(role)",
          "there is no \(role) whose types could be changed"))
    }
    for index in members.indices {
      guard let transform = transforms[members[index].role] else { continue }
      let total = members[index].checkpoint.tensors.reduce(0) { $0 + $1.byteCount }
      let done = Atomic(0)
      let report = progress
      members[index].apply(
        transform, sourceDigest: members[index].role == .primary ? primaryDigest : nil, &findings
      ) { report?(done.add($0, ordering: .relaxed).newValue, total) }
    }
  }
}
