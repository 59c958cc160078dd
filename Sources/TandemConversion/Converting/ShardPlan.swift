import TandemBytes
import TandemCheckpoints
import TandemJSON
import TandemModels
import TandemTensors

/// Which file each tensor goes to, and what the files are called.
struct ShardPlan {
  struct Shard {
    let path: String
    /// Indices among the tensors that were given.
    let tensors: [Int]
  }

  let files: [Shard]
  private let output: String
  private let options: ConversionOptions

  /// Fills one file after the other, in the order of the tensors.
  init(
    _ tensors: [OutputTensor], _ options: ConversionOptions, output: String,
    _ findings: inout Findings
  ) {
    self.output = output
    self.options = options
    var groups: [[Int]] = [[]]
    var byteCount = 0
    var large = FindingGroups()
    for (index, tensor) in tensors.enumerated() {
      if let limit = options.shardByteCount {
        if tensor.byteCount > limit {
          large.add(
            ConversionRule.largeTensor, in: output, item: tensor.name,
            "the tensor by itself has more bytes than a shard should have, \(limit)")
        }
        if byteCount > 0, tensor.byteCount > limit - min(byteCount, limit) {
          groups.append([])
          byteCount = 0
        }
      }
      groups[groups.count - 1].append(index)
      byteCount += tensor.byteCount
    }
    for finding in large.all { findings.add(finding) }
    let stem = Self.stem(output, options.format)
    let count = groups.count
    files = groups.enumerated().map { number, tensors in
      let suffix = count == 1 ? "" : "-\(Self.digits(number + 1))-of-\(Self.digits(count))"
      let name =
        count == 1 && options.format != .huggingFace
        ? output : "\(stem)\(suffix).\(options.format.fileExtension)"
      return Shard(path: name, tensors: tensors)
    }
  }

  /// The path up to the number of a shard.
  static func stem(_ output: String, _ format: ConversionFormat) -> String {
    if format == .huggingFace { return Paths.join(output, "model") }
    let ending = "." + format.fileExtension
    return output.hasSuffix(ending) ? String(output.dropLast(ending.count)) : output
  }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.count)) + text
  }

  /// The index that transformers and safetensors' tools read.
  func index(
    of tensors: [ConversionPlan.Tensor], in files: [ConversionPlan.File]
  ) -> ConversionPlan.Document {
    let total = tensors.reduce(0) { $0 + $1.output.byteCount }
    var places: [(String, JSONOutput)] = []
    for file in files {
      for tensor in file.tensors {
        places.append((tensors[tensor].output.name, .string(file.name)))
      }
    }
    places.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    let value = JSONOutput.object([
      ("metadata", .object([("total_size", .integer(total))])), ("weight_map", .object(places)),
    ])
    let text = Array((value.text(pretty: true) + "\n").utf8)
    let path = Self.stem(output, options.format) + ".safetensors.index.json"
    return ConversionPlan.Document(path: path, content: .bytes(text), byteCount: text.count)
  }

  /// The documents that go along with the weights.
  ///
  /// - Parameter tensors: Those of the output.
  func documents(
    of source: ConversionSource, _ translation: ModelTranslation?,
    _ tensors: [ConversionPlan.Tensor], _ findings: inout Findings
  ) -> [ConversionPlan.Document] {
    guard options.format == .huggingFace else {
      let left = source.documents.map(\.name).filter {
        translation == nil || !ModelTranslation.translatedDocuments.contains($0)
      }
      if !left.isEmpty {
        let names = left.joined(separator: ", ")
        findings.add(
          Finding(
            ConversionRule.documentLeftOut, in: source.checkpoint.path,
            "a \(options.format.rawValue) file has no place for \(names)"))
      }
      return []
    }
    let made = (translation?.documents ?? []).map { name, text in
      let bytes = Array(text.utf8)
      return ConversionPlan.Document(
        path: Paths.join(output, name), content: .bytes(bytes), byteCount: bytes.count)
    }
    let type = ElementType.prevailing(tensors.map { ($0.output.type, $0.output.byteCount) })
    let isCast = type != source.checkpoint.prevailingType
    return made
      + source.documents.map { document in
        let document = isCast ? document.restated(as: type) : document
        return ConversionPlan.Document(
          path: Paths.join(output, document.name), content: document.content,
          byteCount: document.byteCount)
      }
  }
}

extension ConversionSource.Document {
  /// The document, with the type that the tensors have now if it is the one that states it.
  fileprivate func restated(as type: ElementType?) -> Self {
    guard name == "config.json", let type else { return self }
    let text =
      switch content {
      case .file(let file): StatedType.restated(file.bytes, as: type)
      case .bytes(let bytes): StatedType.restated(bytes.rawSpan, as: type)
      }
    return text.map { Self(name: name, content: .bytes($0)) } ?? self
  }
}
