import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors

/// What a conversion must know about the model beside its tensors: its configuration, if quantising
/// asks for it, and its translation, if the new format has other conventions.
struct WantedModel {
  private(set) var configuration: ModelConfiguration?
  private(set) var translation: ModelTranslation?
  private(set) var findings = Findings()

  init(_ source: ConversionSource, _ options: ConversionOptions) {
    let target = Self.naming(source.checkpoint, options)
    if target == nil && options.quantisation == nil { return }
    let (model, found) = Model.load(source.checkpoint, includingVocabulary: target != nil)
    configuration = model.configuration
    guard let target else { return }
    for finding in found.all + model.validate(includingValues: false).all
    // Token ids beyond the vocabulary are left out, which the translation says.
    where finding.severity == .error && finding.code != TokenizerRule.idOutOfRange.rawValue {
      findings.add(finding)
    }
    var translating = ModelTranslation.Options(
      elementType: options.prevailingType(of: source.checkpoint))
    translating.name = options.modelName ?? source.name
    translating.preTokenizer = options.preTokenizer
    translating.leavesOut = { !options.includes($0) }
    let translation = ModelTranslation(model, to: target, translating)
    findings.add(contentsOf: translation.findings)
    self.translation = translation
  }

  /// The convention of the new format, if it is not that of the source.
  ///
  /// Only folders and GGUF files say what their tensors mean.
  private static func naming(
    _ source: Checkpoint, _ options: ConversionOptions
  ) -> TensorNaming? {
    guard options.isTranslating else { return nil }
    switch (source.format, options.format) {
    case (.huggingFace, .gguf): return .gguf
    case (.gguf, .huggingFace): return .huggingFace
    default: return nil
    }
  }
}

extension ConversionOptions {
  /// The type that most of the output's matrices will have, as its configuration states it.
  fileprivate func prevailingType(of source: Checkpoint) -> ElementType {
    let stored = elementType ?? source.prevailingType ?? .f32
    // transformers has no types with blocks, which are an error of the plan then.
    return format == .huggingFace && stored.isQuantised ? .f32 : stored
  }
}
