/// How much a finding matters.
public enum Severity: String, Sendable, Comparable, CaseIterable {
  /// Worth knowing; nothing is wrong.
  case note
  /// Works, but is likely not what somebody meant.
  case warning
  /// Breaks a rule: loading stops here.
  case error

  public static func < (left: Severity, right: Severity) -> Bool {
    allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
  }
}

/// A rule with a stable code, such as `ST006`, which findings name.
///
/// Each format and each check keeps its rules in one enumeration, in the order of their codes; the
/// table of all codes in `schemas/findings.md` is made from them.
public protocol Rule: RawRepresentable<String>, CaseIterable, Sendable {
  /// How much breaking the rule matters.
  var severity: Severity { get }
  /// What a finding of this rule says, in general, as half a sentence.
  var summary: String { get }
}

/// One thing that is wrong, or worth knowing, about an input: what, where, and what to do.
///
/// A validator collects findings; a reader that cannot go on throws one.
public struct Finding: Error, Hashable, Sendable {
  /// The stable code of the rule, such as `ST006`.
  public let code: String
  public let severity: Severity
  /// The file, as the user named it.
  public var file: String
  /// The tensor, key or member that it is about.
  public let item: String?
  /// The place in the file, in bytes from its beginning.
  public let offset: Int?
  /// One sentence without a full stop: what was found and what is allowed.
  public let message: String
  /// What to do about it, as a sentence without a full stop.
  public let remedy: String?

  public init(
    _ rule: some Rule, in file: String, item: String? = nil, at offset: Int? = nil,
    _ message: String, remedy: String? = nil
  ) {
    self.code = rule.rawValue
    self.severity = rule.severity
    self.file = file
    self.item = item
    self.offset = offset
    self.message = message
    self.remedy = remedy
  }
}

extension Finding: CustomStringConvertible {
  /// The finding on one line: `model.safetensors: tensor 'a' at byte 96: needs …; pad it [ST013]`.
  public var description: String {
    var place = file.printable
    if let item { place += ": '\(item.printable)'" }
    if let offset { place += " at byte \(offset)" }
    let advice = remedy.map { "; \($0)" } ?? ""
    return "\(place): \(message.printable)\(advice.printable) [\(code)]"
  }
}
