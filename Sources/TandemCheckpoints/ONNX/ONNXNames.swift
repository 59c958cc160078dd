internal import TandemBytes
internal import TandemTensors

/// Where a tensor's name comes from.
enum ONNXNaming {
  /// Its own, in a graph.
  case initialiser(prefix: String)
  /// The value that a Constant node makes, in a graph; a range of the file.
  case output(Range<Int>, prefix: String)
  /// Node and attribute, which need not be unique.
  case attribute(String)
  /// One that is found already.
  case fixed(String, isValue: Bool)
}

/// The names that tensors have got, and how often each.
///
/// The names of values in a graph are unique by ONNX's rules. Those that are made of nodes and
/// attributes are not, and get a number behind them where they clash: `a.value`, `a.value#2`.
struct ONNXNames {
  /// The name of a tensor, and the place of its message.
  struct Candidate {
    let name: String
    let isValue: Bool
    let offset: Int
  }

  /// One for each tensor, in the same order.
  private(set) var candidates: [Candidate] = []

  mutating func add(_ name: String, isValue: Bool, offset: Int) {
    candidates.append(Candidate(name: name, isValue: isValue, offset: offset))
  }

  /// The final names; nil for a value whose name another one has.
  func resolved() -> [String?] {
    var first: [ExactText: Int] = [:]
    var names = [String?](repeating: nil, count: candidates.count)
    for (index, candidate) in candidates.enumerated() where candidate.isValue {
      let text = ExactText(candidate.name)
      guard first[text] == nil else { continue }
      first[text] = index
      names[index] = candidate.name
    }
    var counts: [ExactText: Int] = [:]
    for (index, candidate) in candidates.enumerated() where !candidate.isValue {
      let text = ExactText(candidate.name)
      var name = candidate.name
      while first[ExactText(name)] != nil {
        counts[text, default: 1] += 1
        name = "\(candidate.name)#\(counts[text] ?? 2)"
      }
      first[ExactText(name)] = index
      names[index] = name
    }
    return names
  }
}

extension ONNXParser {
  /// Gives every tensor its final name, and reports the values that have the same.
  mutating func resolveNames() {
    for (index, name) in names.resolved().enumerated() {
      let tensor = tensors[index]
      guard let name else {
        let offset = names.candidates[index].offset
        report(
          .duplicateTensor, tensor.name, at: offset,
          "another tensor of the graph has the same name")
        continue
      }
      tensors[index] = TensorDescriptor(
        name: name, type: tensor.type, shape: tensor.shape, fileIndex: tensor.fileIndex,
        byteRange: tensor.byteRange, form: tensor.form)
    }
  }
}
