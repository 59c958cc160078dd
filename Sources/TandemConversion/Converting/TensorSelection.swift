import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors

/// Which tensors a conversion writes, under which names and as which types.
struct TensorSelection {
  private let path: String
  private let options: ConversionOptions
  /// In the order of the output.
  private(set) var tensors: [ConversionPlan.Tensor] = []
  private(set) var findings = Findings()
  private var groups = FindingGroups()
  private var chosen: [Candidate] = []

  /// A tensor that is chosen, before its type is.
  fileprivate struct Candidate {
    let source: TranslatedTensor.Source
    let sourceName: String
    let sourceType: ElementType
    let sourceShape: Shape
    var change = TensorChange.none
    let name: String
    let shape: Shape
    var needsF32 = false
  }

  /// Chooses tensors and names.
  init(
    _ checkpoint: Checkpoint, _ translation: ModelTranslation?, _ options: ConversionOptions
  ) {
    path = checkpoint.path
    self.options = options
    var used = PatternUse(options)
    let all =
      translation.map { Self.candidates(checkpoint, $0) }
      ?? checkpoint.tensors.indices.map { Self.candidate(checkpoint, $0, options) }
    for candidate in all {
      // Numbers of the configuration have no name there.
      let name = candidate.sourceName.isEmpty ? candidate.name : candidate.sourceName
      guard used.includes(name, options) else { continue }
      chosen.append(candidate.renamed(used.renamed(candidate.name, options)))
    }
    // Those that are not wanted, and have no name in the other convention, are not among them.
    for dropped in translation?.dropped ?? [] {
      _ = used.includes(checkpoint.tensors[dropped.index].name, options)
    }
    for pattern in used.unused(options) { reportUnused(pattern) }
    let isChosen = !(options.filters.isEmpty && options.exclusions.isEmpty)
    if chosen.isEmpty && isChosen && !checkpoint.tensors.isEmpty {
      findings.add(
        Finding(ConversionRule.nothing, in: path, "--filter and --exclude leave no tensor"))
    }
  }

  /// A tensor under its own name.
  private static func candidate(
    _ checkpoint: Checkpoint, _ index: Int, _ options: ConversionOptions
  ) -> Candidate {
    let tensor = checkpoint.tensors[index]
    // Without a cast, each tensor keeps its bits.
    let isCastToGGUF = options.format == .gguf && options.elementType != nil
    return Candidate(
      source: .stored(index), sourceName: tensor.name, sourceType: tensor.type,
      sourceShape: tensor.shape, name: tensor.name, shape: tensor.shape,
      needsF32: isCastToGGUF && TranslatedTensor.needsF32InGGUF(tensor.name, tensor.shape))
  }

  /// The tensors of a translated model.
  private static func candidates(
    _ checkpoint: Checkpoint, _ translation: ModelTranslation
  ) -> [Candidate] {
    translation.tensors.map { tensor in
      switch tensor.source {
      case .stored(let index):
        let stored = checkpoint.tensors[index]
        return Candidate(
          source: tensor.source, sourceName: stored.name, sourceType: stored.type,
          sourceShape: stored.shape, change: tensor.change, name: tensor.name,
          shape: tensor.shape, needsF32: tensor.needsF32)
      case .numbers(let numbers):
        return Candidate(
          source: tensor.source, sourceName: "", sourceType: .f32, sourceShape: [numbers.count],
          change: tensor.change, name: tensor.name, shape: tensor.shape,
          needsF32: tensor.needsF32)
      }
    }
  }

  /// Gives each tensor its type, and checks that there is a way to it.
  ///
  /// - Parameter model: Of the source; nil if it is not known.
  mutating func decideTypes(_ model: ModelConfiguration?) {
    let quantised = quantisedTypes(model)
    var ruleIsUsed = [Bool](repeating: false, count: options.typeRules.count)
    for (position, candidate) in chosen.enumerated() {
      var type = candidate.sourceType
      if type.isNumber {
        type = candidate.needsF32 ? .f32 : options.elementType ?? type
      }
      if let wanted = quantised[position] { type = wanted }
      if let rule = options.typeRules.firstIndex(where: { $0.pattern.matches(candidate.name) }) {
        ruleIsUsed[rule] = true
        type = options.typeRules[rule].type
        checkVector(candidate, type, options.typeRules[rule].pattern)
      }
      add(candidate, as: type)
    }
    for (rule, isUsed) in zip(options.typeRules, ruleIsUsed) where !isUsed {
      reportUnused(rule.pattern.description)
    }
    for finding in groups.all { findings.add(finding) }
  }

