import TandemBytes

/// Takes typed values out of a configuration and collects what is wrong with them.
///
/// Every getter takes the names that a value goes by; the first that is there counts, and null
/// counts as not there unless a getter says otherwise.
struct ConfigReader {
  /// The file, as findings name it.
  let file: String
  /// What a value of another type or range breaks.
  let rule: any Rule
  /// Whose names the file uses.
  let naming: TensorNaming
  /// What stands before every name in the file.
  private let prefix: String
  private let lookUp: (String) -> PlacedValue?
  private(set) var findings = Findings()
  /// The names of values that are needed and not there.
  private(set) var missing: [String] = []

  init(
    file: String, rule: any Rule, naming: TensorNaming = .huggingFace, prefix: String = "",
    _ lookUp: @escaping (String) -> PlacedValue?
  ) {
    self.file = file
    self.rule = rule
    self.naming = naming
    self.prefix = prefix
    self.lookUp = lookUp
  }

  /// The same file, with the members of an object in it.
  func entering(_ members: [String: PlacedValue]) -> ConfigReader {
    ConfigReader(file: file, rule: rule, naming: naming) { members[$0] }
  }

  mutating func add(_ other: ConfigReader) {
    findings.add(contentsOf: other.findings)
    missing += other.missing
  }

  /// Whether one of the names is there, be it with null.
  func has(_ key: SourceKey) -> Bool { key.names(naming).contains { lookUp($0) != nil } }

  subscript(_ key: SourceKey) -> ConfigValue? {
    key.names(naming).lazy.compactMap(lookUp).first?.value
  }

  /// A whole number from 1 to a limit.
  mutating func count(_ key: SourceKey, upTo limit: Int) -> Int? {
    integer(key, 1...limit)
  }

  /// A whole number that cannot be done without; 0 if it is not there, or is anything else.
  mutating func requiredCount(_ key: SourceKey, upTo limit: Int) -> Int {
    let names = key.names(naming)
    guard let name = names.first(where: { lookUp($0) != nil }) else {
      missing.append(prefix + names[0])
      return 0
    }
    if lookUp(name)?.value == .null { reject(name, .null, "an integer from 1 to \(limit)") }
    return integer(key, 1...limit) ?? 0
  }

  /// A whole number in a range.
  mutating func integer(_ key: SourceKey, _ range: ClosedRange<Int>) -> Int? {
    guard let (name, value) = first(key.names(naming)) else { return nil }
    if case .unsigned(let number) = value, let number = Int(exactly: number),
      range.contains(number)
    {
      return number
    }
    reject(name, value, "an integer from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  /// A number over 0, as binary32 has it.
  mutating func positive(_ key: SourceKey, upTo limit: Double? = nil) -> Double? {
    guard let (name, value) = first(key.names(naming)) else { return nil }
    // Beyond 1e30, squares leave binary32.
    if let number = value.number, number > 0, number <= limit ?? 1e30 {
      return number.roundedToSingle
    }
    reject(name, value, "a number over 0" + (limit.map { ", up to \($0)," } ?? ""))
    return nil
  }

  mutating func flag(_ key: SourceKey) -> Bool? {
    guard let (name, value) = first(key.names(naming)) else { return nil }
    if case .bool(let flag) = value { return flag }
    reject(name, value, "true or false")
    return nil
  }

  mutating func text(_ key: SourceKey) -> String? {
    guard let (name, value) = first(key.names(naming)) else { return nil }
    if case .string(let text) = value { return text }
    reject(name, value, "a string")
    return nil
  }

  mutating func texts(_ key: SourceKey) -> [String]? {
    guard let (name, value) = first(key.names(naming)) else { return nil }
    if case .list(let values) = value {
      let texts = values.compactMap(\.string)
      if texts.count == values.count { return texts }
    }
    reject(name, value, "a list of strings")
    return nil
  }

  /// A token id, or a list of them.
  mutating func tokenIDs(_ key: SourceKey) -> [Int]? {
    guard let (name, value) = first(key.names(naming)) else { return nil }
    let values = if case .list(let values) = value { values } else { [value] }
    var ids: [Int] = []
    for value in values {
      guard case .unsigned(let id) = value, id <= UInt64(Limit.vocabulary) else {
        // Some tools write -1 where there is no token.
        if value != .negative(-1) {
          reject(name, value, "a token id from 0 to \(Limit.vocabulary)")
        }
        return nil
      }
      ids.append(Int(id))
    }
    return ids
  }

  mutating func object(_ name: String) -> [String: PlacedValue]? {
    guard let (_, value) = first([name]) else { return nil }
    if let members = value.members { return members }
    reject(name, value, "an object")
    return nil
  }

  /// Reports a value.
  mutating func reject(_ name: String, _ value: ConfigValue, _ allowed: String) {
    findings.add(
      Finding(
        rule, in: file, item: prefix + name, at: lookUp(name)?.offset,
        "the value is \(value.phrase); \(allowed) is needed"))
  }

  mutating func report(_ finding: Finding) { findings.add(finding) }

  /// The first of the names whose value is there and not null.
  private func first(_ names: [String]) -> (name: String, value: ConfigValue)? {
    for name in names {
      if let placed = lookUp(name), placed.value != .null { return (name, placed.value) }
    }
    return nil
  }
}

extension ConfigValue {
  /// Any finite number.
  fileprivate var number: Double? {
    switch self {
    case .unsigned(let value): Double(value)
    case .negative(let value): Double(value)
    case .float(let value) where value.isFinite: value
    default: nil
    }
  }

  /// A list of finite numbers, as binary32 has them.
  var numbers: [Double]? {
    guard case .list(let values) = self else { return nil }
    let numbers = values.compactMap(\.number)
    return numbers.count == values.count ? numbers.map(\.roundedToSingle) : nil
  }
}

/// The largest values that a configuration may have: far above every model, and low enough that
/// products of two of them fit.
enum Limit {
  static let layers = 4096
  static let heads = 65_536
  static let width = 1 << 24
  static let vocabulary = 1 << 28
  static let context = 1 << 40
}
