import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors

/// A tensor of one model and its counterpart in another, by their indices.
struct MatchedTensors: Sendable {
  let first: Int
  let second: Int
  /// What makes the second one's data comparable with the first one's: models in GGUF's convention
  /// have some rows in another order, transposed, or with a number added.
  let change: TensorChange
}

/// Finds for each tensor of a model the one that is the same part of another model.
struct TensorMatching {
  private(set) var matched: [MatchedTensors] = []
  /// Those without a counterpart, by their indices.
  private(set) var onlyFirst: [Int] = []
  private(set) var onlySecond: [Int] = []
  /// Tensors with equal content under other names.
  private(set) var renamed: [(first: Int, second: Int)] = []

  /// - Complexity: O(tensors), and O(bytes) of those without a counterpart that may be renamed.
  init(_ first: Model, _ second: Model) {
    let names = Self.names(of: second, in: first)
    var rest: [ExactText: (second: Int, change: TensorChange)] = [:]
    for name in names { rest[ExactText(name.text)] = (name.second, name.change) }
    for (index, tensor) in first.checkpoint.tensors.enumerated() {
      if let found = rest.removeValue(forKey: ExactText(tensor.name)) {
        matched.append(
          MatchedTensors(first: index, second: found.second, change: found.change))
      } else {
        onlyFirst.append(index)
      }
    }
    let taken = Set(matched.map(\.second))
    onlySecond = second.checkpoint.tensors.indices.filter { !taken.contains($0) }
    findRenamed(first.checkpoint, second.checkpoint)
  }

  /// What the tensors of a model are called in the convention of another one.
  private static func names(
    of model: Model, in other: Model
  ) -> [(text: String, second: Int, change: TensorChange)] {
    guard let naming = other.tensorMap?.naming, let own = model.tensorMap?.naming, naming != own
    else {
      return model.checkpoint.tensors.enumerated().map { ($1.name, $0, .none) }
    }
    let options = ModelTranslation.Options(elementType: .f32)
    return ModelTranslation(model, to: naming, options).tensors.compactMap { tensor in
      guard case .stored(let index) = tensor.source else { return nil }
      return (tensor.name, index, tensor.change)
    }
  }

  private struct Content: Hashable {
    let type: ElementType
    let shape: Shape
    let digest: Digest
  }

  private mutating func findRenamed(_ first: Checkpoint, _ second: Checkpoint) {
    struct Form: Hashable { let type: ElementType, shape: Shape }
    func form(_ tensor: TensorDescriptor) -> Form { Form(type: tensor.type, shape: tensor.shape) }
    func content(_ index: Int, of checkpoint: Checkpoint) -> Content {
      let tensor = checkpoint.tensors[index]
      let file = checkpoint.files[tensor.fileIndex].file
      let digest = BlockDigest.digest(of: file.bytes.extracting(tensor.byteRange))
      return Content(type: tensor.type, shape: tensor.shape, digest: digest)
    }
    let forms = Set(onlyFirst.map { form(first.tensors[$0]) })
      .intersection(onlySecond.map { form(second.tensors[$0]) })
    var sources: [Content: [Int]] = [:]
    for index in onlyFirst.reversed() where forms.contains(form(first.tensors[index])) {
      sources[content(index, of: first), default: []].append(index)
    }
    for index in onlySecond where forms.contains(form(second.tensors[index])) {
      if let source = sources[content(index, of: second)]?.popLast() {
        renamed.append((source, index))
      }
    }
    let (firsts, seconds) = (Set(renamed.map(\.first)), Set(renamed.map(\.second)))
    onlyFirst.removeAll { firsts.contains($0) }
    onlySecond.removeAll { seconds.contains($0) }
  }
}
