public import TandemBytes
public import TandemCheckpoints
import TandemTensors

/// A checkpoint and what it means: configuration, tensors' roles, vocabulary.
public struct Model: Sendable {
  public let checkpoint: Checkpoint
  /// nil if the checkpoint has none, or one that cannot be used.
  public private(set) var configuration: ModelConfiguration?
  /// nil if the configuration is missing or names an architecture that is not known.
  public private(set) var architecture: Architecture?
  /// What the checkpoint's tensors are; nil without an architecture.
  public private(set) var tensorMap: TensorMap?
  /// nil if the checkpoint has no tokenizer, or one that cannot be read.
  public private(set) var vocabulary: Vocabulary?
  /// How transformers' weights are quantised, if they are.
  public private(set) var quantisation: String?
  /// The end tokens that the configuration names by itself.
  private var statedEOSTokenIDs: [Int] = []
  /// Whether the model is the text part of a larger one.
  private(set) var isPartOfLarger = false
  /// The file that the configuration is in, as findings name it.
  private var configurationFile: String

  private init(_ checkpoint: Checkpoint) {
    self.checkpoint = checkpoint
    configurationFile = checkpoint.path
  }

  /// A checkpoint whose configuration is known from elsewhere, and whose tokenizer is not read: a
  /// bundle's member.
  public init(_ checkpoint: Checkpoint, configuration: ModelConfiguration?) {
    self.init(checkpoint)
    self.configuration = configuration
    complete()
  }

  /// Finds out what a checkpoint means.
  ///
  /// - Parameter includingVocabulary: Whether the tokens are read, which takes most of the time:
  ///   some 20 ms for 50,000.
  /// - Returns: The model, with as much as could be read, and what is wrong with configuration and
  ///   tokenizer by themselves; ``validate(includingValues:progress:)`` adds whether all fits
  ///   together.
  /// - Complexity: O(tensors + tokens); tensor data are not touched.
  public static func load(
    _ checkpoint: Checkpoint, includingVocabulary: Bool = true
  ) -> (model: Model, findings: Findings) {
    var model = Model(checkpoint)
    var findings = Findings()
    switch checkpoint.metadata {
    case .gguf(let metadata): model.read(metadata, &findings)
    case .safetensors, .pytorch: model.readFolder(&findings)
    case .onnx, .absent: break
    }
    if includingVocabulary { model.readVocabulary(&findings) }
    model.complete()
    if let finding = model.unknownArchitecture, !findings.hasErrors { findings.add(finding) }
    return (model, findings)
  }

  /// The note that only the format is checked, nil if the architecture is known or another finding
  /// says why.
  private var unknownArchitecture: Finding? {
    if architecture != nil { return nil }
    if let name = configuration?.architecture, !name.isEmpty {
      return Finding(
        ModelRule.unknownArchitecture, in: configurationFile,
        "the architecture '\(name)' is not known; only the format is checked")
    }
    if case .gguf(let metadata) = checkpoint.metadata, metadata.entry("general.architecture") != nil
    {
      return nil
    }
    return Finding(
      ModelRule.unknownArchitecture, in: configurationFile,
      "the checkpoint does not say its architecture; only its format is checked")
  }

  private mutating func read(_ metadata: GGUFMetadata, _ findings: inout Findings) {
    configurationFile = metadata.file.path
    let reading = GGUFConfiguration(metadata, checkpoint)
    configuration = reading.configuration
    findings.add(contentsOf: reading.findings)
  }

  private mutating func readFolder(_ findings: inout Findings) {
    guard let document = checkpoint.documents.first(where: { $0.name == "config.json" }) else {
      return
    }
    configurationFile = document.file.path
    let reading = HuggingFaceConfiguration(document.file)
    configuration = reading.configuration
    quantisation = reading.quantisation
    isPartOfLarger = reading.isPartOfLarger
    findings.add(contentsOf: reading.findings)
    if let stated = reading.statedType { noteStatedType(stated, &findings) }
  }

  private mutating func readVocabulary(_ findings: inout Findings) {
    switch checkpoint.metadata {
    case .gguf(let metadata):
      // A file that names no architecture is no language model and needs no tokens.
      guard metadata.string("general.architecture") != nil else { return }
    case .safetensors, .pytorch:
      guard checkpoint.format == .huggingFace else { return }
    case .onnx, .absent: return
    }
    let reading = Vocabulary.read(checkpoint)
    vocabulary = reading.vocabulary
    findings.add(contentsOf: reading.findings)
  }

