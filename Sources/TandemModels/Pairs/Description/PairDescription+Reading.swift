public import TandemBytes
import TandemJSON

extension PairDescription {
  /// The longest description that is read.
  private static let maximumByteCount = 1 << 20

  /// Reads a description (`schemas/pair.md`) and finds everything that is wrong with its text, keys
  /// and values.
  ///
  /// - Returns: The description, with what could be read of it; nil if its kind could not.
  /// - Throws: ``FileError`` if the file cannot be opened.
  public static func read(
    path: String
  ) throws(FileError) -> (description: PairDescription?, findings: Findings) {
    let file = try MappedFile(path: path)
    return parse(file.bytes, path)
  }

  /// Reads the text of a description.
  static func parse(
    _ text: RawSpan, _ path: String
  ) -> (description: PairDescription?, findings: Findings) {
    var findings = Findings()
    func stop(_ rule: PairRule, at offset: Int, _ message: String) -> (PairDescription?, Findings) {
      findings.add(Finding(rule, in: path, at: offset, message))
      return (nil, findings)
    }
    guard text.byteCount <= maximumByteCount else {
      return stop(
        .invalidText, at: 0,
        "the file has \(text.byteCount) bytes; at most \(maximumByteCount) are allowed")
    }
    do throws(JSONFailure) {
      var json = JSONReader(text)
      var keys = RepeatedKeys(file: path)
      try keys.check(&json)
      try json.end()
      findings = keys.findings
      json = JSONReader(text)
      let value = try ConfigValue(&json)
      guard let members = value.members else {
        return stop(.wrongValue, at: 0, "the file holds \(value.phrase); an object is needed")
      }
      var object = StrictObject(members, in: path)
      let description = read(&object, path)
      findings.add(contentsOf: object.findings)
      return (description, findings)
    } catch {
      return stop(.invalidText, at: error.offset, error.message)
    }
  }

  private static func read(_ object: inout StrictObject, _ path: String) -> PairDescription? {
    guard let kind: Kind = object.choice("kind") else { return nil }
    var description = PairDescription(kind: kind, file: path)
    description.primary = object.member("primary")
    description.tokenizer = object.member("tokenizer", isRequired: false)
    description.allowedCodes = allowedCodes(&object)
    var needless = Set<String>()
    if kind == .standalone {
      needless.formUnion(pairKeys + tandemKeys)
    } else {
      description.readPair(&object)
    }
    if kind == .tandem { description.readTandem(&object) } else { needless.formUnion(tandemKeys) }
    object.reportUnknownKeys(
      needless: Dictionary(
        uniqueKeysWithValues: needless.map { ($0, "the kind '\(kind.rawValue)' has no such key") }))
    description.offsets = object.offsets
    return description
  }

  private static let pairKeys = [
    "secondary", "router", "block_length", "acceptance", "vocabulary", "embedding", "made_for",
  ]
  private static let tandemKeys = [
    "projection", "layer_map", "layer_ids", "final_norm", "projected_norm", "boundary",
    "free_token",
  ]

  private mutating func readPair(_ object: inout StrictObject) {
    secondary = object.member("secondary")
    router = object.router()
    let isTandem = kind == .tandem
    if var lengths = object.object("block_length", isRequired: isTandem) {
      func length(_ key: String) -> Int? {
        lengths.integer(key, in: 1...Limit.layers, isRequired: isTandem)
      }
      blockLength = BlockLength(
        trained: length("trained"), default: length("default"), maximum: length("maximum"))
      object.finish(lengths)
    }
    if isTandem || object.has("acceptance") { acceptance = object.choice("acceptance") }
    vocabulary = object.vocabulary()
    if object.has("embedding") { embedding = object.choice("embedding") }
    if var origins = object.object("made_for", isRequired: false) {
      primaryDigest = origins.digest("primary")
      object.finish(origins)
    }
  }

  private mutating func readTandem(_ object: inout StrictObject) {
    projection = object.projection()
    let ids = object.integers("layer_map", upTo: Limit.layers)
    let convention: LayerMap.Convention? = object.choice("layer_ids")
    if let ids, let convention { layerMap = LayerMap(ids: ids, convention: convention) }
    readsFinalNorm = object.flag("final_norm")
    normsProjected = object.flag("projected_norm")
    boundary = object.choice("boundary")
    writesFreeToken = object.flag("free_token")
  }

  /// The codes that the author accepts, each of a rule whose findings are warnings.
  private static func allowedCodes(_ object: inout StrictObject) -> [String] {
    let codes = object.texts("allow") ?? []
    for code in codes {
      switch RuleTable.severities[code] {
      case .warning: continue
      case nil: object.add(.wrongAllowance, "allow", "no rule has the code '\(code)'")
      case .error:
        object.add(
          .wrongAllowance, "allow", "'\(code)' is an error; only warnings can be accepted")
      case .note:
        object.add(
          .wrongAllowance, "allow", "'\(code)' is a note, which needs no acceptance")
      }
    }
    return codes
  }
}
