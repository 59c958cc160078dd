import TandemBytes

/// The objects of a PAIR.json.
extension StrictObject {
  mutating func member(
    _ key: String, isRequired: Bool = true
  ) -> PairDescription.Member? {
    guard var object = object(key, isRequired: isRequired) else { return nil }
    let member = object.member()
    finish(object)
    return member
  }

  /// The member that this object names.
  private mutating func member() -> PairDescription.Member? {
    let path = text("path")
    var derivation: PairDescription.Derivation?
    if var source = object("derived_from", isRequired: false) {
      let digest = source.digest("digest")
      let transform = source.text("transform")
      if let digest, let transform {
        derivation = PairDescription.Derivation(digest: digest, transform: transform)
      }
      finish(source)
    }
    guard let path else { return nil }
    if path.hasPrefix("/") {
      add(
        .absolutePath, "path", "the path is absolute: '\(path)'",
        remedy: "write it relative to this file, so that both can move together")
    }
    return PairDescription.Member(path: path, derivation: derivation)
  }

  mutating func digest(_ key: String) -> Digest? {
    guard let value = value(key) else { return nil }
    if case .string(let text) = value, let digest = Digest(hexadecimal: text) { return digest }
    return reject(key, value, "a digest of 64 lower-case hexadecimal digits")
  }

  private mutating func pattern(_ key: String) -> NamePattern? {
    guard let value = value(key) else { return nil }
    if case .string(let text) = value, let pattern = NamePattern(text) { return pattern }
    return reject(key, value, "a tensor's name with {j} in the place of the layer's number")
  }

  private mutating func biases(_ key: String) -> Biases? {
    if value(key, isRequired: false) == .null { return Biases.none }
    return pattern(key).map { .named($0) }
  }

  mutating func projection() -> PairDescription.Projection? {
    guard var object = object("projection") else { return nil }
    defer { finish(object) }
    let member = object.member()
    let (weight, bias) = (object.pattern("weight"), object.biases("bias"))
    return member.map { PairDescription.Projection(member: $0, weight: weight, bias: bias) }
  }

  mutating func router() -> PairDescription.Router? {
    guard var object = object("router", isRequired: false) else { return nil }
    defer { finish(object) }
    let member = object.member()
    let (weight, bias) = (object.pattern("weight"), object.biases("bias"))
    let activation: PairDescription.Router.Activation? = object.choice("activation")
    let topK = object.integer("top_k", in: 1...Limit.heads)
    let threshold = object.probability("threshold")
    let sign: PairDescription.Router.Sign? = object.choice("sign")
    return member.map {
      PairDescription.Router(
        member: $0, weight: weight, bias: bias, activation: activation, topK: topK,
        threshold: threshold, sign: sign)
    }
  }

  mutating func vocabulary() -> PairDescription.Vocabulary? {
    guard let value = value("vocabulary") else { return nil }
    if value == .string("shared") { return .shared }
    guard let members = value.members else {
      return reject("vocabulary", value, "'shared' or an object")
    }
    var map = inner(members, "vocabulary")
    defer { finish(map) }
    let tensor = map.text("draft_to_target")
    let convention: PairDescription.DraftMapConvention? = map.choice("convention")
    guard let tensor, let convention else { return nil }
    return .mapped(tensor: tensor, convention)
  }
}
