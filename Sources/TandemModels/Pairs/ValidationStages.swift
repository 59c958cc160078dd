import Synchronization
import TandemBytes
import TandemCheckpoints
import TandemTensors

/// The long parts of a validation, one after the other, as one progress.
struct ValidationStages {
  enum Stage { case primaryValues, secondaryValues, digest }

  private let report: (@Sendable (Int, Int) -> Void)?
  private var starts: [Stage: Int] = [:]
  private var total = 0

  init(_ pair: Pair, _ options: PairValidation.Options, hashes: Bool) {
    report = options.progress
    add(.primaryValues, options.includesValues ? pair.primary?.checkpoint : nil)
    add(.secondaryValues, options.includesValues ? pair.secondary?.checkpoint : nil)
    add(.digest, hashes ? pair.primary?.checkpoint : nil)
  }

  private mutating func add(_ stage: Stage, _ checkpoint: Checkpoint?) {
    starts[stage] = total
    total += checkpoint?.tensors.reduce(0) { $0 + $1.byteCount } ?? 0
  }

  /// What a stage calls with the bytes that it has read.
  func progress(_ stage: Stage) -> (@Sendable (Int, Int) -> Void)? {
    guard let report else { return nil }
    let (start, total) = (starts[stage] ?? 0, total)
    return { done, _ in report(start + done, total) }
  }

  func digest(of checkpoint: Checkpoint) -> Digest {
    let progress = progress(.digest)
    let done = Atomic(0)
    return checkpoint.tensorSetDigest { byteCount in
      let sum = done.add(byteCount, ordering: .relaxed).newValue
      progress?(sum, 0)
    }
  }
}
