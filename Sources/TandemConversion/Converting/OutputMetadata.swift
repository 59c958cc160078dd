import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors

/// The metadata of the output, made from those of the source.
struct OutputMetadata {
  private let options: ConversionOptions
  private var pairs: [SafetensorsMetadata.Pair] = []
  private var gguf = GGUFPairs()

  /// Takes over what the new format can say, and notes what it cannot.
  init(
    _ source: Checkpoint, _ translation: ModelTranslation?, _ options: ConversionOptions,
    _ tensors: [ConversionPlan.Tensor], _ findings: inout Findings
  ) {
    self.options = options
    if let translation {
      gguf = translation.pairs
    } else {
      takeOver(source, &findings)
    }
    completeGGUF(tensors)
    // transformers refuses a file that does not say what it was saved by.
    if options.format == .huggingFace, !pairs.contains(where: { $0.key == "format" }) {
      pairs.insert(SafetensorsMetadata.Pair(key: "format", value: "pt"), at: 0)
    }
  }

  /// Takes over what the source says, as far as the new format can say it.
  private mutating func takeOver(_ source: Checkpoint, _ findings: inout Findings) {
    switch source.metadata {
    case .safetensors(let all): takeTexts(of: all, source, &findings)
    case .gguf(let metadata):
      if options.format == .gguf {
        gguf = GGUFPairs(metadata) { !$0.hasPrefix("split.") }
      } else {
        takeTexts(of: metadata, source, &findings)
      }
    case .pytorch(let all):
      Self.leaveOut(all.flatMap(\.entries).map(\.name), source, options, &findings)
    case .onnx(let model): takeProperties(of: model, source, &findings)
    case .absent: break
    }
  }

  /// Takes over what the maker of an ONNX model added; what it computes is left out.
  private mutating func takeProperties(
    of model: ONNXMetadata, _ source: Checkpoint, _ findings: inout Findings
  ) {
    var leftOut = model.nodeCount == 0 ? [] : ["the graph with its \(model.nodeCount) nodes"]
    switch options.format {
    case .safetensors, .huggingFace:
      pairs = model.properties.map { SafetensorsMetadata.Pair(key: $0.key, value: $0.value) }
    case .gguf, .npz: leftOut += model.properties.map(\.key)
    }
    Self.leaveOut(leftOut, source, options, &findings)
  }

  /// Lays one file of the output out.
  func layout(
    _ tensors: [OutputTensor], path: String, shard: Int, of count: Int, tensorCount: Int,
    _ findings: inout Findings
  ) -> (any TensorFileLayout)? {
    switch options.format {
    case .safetensors, .huggingFace:
      return SafetensorsLayout(tensors, metadata: pairs, path: path, &findings)
    case .npz: return NPZLayout(tensors, path: path, &findings)
    case .gguf:
      var pairs = shard == 0 ? gguf : gguf.ofLaterShards
      if count > 1 { pairs.setSplit(shard, of: count, tensorCount: tensorCount) }
      return GGUFLayout(tensors, pairs: pairs, path: path, &findings)
    }
  }

  /// What quantised files must say; the type of most tensors, where the source said one.
  private mutating func completeGGUF(_ tensors: [ConversionPlan.Tensor]) {
    guard options.format == .gguf else { return }
    if tensors.contains(where: { $0.output.type.isQuantised }),
      !gguf["general.quantization_version"]
    {
      gguf.set("general.quantization_version", 2)
    }
    let fileType = options.quantisation?.fileType ?? options.elementType?.ggufFileType
    // Where all matrices keep their types, the number stays what it was.
    if let fileType, gguf["general.architecture"] { gguf.set("general.file_type", fileType) }
  }

  /// The pairs of all files; the first value of a key counts.
  private mutating func takeTexts(
    of all: [SafetensorsMetadata], _ source: Checkpoint, _ findings: inout Findings
  ) {
    var seen: Set<ExactText> = []
    let merged = all.flatMap(\.pairs).filter { seen.insert(ExactText($0.key)).inserted }
    switch options.format {
    case .safetensors, .huggingFace: pairs = merged
    case .gguf:
      for pair in merged where !Self.isOfLayout(pair.key) { gguf.set(pair.key, pair.value) }
    case .npz: Self.leaveOut(merged.map(\.key), source, options, &findings)
    }
  }

  /// Texts are texts in either format; numbers and lists would become something else.
  private mutating func takeTexts(
    of metadata: GGUFMetadata, _ source: Checkpoint, _ findings: inout Findings
  ) {
    var others: [String] = []
    for entry in metadata.entries {
      if case .string(let text) = entry.value, options.format != .npz {
        pairs.append(SafetensorsMetadata.Pair(key: entry.key, value: text))
      } else {
        others.append(entry.key)
      }
    }
    Self.leaveOut(others, source, options, &findings)
  }

  private static func leaveOut(
    _ keys: [String], _ source: Checkpoint, _ options: ConversionOptions,
    _ findings: inout Findings
  ) {
    if keys.isEmpty { return }
    let more = keys.count > 8 ? " and \(keys.count - 8) more" : ""
    findings.add(
      Finding(
        ConversionRule.metadataLeftOut, in: source.path,
        "\(options.format.rawValue) has no place for the metadata \(keys.prefix(8).joined(separator: ", "))\(more)"
      ))
  }

  /// Whether a key means something to readers of GGUF that a text cannot be.
  private static func isOfLayout(_ key: String) -> Bool {
    key == "general.alignment" || key.hasPrefix("split.")
  }
}

extension GGUFPairs {
  /// Says which of several files of a model this is.
  fileprivate mutating func setSplit(_ number: Int, of count: Int, tensorCount: Int) {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(clamping: number))
    set("split.no", .uint16, bytes)
    bytes = []
    bytes.append(littleEndian: UInt16(clamping: count))
    set("split.count", .uint16, bytes)
    bytes = []
    bytes.append(littleEndian: Int32(clamping: tensorCount))
    set("split.tensors.count", .int32, bytes)
  }
}
