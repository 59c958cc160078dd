import TandemBytes
import TandemCheckpoints
public import TandemModels
public import TandemTensors

/// What two models have in common, and where they differ: tensor by tensor, whatever formats,
/// conventions and element types they are stored in.
public struct ModelComparison: Sendable {
  /// A tensor of the first model beside its counterpart.
  public struct Entry: Sendable {
    public let first: TensorDescriptor
    public let second: TensorDescriptor
    public fileprivate(set) var outcome: Outcome

    /// The outcome of equal values in other bytes.
    fileprivate var equalValues: Outcome { first.type == second.type ? .otherBits : .sameValues }
  }

  public enum Outcome: Sendable, Hashable {
    /// The same bytes.
    case identical
    /// Other element types, the same values.
    case sameValues
    /// The same type and equal values in other bits, as 0 and -0 have, and NaNs.
    case otherBits
    case changed(ValueDifference)
    /// Other shapes: values are not compared.
    case otherShape
    /// The bytes differ, and there is no way to read both as numbers.
    case otherBytes
  }

  /// In the order of the first model.
  public private(set) var entries: [Entry] = []
  /// The tensors without a counterpart.
  public let onlyFirst: [TensorDescriptor]
  public let onlySecond: [TensorDescriptor]
  /// Tensors with equal content under other names.
  public let renamed: [(first: TensorDescriptor, second: TensorDescriptor)]
  /// The fields of the configurations that differ; nil where a model lacks one.
  public let configuration: [(key: String, first: FieldValue?, second: FieldValue?)]

  /// Whether the values of tensors and configurations are the same.
  public var isSame: Bool {
    onlyFirst.isEmpty && onlySecond.isEmpty && renamed.isEmpty && configuration.isEmpty
      && entries.allSatisfy {
        switch $0.outcome {
        case .identical, .sameValues, .otherBits: true
        case .changed, .otherShape, .otherBytes: false
        }
      }
  }

  /// Compares two models whose tensors are all in place.
  ///
  /// - Parameters:
  ///   - isListed: Which tensors take part, by their name in either model.
  ///   - progress: Called from several threads with a number of bytes of the first model.
  /// - Complexity: O(bytes), at memory speed where the bytes are equal; a few MiB of memory a core.
  public init(
    _ first: Model, _ second: Model, isListed: (String) -> Bool = { _ in true },
    progress: @Sendable (Int) -> Void = { _ in }
  ) {
    let (a, b) = (first.checkpoint, second.checkpoint)
    let matching = TensorMatching(first, second)
    onlyFirst = matching.onlyFirst.map { a.tensors[$0] }.filter { isListed($0.name) }
    onlySecond = matching.onlySecond.map { b.tensors[$0] }.filter { isListed($0.name) }
    renamed = matching.renamed.map { (a.tensors[$0.first], b.tensors[$0.second]) }
      .filter { isListed($0.0.name) || isListed($0.1.name) }
    configuration = Self.changes(first.configuration, second.configuration)
    let matched = matching.matched.filter {
      isListed(a.tensors[$0.first].name) || isListed(b.tensors[$0.second].name)
    }
    compare(matched, a, b, progress)
  }

  private mutating func compare(
    _ matched: [MatchedTensors], _ a: Checkpoint, _ b: Checkpoint,
    _ progress: @Sendable (Int) -> Void
  ) {
    entries = matched.map {
      let (first, second) = (a.tensors[$0.first], b.tensors[$0.second])
      let isSameShape = first.shape == $0.change.shape(second.shape)
      return Entry(
        first: first, second: second, outcome: isSameShape ? .identical : .otherShape)
    }
    let tensors = matched.map { TensorComparing($0, a, b) }
    let shaped = entries.indices.filter { entries[$0].outcome == .identical }
    let byBytes = shaped.filter { tensors[$0].comparesBytes }
    let equal = Self.onPieces(tensors, byBytes) { tensor, piece in
      progress(tensor.byteCount(ofPiece: piece))
      return tensor.hasEqualBytes(piece)
    }
    var isEqual = [Bool](repeating: false, count: tensors.count)
    for (index, pieces) in zip(byBytes, equal) { isEqual[index] = pieces.allSatisfy { $0 } }
    let unequal = shaped.filter { !isEqual[$0] }
    for index in unequal { entries[index].outcome = .otherBytes }
    let readable = unequal.filter { tensors[$0].comparesValues }
    let differences = Self.onPieces(tensors, readable) { tensor, piece in
      if !tensor.comparesBytes { progress(tensor.byteCount(ofPiece: piece)) }
      return tensor.difference(piece)
    }
    for (index, pieces) in zip(readable, differences) {
      var sum = ValueDifference()
      for piece in pieces { sum.merge(piece) }
      entries[index].outcome = sum.differingCount > 0 ? .changed(sum) : entries[index].equalValues
    }
  }

  /// The results of a function for each piece of some tensors, computed on all cores.
  private static func onPieces<Result: BitwiseCopyable & Sendable>(
    _ tensors: [TensorComparing], _ chosen: [Int],
    _ body: (TensorComparing, Int) -> Result
  ) -> [[Result]] {
    let jobs = chosen.flatMap { index in
      (0..<tensors[index].pieceCount).map { (tensor: index, piece: $0) }
    }
    let results = concurrentMap(jobs.count) { body(tensors[jobs[$0].tensor], jobs[$0].piece) }
    var start = 0
    return chosen.map { index in
      let end = start + tensors[index].pieceCount
      defer { start = end }
      return Array(results[start..<end])
    }
  }

  private static func changes(
    _ first: ModelConfiguration?, _ second: ModelConfiguration?
  ) -> [(key: String, first: FieldValue?, second: FieldValue?)] {
    guard let first, let second else { return [] }
    // How weights are stored is said of each tensor.
    func values(_ model: ModelConfiguration) -> [String: FieldValue] {
      let fields = model.fields.filter { $0.key.hasPrefix("config.") }
      return Dictionary(fields.map { ($0.key, $0.value) }) { $1 }
    }
    let (a, b) = (values(first), values(second))
    return Set(a.keys).union(b.keys).sorted()
      .filter { a[$0] != b[$0] }.map { ($0, a[$0], b[$0]) }
  }
}
