import Synchronization
public import TandemBytes
import TandemCheckpoints
public import TandemKernels
import TandemTensors

/// Carries a plan out.
public struct Converter: Sendable {
  /// What was written.
  public struct Result: Sendable {
    /// What each tensor lost, by its index in the plan; those that were not written by this run
    /// have none.
    public fileprivate(set) var losses: [Int: RecodingLoss] = [:]
    /// The names of files that an earlier run had finished.
    public fileprivate(set) var kept: [String] = []
    public fileprivate(set) var findings = Findings()
  }

  private let plan: ConversionPlan

  /// - Precondition: The plan has no errors.
  public init(_ plan: ConversionPlan) {
    precondition(!plan.findings.hasErrors, "Converter: the plan has errors")
    self.plan = plan
  }

  /// Writes the plan's part: files with tensors first, then, if the part is the whole, documents and
  /// index.
  ///
  /// - Parameter progress: Called from several threads with a number of tensor bytes that are done.
  /// - Throws: ``FileError``, or ``Finding`` if compressed tensors of the source are damaged; each
  ///   file is complete or not there.
  public func write(progress: @escaping @Sendable (Int) -> Void = { _ in }) throws -> Result {
    if let first = plan.filesOfPart.first { try Paths.createFolder(Paths.folder(first.path)) }
    let state = plan.files.count > 1 ? ConversionState(of: plan, plan.digest) : nil
    let stale = StaleFiles(besides: plan)
    try stale.removeBefore()
    let result = try writeFiles(of: try plan.materialised(), state, progress)
    if plan.options.part.count == 1 {
      try stale.removeAfter()
      try writeOthers()
      if let state { try Paths.remove(state.path) }
    }
    return result
  }

  /// Writes the files of the plan's part, several at a time.
  ///
  /// - Parameters:
  ///   - materialised: The plan, with all tensors in place.
  ///   - state: What earlier runs have finished; nil if the plan is not resumable.
  private func writeFiles(
    of materialised: ConversionPlan, _ state: ConversionState?,
    _ progress: @escaping @Sendable (Int) -> Void
  ) throws -> Result {
    let files = plan.filesOfPart
    let isHashed = state != nil || plan.options.isVerifying
    let state = Mutex(state)
    let parts = try concurrentMap(
      files.count, onThreads: plan.concurrentFileCount, with: {}
    ) { number, _ in
      try write(
        files[files.startIndex + number], of: materialised, state, isHashed: isHashed, progress)
    }
    var result = Result()
    for part in parts { result.add(part) }
    return result
  }

  /// Writes a file, unless an earlier run has finished it.
  private func write(
    _ file: ConversionPlan.File, of materialised: ConversionPlan,
    _ state: borrowing Mutex<ConversionState?>, isHashed: Bool,
    _ progress: @escaping @Sendable (Int) -> Void
  ) throws -> Result {
    let writer = FileWriter(materialised, file)
    var result = Result()
    if let digest = state.withLock({ $0?.finished[file.name] }),
      try isKept(file, writer, digest, progress)
    {
      result.kept = [file.name]
      return result
    }
    // Noted before it has its name: a file that is there and not noted could not be told from
    // somebody else's.
    let record = try writer.write(isHashed: isHashed, progress: progress) { digest in
      try state.withLock { try $0?.finish(file.name, digest) }
    }
    for (tensor, loss) in zip(file.tensors, record.losses) { result.add(loss, of: tensor, plan) }
    if plan.options.isVerifying { try verify(file, writer, record.digest, &result) }
    return result
  }

  /// Writes what the parts of a conversion leave to the last step, once all of them are done:
  /// documents and index.
  ///
  /// - Returns: A result with an error for each file that is missing or is not that of the plan.
  public func join(progress: @escaping @Sendable (Int) -> Void = { _ in }) throws(FileError)
    -> Result
  {
    var result = Result()
    let states = ConversionState.all(of: plan, plan.digest)
    var finished: [String: Digest] = [:]
    for state in states { finished.merge(state.finished) { first, _ in first } }
    for file in plan.files {
      if let digest = finished[file.name],
        try isKept(file, FileWriter(plan, file), digest, progress)
      {
        result.kept.append(file.name)
      } else {
        result.findings.add(
          Finding(
            ConversionRule.missingPart, in: file.path,
            "no part of this conversion has written the file, or it was changed since",
            remedy: "run the part that writes it again"))
      }
    }
    if result.findings.hasErrors { return result }
    try StaleFiles(besides: plan).removeAfter()
    try writeOthers()
    for state in states { try Paths.remove(state.path) }
    return result
  }

  /// Whether a file that an earlier run has finished is there unchanged.
  private func isKept(
    _ file: ConversionPlan.File, _ writer: FileWriter, _ digest: Digest,
    _ progress: (Int) -> Void
  ) throws(FileError) -> Bool {
    guard (try? FileStatus(path: file.path))?.kind == .regular else { return false }
    return try writer.digestOfFile(progress: progress) == digest
  }

  private func verify(
    _ file: ConversionPlan.File, _ writer: FileWriter, _ digest: Digest, _ result: inout Result
  ) throws(FileError) {
    if try writer.digestOfFile(progress: { _ in }) == digest { return }
    result.findings.add(
      Finding(
        ConversionRule.notEqual, in: file.path,
        "the file does not hold the bytes that were written to it",
        remedy: "look at the disk and the memory of this machine"))
  }

  private func writeOthers() throws(FileError) {
    for document in plan.otherFiles {
      try Paths.createFolder(Paths.folder(document.path))
      let output = try OutputFile(path: document.path, replacing: plan.mayReplace)
      switch document.content {
      case .bytes(let bytes): try output.write(bytes.rawSpan, at: 0)
      case .file(let file): try output.write(file.bytes, at: 0)
      }
      try output.commit()
    }
  }
}

extension Converter.Result {
  /// Adds what became of further files.
  fileprivate mutating func add(_ other: Self) {
    losses.merge(other.losses) { first, _ in first }
    kept += other.kept
    findings.add(contentsOf: other.findings)
  }

  fileprivate mutating func add(_ loss: RecodingLoss, of tensor: Int, _ plan: ConversionPlan) {
    losses[tensor] = loss
    let output = plan.tensors[tensor].output
    findings.add(
      contentsOf: ConversionRule.findings(on: loss, in: plan.output, output.name, output.type))
  }
}
