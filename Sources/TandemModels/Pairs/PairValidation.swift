public import TandemBytes

/// What came of validating a pair: everything that was found, without the warnings that the author
/// accepts.
public struct PairValidation: Sendable {
  /// What is read beside headers, configurations and tokenizers.
  public struct Options: Sendable {
    /// Whether all tensor data are scanned: NaN, infinity, what looks untrained, types that are
    /// others than declared.
    public var includesValues: Bool
    /// Whether the primary's tensor data are hashed, to compare them with the digest that the
    /// others were made for.
    public var includesDigests: Bool
    /// As for ``CheckpointReading/read(path:isLenient:)``.
    public var isLenient: Bool
    /// Called from any thread with the bytes read so far and those to read in all.
    public var progress: (@Sendable (_ doneByteCount: Int, _ byteCount: Int) -> Void)?

    public init(
      includesValues: Bool = false, includesDigests: Bool = true, isLenient: Bool = false,
      progress: (@Sendable (_ doneByteCount: Int, _ byteCount: Int) -> Void)? = nil
    ) {
      self.includesValues = includesValues
      self.includesDigests = includesDigests
      self.isLenient = isLenient
      self.progress = progress
    }
  }

  /// nil if the description could not be read.
  public let pair: Pair?
  public private(set) var findings = Findings()
  /// The warnings that the description accepts.
  public private(set) var accepted = Findings()
  /// The primary's tensor-set digest, nil if it was not computed.
  public private(set) var primaryDigest: Digest?

  /// Reads and validates the pair that a PAIR.json describes.
  ///
  /// - Throws: ``FileError`` if the file cannot be opened; what is wrong with the members' files is
  ///   a finding.
  /// - Complexity: O(tensors + tokens), and O(bytes) with values or digests.
  public init(path: String, _ options: Options = Options()) throws(FileError) {
    let (description, findings) = try PairDescription.read(path: path)
    self.init(description, findings, options)
  }

  /// Reads and validates the pair of a description.
  public init(_ description: PairDescription, _ options: Options = Options()) {
    self.init(description, Findings(), options)
  }

  private init(_ description: PairDescription?, _ reading: Findings, _ options: Options) {
    pair = description.map { Pair($0, isLenient: options.isLenient) }
    var all = reading
    if let pair {
      all.add(contentsOf: pair.findings)
      let (findings, digest) = pair.findings(options)
      all.add(contentsOf: findings)
      primaryDigest = digest
    }
    sort(all, description)
  }

  /// Puts findings that the author accepts aside, and notes acceptances that were not needed.
  private mutating func sort(_ all: Findings, _ description: PairDescription?) {
    let allowed = Set(description?.allowedCodes ?? [])
    (accepted, findings) = all.partitioned {
      $0.severity == .warning && allowed.contains($0.code)
    }
    guard let description else { return }
    for code in allowed.sorted()
    where RuleTable.severities[code] == .warning && accepted.counts[code] == nil {
      findings.add(
        description.finding(
          .unusedAllowance, "allow", "'\(code)' is accepted, and there is nothing to accept"))
    }
  }
}
