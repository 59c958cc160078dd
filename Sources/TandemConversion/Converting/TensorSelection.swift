import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors

/// Which tensors a conversion writes, under which names and as which types.
struct TensorSelection {
  private let source: Checkpoint
  private let options: ConversionOptions
  /// In the order of the source.
  private(set) var tensors: [ConversionPlan.Tensor] = []
  private(set) var findings = Findings()
  /// The chosen tensors.
  private var chosen: [Choice] = []

  private struct Choice {
    let making: ConversionPlan.Tensor.Making
    /// The name that it will have.
    let name: String
    /// The tensor as the source has it, but with the shape that it will have.
    let tensor: TensorDescriptor
    /// The type that it becomes if no rule gives it another; nil for that of all.
    var ownType: ElementType?
  }

  /// Chooses tensors and names.
  ///
  /// - Parameter translation: What becomes of the tensors first; nil if nothing does.
  init(_ source: Checkpoint, _ options: ConversionOptions, _ translation: ModelTranslation?) {
    self.source = source
    self.options = options
    var used = PatternUse(filters: options.filters.count, options)
    if let translation {
      for tensor in translation.tensors { add(tensor, &used) }
    } else {
      for (index, tensor) in source.tensors.enumerated() {
        guard used.includes(tensor.name, options) else { continue }
        let name = used.renamed(tensor.name, options)
        chosen.append(Choice(making: .stored(index, .none), name: name, tensor: tensor))
      }
    }
    for pattern in used.unused(options) {
      findings.add(
        Finding(
          ConversionRule.unusedPattern, in: source.path, item: pattern,
          "the pattern matches no tensor"))
    }
    if chosen.isEmpty {
      let reason =
        source.tensors.isEmpty
        ? "the source has no tensors" : "--filter and --exclude leave no tensor"
      findings.add(Finding(ConversionRule.nothing, in: source.path, reason))
    }
  }

  /// Chooses a tensor of a translated model.
  private mutating func add(_ tensor: TranslatedTensor, _ used: inout PatternUse) {
    switch tensor.source {
    case .stored(let index):
      let stored = source.tensors[index]
      guard used.includes(stored.name, options) else { return }
      chosen.append(
        Choice(
          making: .stored(index, tensor.change), name: used.renamed(tensor.name, options),
          tensor: stored.with(tensor.shape),
          ownType: options.type(of: stored, needsF32: tensor.needsF32)))
    case .numbers(let numbers):
      let stated = TensorDescriptor(
        name: tensor.name, type: .f32, shape: tensor.shape, fileIndex: 0, byteRange: 0..<0)
      guard used.includes(tensor.name, options) else { return }
      chosen.append(
        Choice(making: .stated(numbers), name: tensor.name, tensor: stated, ownType: .f32))
    }
  }

  /// Gives each tensor its type, and checks that there is a way to it.
  mutating func decideTypes() {
    let quantised = quantisedTypes()
    var ruleIsUsed = [Bool](repeating: false, count: options.typeRules.count)
    for (position, choice) in chosen.enumerated() {
      let tensor = choice.tensor
      var type =
        choice.ownType ?? (tensor.type.isNumber ? options.elementType ?? tensor.type : tensor.type)
      if let wanted = quantised[position] { type = wanted }
      if case .stored = choice.making,
        let rule = options.typeRules.firstIndex(where: { $0.pattern.matches(choice.name) })
      {
        ruleIsUsed[rule] = true
        type = options.typeRules[rule].type
      }
      add(choice, as: type)
    }
    for (rule, isUsed) in zip(options.typeRules, ruleIsUsed) where !isUsed {
      findings.add(
        Finding(
          ConversionRule.unusedPattern, in: source.path, item: rule.pattern.description,
          "the pattern matches no tensor"))
    }
  }

