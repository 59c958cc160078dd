import TandemTensors

extension ModelConfiguration {
  /// The configuration as fields, in ascending order of the bytes of their keys
  /// (`schemas/fields.md`).
  ///
  /// What a model does not have is left out.
  public var fields: [Field] {
    let plain: [Field] = ConfigurationKey.all.compactMap { entry in
      entry.get(self).map { (entry.key, $0) }
    }
    let all = plain + (ropeScaling?.fields ?? [])
    return all.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  /// Makes a configuration from what ``fields`` gives; fields of other things are passed over.
  ///
  /// - Throws: ``FieldFailure`` if a field is missing that every configuration has, is unknown, or
  ///   has another type.
  public init(fields: some Sequence<Field>) throws(FieldFailure) {
    self.init(
      architecture: "", hiddenSize: 0, layerCount: 0, feedForwardSize: 0, headCount: 0,
      vocabularySize: 0, contextLength: 0, normEpsilon: 0, activation: "")
    var missing = Set(ConfigurationKey.all.filter(\.isRequired).map(\.key))
    for (key, value) in fields {
      if let entry = ConfigurationKey.byName[key] {
        guard entry.set(&self, value) else { throw FieldFailure(key: key, problem: .otherType) }
        missing.remove(key)
      } else if let name = key.dropping(prefix: RopeScaling.prefix) {
        var scaling = ropeScaling ?? RopeScaling(type: "")
        guard scaling.set(name, value) else { throw FieldFailure(key: key, problem: .otherType) }
        ropeScaling = scaling
      } else if key.hasPrefix("config.") {
        throw FieldFailure(key: key, problem: .unknown)
      }
    }
    if let key = missing.min() { throw FieldFailure(key: key, problem: .missing) }
    if let key = keyOutOfRange { throw FieldFailure(key: key, problem: .otherType) }
  }
}

extension ModelConfiguration {
  /// The first key whose number is so large, or so small, that arithmetic with it would not be
  /// safe.
  private var keyOutOfRange: String? {
    let ranges: [(String, Int, Int)] = [
      ("context_length", contextLength, Limit.context),
      ("feed_forward_size", feedForwardSize, Limit.width), ("head_count", headCount, Limit.heads),
      ("head_size", headSize, Limit.width), ("hidden_size", hiddenSize, Limit.width),
      ("key_value_head_count", keyValueHeadCount, Limit.heads),
      ("layer_count", layerCount, Limit.layers),
      ("vocabulary_size", vocabularySize, Limit.vocabulary),
    ]
    return ranges.first { !(1...$0.2).contains($0.1) }.map { "config." + $0.0 }
  }
}

/// Why fields are no configuration.
public struct FieldFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable { case missing, otherType, unknown }

  public let key: String
  public let problem: Problem

  public var description: String {
    switch problem {
    case .missing: "the field '\(key)' is missing"
    case .otherType: "the field '\(key)' has another type or range than it needs"
    case .unknown: "the field '\(key)' is unknown"
    }
  }
}

extension RopeScaling {
  fileprivate static let prefix = "config.rope_scaling."

  fileprivate var fields: [Field] {
    var fields: [Field] = [(Self.prefix + "type", .string(type))]
    if let factor { fields.append((Self.prefix + "factor", .float(factor))) }
    if let originalContextLength {
      fields.append(
        (Self.prefix + "original_context_length", .unsigned(UInt64(originalContextLength))))
    }
    for (name, number) in numbers { fields.append((Self.prefix + name, .float(number))) }
    // A list holds integers only: the numbers' bits.
    for (name, list) in lists {
      fields.append((Self.prefix + name, .list(list.map(\.bitPattern))))
    }
    return fields
  }

  fileprivate mutating func set(_ name: String, _ value: FieldValue) -> Bool {
    switch (name, value) {
    case ("type", .string(let text)): type = text
    case ("type", _): return false
    case ("factor", .float(let number)): factor = number
    case ("original_context_length", .unsigned(let count)):
      guard let count = Int(exactly: count) else { return false }
      originalContextLength = count
    case ("original_context_length", _), ("factor", _): return false
    case (_, .float(let number)): numbers[name] = number
    case (_, .list(let bits)): lists[name] = bits.map(Double.init(bitPattern:))
    default: return false
    }
    return true
  }
}

extension String {
  /// What follows a prefix, nil without it.
  func dropping(prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
