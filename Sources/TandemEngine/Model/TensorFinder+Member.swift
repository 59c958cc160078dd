import TandemBundles
import TandemBytes
import TandemModels
import TandemTensors

extension TensorFinder {
  /// Finds the tensors of a member that is a decoder.
  ///
  /// - Throws: ``Finding`` if the bundle says no configuration of it, or that of another family than
  ///   can be run.
  init(_ bundle: TandemBundle, _ member: BundleMember) throws(Finding) {
    let model = try Self.configuration(of: member, bundle)
    let architecture = try Self.architecture(of: model, in: bundle.file.path)
    self.init(bundle, member, architecture, model)
  }

  private static func configuration(
    of member: BundleMember, _ bundle: TandemBundle
  ) throws(Finding) -> ModelConfiguration {
    let fields = bundle.fields(of: member)
    guard fields.contains(where: { $0.key.hasPrefix("config.") }) else {
      throw Finding(
        EngineRule.noDecoder, in: bundle.file.path, item: member.name,
        "the member was packed without a config.json, so that the model's shape is not known",
        remedy: "add it to the model's folder, and pack it again")
    }
    do {
      return try ModelConfiguration(fields: fields.map { (key: $0.key, value: $0.value) })
    } catch {
      throw Finding(
        EngineRule.noDecoder, in: bundle.file.path, item: member.name,
        "the member has no configuration of a decoder: \(error)")
    }
  }

  /// The architectures that can be run.
  private static let architectures = [
    "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "gpt2",
  ]

  private static func architecture(
    of model: ModelConfiguration, in file: String
  ) throws(Finding) -> Architecture {
    guard architectures.contains(model.architecture),
      let architecture = Architecture.named(model.architecture)
    else {
      throw Finding(
        EngineRule.unsupportedArchitecture, in: file, item: "config.architecture",
        "is '\(model.architecture)'; models that can be run are "
          + architectures.joined(separator: ", "))
    }
    return architecture
  }
}

extension TandemBundle {
  /// The primary through whose embedding a member reads tokens; nil if it has its own.
  func embeddingLender(of member: BundleMember) -> BundleMember? {
    relations.first {
      $0.from == member.index && PairDescription.EmbeddingSource(fields: $0.fields) == .primary
    }.map { members[$0.to] }
  }
}
