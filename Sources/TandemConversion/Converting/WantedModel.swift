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
    if source.isMember, target != nil {
      findings.add(
        Finding(
          ConversionRule.notTranslated, in: source.checkpoint.path,
          "a member of a bundle is not translated to the convention of \(options.format.rawValue)",
          remedy: "unpack the bundle first, or keep the names: --keep-names"))
      return
    }
    if target == nil && options.quantisation == nil { return }
    let (model, found) = Model.load(source.checkpoint, includingVocabulary: target != nil)
    configuration = model.configuration
    guard let target else { return }
    let types = source.checkpoint.tensors.map(\.type)
    findings.add(contentsOf: found)
    var translating = ModelTranslation.Options(
      elementType: options.elementType ?? Self.mostCommon(types))
    translating.name = Paths.name((try? Paths.resolved(source.checkpoint.path)) ?? "model")
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
    if options.keepsNames { return nil }
    switch (source.format, options.format) {
    case (.huggingFace, .gguf): return .gguf
    case (.gguf, .huggingFace): return .huggingFace
    default: return nil
    }
  }

  /// The type that most elements of matrices have, by the number of tensors.
  private static func mostCommon(_ types: [ElementType]) -> ElementType {
    let counts = Dictionary(types.map { ($0, 1) }, uniquingKeysWith: +)
    let most = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }
    return most?.key ?? .f32
  }
}