  private func noteStatedType(_ stated: String, _ findings: inout Findings) {
    guard let type = ElementType(torchName: stated), let found = checkpoint.prevailingType,
      type != found, quantisation == nil
    else { return }
    findings.add(
      Finding(
        ModelRule.otherStatedType, in: configurationFile, item: "dtype",
        "the file says \(type.name); most tensor data are \(found.name)"))
  }

  /// Adds to the configuration what other parts of the checkpoint know.
  private mutating func complete() {
    guard var configuration else { return }
    configuration.storedType = checkpoint.prevailingType?.name
    statedEOSTokenIDs = configuration.eosTokenIDs
    if let vocabulary { configuration.completeTokens(from: vocabulary) }
    self.configuration = configuration
    guard let architecture = Architecture.named(configuration.architecture) else { return }
    self.architecture = architecture
    tensorMap = TensorMap(
      architecture, checkpoint.format == .gguf ? .gguf : .huggingFace,
      names: checkpoint.tensors.map(\.name))
  }

  /// Checks whether tensors, configuration and tokenizer fit together.
  ///
  /// - Parameters:
  ///   - includingValues: Whether all tensor data are read, for NaN, infinity and what looks
  ///     untrained.
  ///   - progress: Called from any thread with the bytes scanned so far and those to scan in all.
  /// - Returns: All findings but those that ``load(_:)`` has given.
  /// - Complexity: O(tensors); with values O(bytes), on all cores.
  public func validate(
    includingValues: Bool,
    progress: (@Sendable (_ doneByteCount: Int, _ byteCount: Int) -> Void)? = nil
  ) -> Findings {
    var findings = Findings()
    if let configuration, let tensorMap {
      findings.add(contentsOf: configuration.findings(in: configurationFile))
      findings.add(contentsOf: check(configuration, tensorMap, includingValues))
    }
    if let configuration {
      let check = TokenizerCheck(
        vocabulary, configuration, statedEnds: statedEOSTokenIDs, rowCount: embeddingRowCount,
        in: checkpoint.path)
      findings.add(contentsOf: check.findings)
    }
    if includingValues {
      findings.add(
        contentsOf: ValueCheck(checkpoint, tensorMap, progress: progress).findings)
    }
    return findings
  }

  /// The rows of the token embedding, nil if there is none.
  private var embeddingRowCount: Int? {
    guard let name = tensorMap?.name(of: .tokenEmbedding) else { return nil }
    return checkpoint.tensors.first { $0.name.utf8.elementsEqual(name.utf8) }?.shape.dimensions
      .first
  }

  private func check(
    _ configuration: ModelConfiguration, _ map: TensorMap, _ includingValues: Bool
  ) -> Findings {
    var findings = Findings()
    if let quantisation {
      findings.add(
        Finding(
          ModelRule.quantisedByMethod, in: configurationFile, item: "quantization_config",
          "the weights are quantised by '\(quantisation)'; only embeddings and norms are checked"))
    }
    let tensors = TensorCheck(
      checkpoint, configuration, map, isQuantised: quantisation != nil,
      isPartOfLarger: isPartOfLarger)
    findings.add(contentsOf: tensors.findings)
    let types = TypeCheck(checkpoint, map, isQuantised: quantisation != nil)
    findings.add(contentsOf: types.findings)
    let head = HeadCheck.finding(checkpoint, configuration, map, comparesAll: includingValues)
    if let head { findings.add(head) }
    return findings
  }
}

extension ModelConfiguration {
  /// Takes the tokens that the configuration does not name from the tokenizer, and all end tokens:
  /// a text ends at any.
  fileprivate mutating func completeTokens(from vocabulary: Vocabulary) {
    bosTokenID = bosTokenID ?? vocabulary.bosTokenID
    padTokenID = padTokenID ?? vocabulary.padTokenID
    unknownTokenID = unknownTokenID ?? vocabulary.unknownTokenID
    eosTokenIDs = Set(eosTokenIDs + vocabulary.eosTokenIDs).sorted()
  }
}