  /// llama.cpp ends where a norm or a bias has a type that its products are made with.
  private mutating func checkVector(_ candidate: Candidate, _ type: ElementType, _ pattern: Glob) {
    guard options.format == .gguf, candidate.shape.rank < 2, type != .f32, type.isNumber else {
      return
    }
    groups.add(
      ConversionRule.typeOfVector, in: path, item: candidate.name,
      "a vector becomes \(type.name); llama.cpp computes with vectors of F32 only",
      remedy: "narrow the pattern '\(pattern)' to matrices")
  }

  private mutating func reportUnused(_ pattern: String) {
    findings.add(
      Finding(
        ConversionRule.unusedPattern, in: path, item: pattern, "the pattern matches no tensor"))
  }

  private mutating func add(_ candidate: Candidate, as type: ElementType) {
    let (name, stored) = (candidate.name, candidate.sourceType)
    let middle = candidate.change.applies(to: stored) ? stored : .f32
    if type.isQuantised, type != stored, options.format != .gguf {
      groups.add(
        ConversionRule.noConversion, in: path, item: name,
        "\(options.format.rawValue) has no type \(type.name): quantised types are for GGUF",
        remedy: "give the output a name that ends in .gguf")
      return
    }
    if !TensorRecoding.exists(from: stored, to: middle)
      || !TensorRecoding.exists(from: middle, to: type) || !candidate.change.applies(to: middle)
    {
      groups.add(
        ConversionRule.noConversion, in: path, item: name,
        "\(stored.name) cannot be converted to \(type.name)",
        remedy: "--keep 'GLOB=TYPE' gives a tensor another type, --exclude leaves it out")
    }
    guard let output = OutputTensor(name: name, type: type, shape: candidate.shape) else {
      groups.add(
        ConversionRule.partialBlock, in: path, item: name,
        "rows of \(candidate.shape.rowLength) elements are no whole blocks of "
          + "\(type.block.elementCount), as \(type.name) has them",
        remedy: "--keep 'GLOB=TYPE' gives it another type")
      return
    }
    if type != stored, type.isQuantised, stored.isQuantised {
      groups.add(
        ConversionRule.requantised, in: path, item: name,
        "values that are stored as \(stored.name) are quantised again, as \(type.name)",
        remedy: "convert the model that this one was made from")
    }
    tensors.append(
      ConversionPlan.Tensor(
        source: candidate.source, sourceName: candidate.sourceName, sourceType: stored,
        sourceShape: candidate.sourceShape, change: candidate.change, output: output))
  }

  /// The types that quantisation chooses, by the tensors' places among those chosen.
  private mutating func quantisedTypes(_ model: ModelConfiguration?) -> [Int: ElementType] {
    guard let quantisation = options.quantisation else { return [:] }
    let candidates = chosen.map { candidate in
      QuantisationCandidate(
        name: candidate.name, shape: candidate.shape, type: candidate.sourceType,
        isFixed: options.typeRules.contains { $0.pattern.matches(candidate.name) })
    }
    let chooser = QuantisationChooser(quantisation, model, candidates)
    for (position, type) in chooser.fallbacks.sorted(by: { $0.key < $1.key }) {
      let candidate = candidates[position]
      groups.add(
        ConversionRule.fallback, in: path, item: candidate.name,
        "rows of \(candidate.shape.rowLength) elements do not fill blocks of \(type.name): "
          + "it becomes \(chooser.types[position]?.name ?? "")")
    }
    return chooser.types
  }
}

extension TensorSelection.Candidate {
  fileprivate func renamed(_ name: String) -> Self {
    Self(
      source: source, sourceName: sourceName, sourceType: sourceType, sourceShape: sourceShape,
      change: change, name: name, shape: shape, needsF32: needsF32)
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

  init(_ options: ConversionOptions) {
    filters = Array(repeating: false, count: options.filters.count)
    exclusions = Array(repeating: false, count: options.exclusions.count)
    renames = Array(repeating: false, count: options.renames.count)
  }

  mutating func includes(_ name: String, _ options: ConversionOptions) -> Bool {
    for (index, filter) in options.filters.enumerated() where filter.matches(name) {
      filters[index] = true
    }
    for (index, exclusion) in options.exclusions.enumerated() where exclusion.matches(name) {
      exclusions[index] = true
    }
    return options.includes(name)
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
