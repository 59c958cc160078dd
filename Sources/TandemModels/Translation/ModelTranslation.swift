public import TandemBytes
public import TandemCheckpoints
public import TandemTensors

/// A model in the words of the other convention: what becomes of its tensors, and what says the rest.
///
/// Made from tables and metadata alone, so that everything that stands in the way is known before
/// any work; tensor data are changed piece by piece by whoever writes them
/// (``TensorChange/append(_:of:_:_:to:)``).
public struct ModelTranslation: Sendable {
  /// What a translation is asked to do beyond the tables.
  public struct Options: Sendable {
    /// The element type that most of the matrices will have.
    public var elementType: ElementType
    /// What the model is called in GGUF; nil for the name of its folder.
    public var name: String?
    /// GGUF's name for how texts are cut, where none is known or another is wanted.
    public var preTokenizer: String?
    /// Whether a tensor is not wanted, so that it needs no name.
    public var leavesOut: @Sendable (String) -> Bool = { _ in false }

    public init(elementType: ElementType) { self.elementType = elementType }
  }

  /// The documents of a folder whose content GGUF metadata can say.
  public static let translatedDocuments: Set<String> = [
    "config.json", "generation_config.json", "special_tokens_map.json", "tokenizer.json",
    "tokenizer_config.json", "chat_template.jinja", "chat_template.json", "vocab.json",
    "merges.txt", "vocab.txt", "added_tokens.json", "tokenizer.model", Pooling.path, "modules.json",
  ]

  public let target: TensorNaming
  /// The tensors of the target, in the order of their use.
  public let tensors: [TranslatedTensor]
  /// The tensors of the source that have no counterpart.
  public let dropped: [DroppedTensor]
  /// All metadata of a GGUF file; empty for a folder.
  public private(set) var pairs = GGUFPairs()
  /// The documents of a folder and their texts; empty for a GGUF file.
  public private(set) var documents: [(name: String, text: String)] = []
  /// What stands in the way, and what is lost.
  public private(set) var findings: Findings

  /// Translates a model that ``Model/load(_:includingVocabulary:)`` has read with its vocabulary.
  ///
  /// - Parameter target: The convention to translate to, other than the source's.
  /// - Complexity: O(tensors + tokens); tensor data are not touched.
  public init(_ model: Model, to target: TensorNaming, _ options: Options) {
    self.target = target
    guard var configuration = model.configuration, let source = model.tensorMap,
      let family = Family.translating(configuration, to: target)
    else {
      (tensors, dropped) = ([], [])
      findings = Findings()
      findings.add(Self.unknown(model))
      return
    }
    let translation = TensorTranslation(
      model.checkpoint, configuration, source,
      to: TensorMap(source.architecture, target, prefix: family.prefix(model)),
      // Tensors of other parts, such as a vision tower, may lie beside the model's.
      leavesOut: { model.isPartOfLarger || options.leavesOut($0) })
    tensors = translation.tensors
    dropped = translation.dropped
    findings = translation.findings
    findings.add(contentsOf: configuration.dropTokensBeyondVocabulary(in: model.checkpoint.path))
    switch target {
    case .gguf: describe(model, configuration, family, options)
    case .huggingFace: document(model, configuration, family, options)
    }
  }

  private static func unknown(_ model: Model) -> Finding {
    let name = model.configuration?.architecture
    return Finding(
      TranslationRule.unknownModel, in: model.checkpoint.path,
      name.map { "the architecture '\($0)' is not known; only known ones can be translated" }
        ?? "the checkpoint has no configuration that can be used; without it nothing can be translated",
      remedy: "--as-is keeps names and data as they are")
  }

