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
  /// The chosen tensors, and the names that they will have.
  private var chosen: [(index: Int, name: String)] = []

  /// Chooses tensors and names.
  init(_ source: Checkpoint, _ options: ConversionOptions) {
    self.source = source
    self.options = options
    var used = PatternUse(filters: options.filters.count, options)
    for (index, tensor) in source.tensors.enumerated() {
      guard used.includes(tensor.name, options) else { continue }
      chosen.append((index, used.renamed(tensor.name, options)))
    }
    for pattern in used.unused(options) {
      findings.add(
        Finding(ConversionRule.unusedPattern, in: source.path, item: pattern, "the pattern matches no tensor"))
    }
    if chosen.isEmpty && !source.tensors.isEmpty {
      findings.add(
        Finding(ConversionRule.nothing, in: source.path, "--filter and --exclude leave no tensor"))
    }
  }

  /// Gives each tensor its type, and checks that there is a way to it.
  mutating func decideTypes() {
    let quantised = quantisedTypes()
    var ruleIsUsed = [Bool](repeating: false, count: options.typeRules.count)
    for (position, choice) in chosen.enumerated() {
      let tensor = source.tensors[choice.index]
      var type = tensor.type.isNumber ? options.elementType ?? tensor.type : tensor.type
      if let wanted = quantised[position] { type = wanted }
      if let rule = options.typeRules.firstIndex(where: { $0.pattern.matches(choice.name) }) {
        ruleIsUsed[rule] = true
        type = options.typeRules[rule].type
      }
      add(tensor, choice.index, name: choice.name, as: type)
    }
    for (rule, isUsed) in zip(options.typeRules, ruleIsUsed) where !isUsed {
      findings.add(
        Finding(
          ConversionRule.unusedPattern, in: source.path, item: rule.pattern.description,
          "the pattern matches no tensor"))
    }
  }

  private mutating func add(
    _ tensor: TensorDescriptor, _ index: Int, name: String, as type: ElementType
  ) {
    if type != tensor.type, !TensorRecoding.exists(from: tensor.type, to: type) {
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
        source: index, sourceName: tensor.name, sourceType: tensor.type, output: output))
  }

  /// The types that quantisation chooses, by the tensors' places among those chosen.
  private mutating func quantisedTypes() -> [Int: ElementType] {
    guard let quantisation = options.quantisation else { return [:] }
    let candidates = chosen.map { index, name in
      QuantisationCandidate(
        name: name, shape: source.tensors[index].shape, type: source.tensors[index].type,
        isFixed: options.typeRules.contains { $0.pattern.matches(name) })
    }
    let (model, _) = Model.load(source, includingVocabulary: false)
    let chooser = QuantisationChooser(quantisation, model.configuration, candidates)
    for (position, type) in chooser.fallbacks.sorted(by: { $0.key < $1.key }) {
      let candidate = candidates[position]
      findings.add(
        Finding(
          ConversionRule.fallback, in: source.path, item: candidate.name,
          "rows of \(candidate.shape.rowLength) elements do not fill blocks of \(type.name): it becomes \(chooser.types[position]?.name ?? "")"))
    }
    return chooser.types
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
