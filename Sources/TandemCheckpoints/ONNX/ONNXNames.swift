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

/// What a tensor is called before names that clash are told apart, and the place of its message.
///
/// The names of values in a graph are unique by ONNX's rules. Those that are made of nodes and
/// attributes are not, and get a number behind them where they clash: `a.value`, `a.value#2`.
struct ONNXNameSource {
  /// A file has at most 2^31-1 bytes, so one bit is left.
  private let bits: UInt32

  init(isValue: Bool, offset: Int) { bits = UInt32(offset) << 1 | (isValue ? 1 : 0) }

  var isValue: Bool { bits & 1 == 1 }
  var offset: Int { Int(bits >> 1) }
}

extension ONNXParser {
  /// Gives every tensor its final name, and reports the values that have the same.
  mutating func resolveNames() {
    var taken = NameTable()
    let sources = nameSources
    for (number, source) in sources.enumerated() where source.isValue {
      if taken.insert(number, { tensors[$0].name }) == nil { continue }
      report(
        .duplicateTensor, tensors[number].name, at: source.offset,
        "another tensor of the graph has the same name")
    }
    var counts: [ExactText: Int] = [:]
    for (number, source) in sources.enumerated() where !source.isValue {
      let given = tensors[number].name
      while taken.insert(number, { tensors[$0].name }) != nil {
        counts[ExactText(given), default: 1] += 1
        tensors[number] = tensors[number].renamed("\(given)#\(counts[ExactText(given)] ?? 2)")
      }
    }
  }
}
