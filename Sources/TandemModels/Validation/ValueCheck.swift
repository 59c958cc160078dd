import Synchronization
import TandemBytes
import TandemCheckpoints
import TandemKernels
import TandemTensors

/// Scans the values of all tensors that are in place, on all cores.
struct ValueCheck {
  /// Called from any thread with the bytes scanned so far and those to scan in all.
  typealias Progress = @Sendable (_ doneByteCount: Int, _ byteCount: Int) -> Void

  private let checkpoint: Checkpoint
  private let map: TensorMap?
  private(set) var findings = Findings()

  /// A piece of a tensor that a core takes.
  private struct Piece {
    let tensor: Int
    let range: Range<Int>
  }

  init(_ checkpoint: Checkpoint, _ map: TensorMap?, progress: Progress?) {
    self.checkpoint = checkpoint
    self.map = map
    let statistics = Self.scan(checkpoint, progress)
    let samples = Self.sample(checkpoint, map, statistics)
    for index in checkpoint.tensors.indices {
      report(checkpoint.tensors[index], statistics[index], samples[index])
    }
    reportNeutral(statistics)
  }

  private static func scan(_ checkpoint: Checkpoint, _ progress: Progress?) -> [ValueStatistics] {
    let tensors = checkpoint.tensors
    let pieces = tensors.indices.flatMap { index -> [Piece] in
      let tensor = tensors[index]
      guard tensor.form == .inPlace, ValueScan.supports(tensor.type) else { return [] }
      return ValueScan.chunks(byteCount: tensor.byteCount, type: tensor.type).map {
        Piece(tensor: index, range: $0)
      }
    }
    let total = pieces.reduce(0) { $0 + $1.range.count }
    let done = Atomic(0)
    let parts = concurrentMap(pieces.count) { index in
      let piece = pieces[index]
      let tensor = tensors[piece.tensor]
      let file = checkpoint.files[tensor.fileIndex].file
      let bytes = file.bytes.extracting(tensor.byteRange).extracting(piece.range)
      let part = ValueScan.chunkStatistics(of: bytes, type: tensor.type)
      let count = done.add(piece.range.count, ordering: .relaxed).newValue
      progress?(count, total)
      return part
    }
    var statistics = [ValueStatistics](repeating: ValueStatistics(), count: tensors.count)
    for (piece, part) in zip(pieces, parts) { statistics[piece.tensor].merge(part) }
    return statistics
  }

  /// Whether each matrix of finite numbers looks as an initialiser leaves it.
  private static func sample(
    _ checkpoint: Checkpoint, _ map: TensorMap?, _ statistics: [ValueStatistics]
  ) -> [Bool] {
    concurrentMap(checkpoint.tensors.count) { index in
      let tensor = checkpoint.tensors[index]
      // A position table may be computed, not learnt.
      guard tensor.form == .inPlace, tensor.shape.rank == 2, statistics[index].isAllFinite,
        !statistics[index].isConstant,
        map?.place(of: tensor.name)?.role != .buffer
      else { return false }
      let file = checkpoint.files[tensor.fileIndex].file
      let bytes = file.bytes.extracting(tensor.byteRange)
      return RowSample(of: bytes, type: tensor.type, shape: tensor.shape)?.looksFresh ?? false
    }
  }

  private mutating func report(
    _ tensor: TensorDescriptor, _ statistics: ValueStatistics, _ looksFresh: Bool
  ) {
    let place = map?.place(of: tensor.name)
    guard statistics.count > 0, place?.role != .buffer else { return }
    let what = tensor.type.isQuantised ? "scales" : "values"
    let counts = { (count: Int) in "\(count) of \(statistics.count) \(what) are" }
    if statistics.nanCount > 0 {
      add(.notANumber, tensor, "\(counts(statistics.nanCount)) NaN; finite numbers are needed")
    }
    if statistics.infiniteCount > 0 {
      add(
        .infinite, tensor, "\(counts(statistics.infiniteCount)) infinite; finite numbers are needed"
      )
    }
    // A bias may rightly be zero, and so may a Gemma norm, which multiplies by 1 + weight.
    let isMultiplied = tensor.shape.rank >= 2 || (place?.multipliesByWeight ?? false)
    if statistics.isAllZero, isMultiplied, statistics.count > 1 {
      add(.allZero, tensor, "all \(statistics.count) \(what) are zero")
    } else if statistics.isConstant, tensor.shape.rank >= 2, !tensor.type.isQuantised,
      statistics.count > 1
    {
      add(.constant, tensor, "all \(statistics.count) values are \(statistics.minimum)")
    } else if looksFresh {
      // The pooler of many encoders was never trained, and is not used.
      add(
        place?.role.isTaskPart ?? false ? .freshPart : .neverTrained, tensor,
        "rows and columns differ no more than independent numbers do: the values look as an "
          + "initialiser leaves them",
        remedy: "compare with the model that it was trained from; an exporter may have lost it")
    }
  }

  /// Norms and biases are among the first things that training moves.
  private mutating func reportNeutral(_ statistics: [ValueStatistics]) {
    guard let map else { return }
    var normCount = 0
    for (tensor, statistics) in zip(checkpoint.tensors, statistics) where statistics.count > 0 {
      guard let place = map.place(of: tensor.name), place.role != .buffer else { continue }
      let neutral: Double
      if place.isBias {
        neutral = 0
      } else if place.role.isNorm {
        normCount += 1
        neutral = place.change == .oneAdded && map.naming == .huggingFace ? 0 : 1
      } else {
        continue
      }
      guard statistics.isConstant, statistics.minimum == neutral else { return }
    }
    guard normCount > 1 else { return }
    findings.add(
      Finding(
        ValueRule.neutral, in: checkpoint.path,
        "all \(normCount) norms are exactly neutral and all biases exactly 0",
        remedy: "the model looks as it was before training"))
  }

  private mutating func add(
    _ rule: ValueRule, _ tensor: TensorDescriptor, _ message: String, remedy: String? = nil
  ) {
    findings.add(
      Finding(
        rule, in: checkpoint.files[tensor.fileIndex].file.path, item: tensor.name,
        at: tensor.byteRange.lowerBound, message, remedy: remedy))
  }
}

extension TensorPlace {
  /// Whether a weight of zero would make everything zero.
  fileprivate var multipliesByWeight: Bool { role.isNorm && !isBias && change != .oneAdded }
}