  private mutating func add(_ choice: Choice, as type: ElementType) {
    let (tensor, name) = (choice.tensor, choice.name)
    if !choice.making.exists(from: tensor.type, to: type) {
      findings.add(
        Finding(
          ConversionRule.noConversion, in: source.path, item: name,
          "\(tensor.type.name) cannot be converted to \(type.name)",
          remedy: "--keep 'GLOB=TYPE' gives a tensor another type, --exclude leaves it out"))
    }
    guard let output = OutputTensor(name: name, type: type, shape: tensor.shape) else {
      findings.add(
        Finding(
          ConversionRule.partialBlock, in: source.path, item: name,
          "rows of \(tensor.shape.rowLength) elements are no whole blocks of \(type.block.elementCount), as \(type.name) has them",
          remedy: "--keep 'GLOB=TYPE' gives it another type"))
      return
    }
    if type != tensor.type, type.isQuantised, tensor.type.isQuantised {
      findings.add(
        Finding(
          ConversionRule.requantised, in: source.path, item: name,
          "values that are stored as \(tensor.type.name) are quantised again, as \(type.name)",
          remedy: "convert the model that this one was made from"))
    }
    tensors.append(
      ConversionPlan.Tensor(
        making: choice.making, sourceName: tensor.name, sourceType: tensor.type, output: output))
  }

  /// The types that quantisation chooses, by the tensors' places among those chosen.
  private mutating func quantisedTypes() -> [Int: ElementType] {
    guard let quantisation = options.quantisation else { return [:] }
    let candidates = chosen.map { choice in
      QuantisationCandidate(
        name: choice.name, shape: choice.tensor.shape, type: choice.tensor.type,
        isFixed: options.typeRules.contains { $0.pattern.matches(choice.name) })
    }
    let (model, _) = Model.load(source, includingVocabulary: false)
    let chooser = QuantisationChooser(quantisation, model.configuration, candidates)
    for (position, type) in chooser.fallbacks.sorted(by: { $0.key < $1.key }) {
      let candidate = candidates[position]
      findings.add(
        Finding(
          ConversionRule.fallback, in: source.path, item: candidate.name,
          "rows of \(candidate.shape.rowLength) elements do not fill blocks of \(type.name): it becomes \(chooser.types[position]?.name ?? "")"
        ))
    }
    return chooser.types
  }
}

extension TensorDescriptor {
  /// The tensor with another shape.
  fileprivate func with(_ shape: Shape) -> TensorDescriptor {
    TensorDescriptor(
      name: name, type: type, shape: shape, fileIndex: fileIndex, byteRange: byteRange, form: form)
  }
}

extension ConversionPlan.Tensor.Making {
  /// Whether there is a way from one type to another.
  fileprivate func exists(from source: ElementType, to target: ElementType) -> Bool {
    switch self {
    case .stored(_, let change): ChangedTensor.exists(change, from: source, to: target)
    case .stated: source == target
    }
  }
}

extension ElementType {
  /// Whether the type stands for real numbers, which casts change: not integers, which count or
  /// name things.
  var isNumber: Bool {
    switch self {
    case .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .c64, .f8_e8m0: false
    default: true
    }
  }
}

/// Applies the patterns of a conversion, and remembers which ones matched anything.
private struct PatternUse {
  private var filters: [Bool]
  private var exclusions: [Bool]
  private var renames: [Bool]

  init(filters: Int, _ options: ConversionOptions) {
    self.filters = Array(repeating: false, count: filters)
    exclusions = Array(repeating: false, count: options.exclusions.count)
    renames = Array(repeating: false, count: options.renames.count)
  }

  mutating func includes(_ name: String, _ options: ConversionOptions) -> Bool {
    var isIncluded = filters.isEmpty
    for (index, filter) in options.filters.enumerated() where filter.matches(name) {
      filters[index] = true
      isIncluded = true
    }
    for (index, exclusion) in options.exclusions.enumerated() where exclusion.matches(name) {
      exclusions[index] = true
      isIncluded = false
    }
    return isIncluded
  }

  mutating func renamed(_ name: String, _ options: ConversionOptions) -> String {
    for (index, rename) in options.renames.enumerated() {
      guard let new = rename.renamed(name) else { continue }
      renames[index] = true
      return new
    }
    return name
  }

  func unused(_ options: ConversionOptions) -> [String] {
    let all =
      options.filters.map(\.description) + options.exclusions.map(\.description)
      + options.renames.map(\.description)
    return zip(all, filters + exclusions + renames).filter { !$0.1 }.map(\.0)
  }
}
