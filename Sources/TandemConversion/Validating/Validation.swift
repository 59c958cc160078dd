import TandemBundles
public import TandemBytes
import TandemCheckpoints
public import TandemModels
import TandemTensors
import TandemTokenizers

/// Everything that is wrong, or worth knowing, about a checkpoint, a pair or a bundle.
public struct Validation: Sendable {
  /// Called from any thread with the bytes read so far and those to read in all.
  public typealias Progress = @Sendable (_ doneByteCount: Int, _ byteCount: Int) -> Void

  public struct Options: Sendable {
    /// Whether all tensor data are read: NaN, infinity, what looks untrained; of a bundle also
    /// every digest.
    public var includesValues = false
    /// Whether flaws that other readers accept are accepted.
    public var isLenient = false
    public var progress: Progress?

    public init() {}
  }

  public private(set) var findings = Findings()
  /// The warnings that the description of a pair accepts.
  public private(set) var accepted = Findings()
  /// Whether it is that of a bundle whose tensor data were not read.
  public private(set) var leavesOutData = false

  /// Validates what a path leads to.
  ///
  /// - Throws: ``FileError`` if there is no such file or folder, or it cannot be opened.
  /// - Complexity: O(tensors + tokens), and O(bytes) with values.
  public init(path: String, _ options: Options) throws(FileError) {
    switch try Input(path, isLenient: options.isLenient) {
    case .checkpoint(let reading): validate(reading, options)
    case .damagedBundle(let finding): findings.add(finding)
    case .bundle(let bundle): validate(bundle, options)
    case .pair: take(try PairValidation(path: path, options.ofPair))
    }
  }

  /// Validates a pair that is described otherwise than by a file.
  public init(_ description: PairDescription, _ options: Options) {
    take(PairValidation(description, options.ofPair))
  }

  private mutating func take(_ pair: PairValidation) {
    findings = pair.findings
    accepted = pair.accepted
  }

  private mutating func validate(_ reading: CheckpointReading, _ options: Options) {
    var reading = reading
    if options.includesValues {
      findings.add(contentsOf: reading.checkpoint?.checksumFindings() ?? Findings())
      reading = reading.materialised()
    }
    findings.add(contentsOf: reading.findings)
    guard let checkpoint = reading.examinable else { return }
    let (model, found) = Model.load(checkpoint)
    findings.add(contentsOf: reading.withoutRepetitions(found))
    findings.add(
      contentsOf: model.validate(
        includingValues: options.includesValues, progress: options.progress))
  }

  private mutating func validate(_ bundle: TandemBundle, _ options: Options) {
    for member in bundle.members where !member.tensors.isEmpty {
      do throws(FieldFailure) {
        _ = try bundle.configuration(of: member)
      } catch {
        findings.add(
          Finding(
            BundleRule.configuration, in: bundle.file.path, item: member.name,
            "its config fields are no configuration: \(error)"))
      }
      let model = bundle.model(of: member)
      let own = model.validate(
        includingValues: options.includesValues, progress: options.progress)
      let allowance = bundle.allowance(of: member)
      findings.add(
        contentsOf: own.partitioned { allowance?.excuses($0, on: model) == true }.others)
    }
    leavesOutData = !options.includesValues
    findings.add(contentsOf: bundle.originFindings)
    guard options.includesValues else { return }
    let verifying = bundle.verify()
    findings.add(contentsOf: verifying)
    if !verifying.hasErrors { findings.add(contentsOf: bundle.verifyTokenizers()) }
  }
}

extension TandemBundle {
  /// What a secondary may do without; nil for other members.
  fileprivate func allowance(of member: BundleMember) -> SecondaryAllowance? {
    relations.first { $0.from == member.index && member.role == .secondary }
      .map { SecondaryAllowance(fields: $0.fields) }
  }

  /// Whether the primary is the model that the pair was made for, by its recorded digests.
  fileprivate var originFindings: Findings {
    var findings = Findings()
    for relation in relations {
      guard case .string(let wanted)? = relation.fields["made_for.primary"] else { continue }
      let primary = members[relation.to]
      if wanted == primary.tensorSetDigest?.description { continue }
      if sourceText("derived.digest", of: primary) == wanted {
        let transform = sourceText("derived.transform", of: primary) ?? ""
        findings.add(
          Finding(
            PairRule.derivedPrimary, in: file.path, item: primary.name,
            "the pair was made for the model that the primary comes from by '\(transform)': the same model in another precision"
          ))
      } else {
        findings.add(
          Finding(
            PairRule.otherPrimary, in: file.path, item: primary.name,
            "the pair was made for a primary with the digest \(wanted); this one has \(primary.tensorSetDigest.map(\.description) ?? "none")",
            remedy: "pack the primary that the pair was made for, or say in PAIR.json what this "
              + "one comes from"
          ))
      }
    }
    return findings
  }
}

extension Validation.Options {
  fileprivate var ofPair: PairValidation.Options {
    PairValidation.Options(
      includesValues: includesValues, isLenient: isLenient, progress: progress)
  }
}
