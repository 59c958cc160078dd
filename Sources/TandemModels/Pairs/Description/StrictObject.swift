import TandemBytes

/// Takes the members of a JSON object one by one, and collects everything that is wrong with them.
///
/// Nothing is optional by being null, and no member may be left over.
struct StrictObject {
  private let file: String
  /// What stands before the names of the members: `router.`.
  private let place: String
  private let members: [String: PlacedValue]
  private var knownKeys: [String] = []
  /// Where keys stand, with what stands before them.
  private(set) var offsets: [String: Int] = [:]
  private(set) var findings = Findings()

  init(_ members: [String: PlacedValue], in file: String, place: String = "") {
    self.members = members
    self.file = file
    self.place = place
    for (key, value) in members { offsets[place + key] = value.offset }
  }

  func has(_ key: String) -> Bool { members[key] != nil }

  /// The value of a key; without it, a finding if it is required.
  mutating func value(_ key: String, isRequired: Bool = true) -> ConfigValue? {
    knownKeys.append(key)
    if let placed = members[key] { return placed.value }
    if isRequired {
      let meaning = Self.meanings[place + key] ?? Self.meanings[key]
      add(.missingKey, key, "the key is missing" + (meaning.map { "; it says \($0)" } ?? ""))
    }
    return nil
  }

  mutating func text(_ key: String) -> String? {
    guard let value = value(key) else { return nil }
    if case .string(let text) = value, !text.isEmpty { return text }
    return reject(key, value, "a string that is not empty")
  }

  mutating func flag(_ key: String) -> Bool? {
    guard let value = value(key) else { return nil }
    if case .bool(let flag) = value { return flag }
    return reject(key, value, "true or false")
  }

  mutating func integer(_ key: String, in range: ClosedRange<Int>, isRequired: Bool = true) -> Int?
  {
    guard let value = value(key, isRequired: isRequired) else { return nil }
    if case .unsigned(let number) = value, let number = Int(exactly: number), range.contains(number)
    {
      return number
    }
    return reject(key, value, "an integer from \(range.lowerBound) to \(range.upperBound)")
  }

  /// A list of integers from 0 to a limit.
  mutating func integers(_ key: String, upTo limit: Int) -> [Int]? {
    guard let value = value(key) else { return nil }
    let allowed = "a list of integers from 0 to \(limit)"
    guard case .list(let elements) = value else { return reject(key, value, allowed) }
    var numbers: [Int] = []
    for (index, element) in elements.enumerated() {
      guard case .unsigned(let number) = element, number <= UInt64(limit) else {
        add(.wrongValue, key, "entry \(index) is \(element.phrase); \(allowed) is needed")
        return nil
      }
      numbers.append(Int(number))
    }
    return numbers
  }

  /// A number from 0 to 1.
  mutating func probability(_ key: String) -> Double? {
    guard let value = value(key) else { return nil }
    switch value {
    case .unsigned(let number) where number <= 1: return Double(number)
    case .float(let number) where (0...1).contains(number): return number
    default: return reject(key, value, "a number from 0 to 1")
    }
  }

  mutating func texts(_ key: String) -> [String]? {
    guard let value = value(key, isRequired: false) else { return nil }
    if case .list(let elements) = value {
      let texts = elements.compactMap(\.string)
      if texts.count == elements.count { return texts }
    }
    return reject(key, value, "a list of strings")
  }

  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) -> Choice? {
    guard let value = value(key) else { return nil }
    if case .string(let text) = value, let choice = Choice(rawValue: text) { return choice }
    return reject(key, value, Choice.allCases.map { "'\($0.rawValue)'" }.alternatives)
  }

  mutating func object(_ key: String, isRequired: Bool = true) -> StrictObject? {
    guard let value = value(key, isRequired: isRequired) else { return nil }
    if let members = value.members { return inner(members, key) }
    return reject(key, value, "an object")
  }

  /// An object in this one.
  func inner(_ members: [String: PlacedValue], _ key: String) -> StrictObject {
    StrictObject(members, in: file, place: place + key + ".")
  }

  /// Takes over what an object in this one has found, after all its members are taken.
  mutating func finish(_ inner: StrictObject) {
    var inner = inner
    inner.reportUnknownKeys()
    findings.add(contentsOf: inner.findings)
    offsets.merge(inner.offsets) { first, _ in first }
  }

  /// Reports members that nobody has taken.
  ///
  /// - Parameter needless: Keys that are known, but not of use here, and what they belong to.
  mutating func reportUnknownKeys(needless: [String: String] = [:]) {
    var suggestion = Suggestion(knownKeys.sorted())
    for (key, placed) in members.sorted(by: { $0.value.offset < $1.value.offset })
    where !knownKeys.contains(key) {
      if let reason = needless[key] {
        add(.needlessKey, key, reason, remedy: "take it out, or change the kind")
      } else {
        let near = suggestion.nearest(to: key)
        findings.add(
          Finding(
            PairRule.unknownKey, in: file, item: place + key, at: placed.offset,
            "the key is not known", remedy: near.map { "is '\(place)\($0)' meant?" }))
      }
    }
  }

  mutating func add(_ rule: PairRule, _ key: String, _ message: String, remedy: String? = nil) {
    findings.add(
      Finding(
        rule, in: file, item: place + key, at: members[key]?.offset, message, remedy: remedy))
  }

  /// Reports a value.
  mutating func reject<Value>(_ key: String, _ value: ConfigValue, _ allowed: String) -> Value? {
    add(.wrongValue, key, "the value is \(value.phrase); \(allowed) is needed")
    return nil
  }
}

extension [String] {
  /// `a`, `a or b`, `a, b or c`.
  var alternatives: String { joined(lastBefore: " or ") }

  /// `a`, `a and b`, `a, b and c`.
  var enumeration: String { joined(lastBefore: " and ") }

  private func joined(lastBefore separator: String) -> String {
    guard let last, count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + separator + last
  }
}