  /// Makes the metadata of a GGUF file.
  private mutating func describe(
    _ model: Model, _ configuration: ModelConfiguration, _ family: Family, _ options: Options
  ) {
    let file = model.checkpoint.path
    // llama.cpp counts tokens by the embedding's rows, padding included.
    let embedding = tensors.first { $0.name == "token_embd.weight" }
    let rowCount = embedding?.shape.dimensions.first ?? configuration.vocabularySize
    var configuration = configuration
    configuration.vocabularySize = rowCount
    let output = GGUFConfigurationOutput(
      configuration, family, name: options.name ?? Paths.name(file), type: options.elementType,
      file: file)
    pairs = output.pairs
    if let pooling = Pooling(of: model.checkpoint) {
      pairs.set("\(family.ggufName).\(Pooling.key)", UInt32(pooling.rawValue))
    }
    findings.add(contentsOf: output.findings)
    guard let vocabulary = model.vocabulary else {
      pairs.set("tokenizer.ggml.model", "none")
      findings.add(
        Finding(
          TranslationRule.lostTokenizerPart, in: file,
          "the model has no tokenizer that can be read; the file will take token ids only"))
      return
    }
    var tokenizer = GGUFTokenizerOutput(vocabulary, configuration, rowCount: rowCount, file: file)
    tokenizer.add(to: &pairs, preTokenizer: options.preTokenizer)
    findings.add(contentsOf: tokenizer.findings)
  }

  /// Makes the documents of a model folder.
  private mutating func document(
    _ model: Model, _ configuration: ModelConfiguration, _ family: Family, _ options: Options
  ) {
    let file = model.checkpoint.path
    let output = HuggingFaceConfigurationOutput(
      configuration, family, className: family.className(model), type: options.elementType,
      file: file)
    findings.add(contentsOf: output.findings)
    documents = [("config.json", output.text)]
    if family.isDecoder { documents.append(("generation_config.json", output.generationText)) }
    if let pooling = Pooling(of: model.checkpoint) {
      documents += pooling.documents(width: configuration.hiddenSize)
    }
    guard let vocabulary = model.vocabulary else { return }
    let tokenizer = HuggingFaceTokenizerOutput(
      vocabulary, configuration, preTokenizer: options.preTokenizer, file: file)
    findings.add(contentsOf: tokenizer.findings)
    documents += tokenizer.documents
  }
}

extension ModelConfiguration {
  /// Forgets the tokens that the vocabulary is too small for, as those of a class's defaults may be.
  ///
  /// - Returns: A finding for each.
  fileprivate mutating func dropTokensBeyondVocabulary(in file: String) -> Findings {
    var findings = Findings()
    let size = vocabularySize
    func isKept(_ id: Int?, _ name: String) -> Bool {
      guard let id, id >= size else { return true }
      findings.add(
        Finding(
          TranslationRule.lostTokenizerPart, in: file, item: name,
          "the id \(id) is left out: it is not below the vocabulary size \(size)"))
      return false
    }
    if !isKept(bosTokenID, "begin token") { bosTokenID = nil }
    if !isKept(padTokenID, "padding token") { padTokenID = nil }
    eosTokenIDs = eosTokenIDs.filter { isKept($0, "end token") }
    return findings
  }
}

extension Family {
  /// The family of a model as the target has it.
  ///
  /// GGUF has one name for llama and mistral; what has a sliding window is mistral.
  fileprivate static func translating(
    _ model: ModelConfiguration, to target: TensorNaming
  ) -> Family? {
    let isMistral =
      target == .huggingFace && model.architecture == "llama" && model.slidingWindow != nil
    return all.first { $0.name == (isMistral ? "mistral" : model.architecture) }
  }

  /// The class that a GGUF model has in transformers.
  fileprivate func className(_ model: Model) -> String {
    if !isDecoder, model.tensorMap?.has(.classifier, in: model.checkpoint) == true {
      return "\(classPrefix)ForSequenceClassification"
    }
    return className ?? "\(classPrefix)ForCausalLM"
  }

  /// What that class puts before the names of its base model.
  fileprivate func prefix(_ model: Model) -> String {
    className(model) == "\(classPrefix)Model" ? "" : model.architecture?.prefixes.first ?? ""
  }
}

extension TensorMap {
  /// Whether a checkpoint has a tensor with a role.
  fileprivate func has(_ role: TensorRole, in checkpoint: Checkpoint) -> Bool {
    checkpoint.tensors.contains { place(of: $0.name)?.role == role }
  }
}
