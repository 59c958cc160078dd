/// The findings on one input, in the order in which they were made.
///
/// Keeps at most ``limitPerCode`` of each code, so that a hostile file cannot fill the memory with
/// complaints, and counts the rest.
public struct Findings: Sendable {
  /// The largest number of findings of one code that are kept.
  public static let limitPerCode = 200

  public private(set) var all: [Finding] = []
  /// How often each code was found, kept or not.
  public private(set) var counts: [String: Int] = [:]
  private var worst: Severity?

  public init() {}

  public mutating func add(_ finding: Finding) {
    let count = counts[finding.code, default: 0] + 1
    counts[finding.code] = count
    worst = max(worst ?? finding.severity, finding.severity)
    if count <= Self.limitPerCode { all.append(finding) }
  }

  /// Adds a finding of a rule, which is made only if it will be kept.
  public mutating func add(_ rule: some Rule, _ make: () -> Finding) {
    if counts[rule.rawValue, default: 0] < Self.limitPerCode { return add(make()) }
    counts[rule.rawValue, default: 0] += 1
  }

  public mutating func add(contentsOf other: Findings) {
    for finding in other.all { add(finding) }
    for (code, count) in other.counts where count > Self.limitPerCode {
      counts[code, default: 0] += count - Self.limitPerCode
    }
  }

  /// The findings for which a condition holds, and the others.
  ///
  /// Findings that were made but not kept go with the last one of their code that was.
  public func partitioned(
    by condition: (Finding) -> Bool
  ) -> (matching: Findings, others: Findings) {
    var parts = (matching: Findings(), others: Findings())
    var lastMatches: [String: Bool] = [:]
    for finding in all {
      let matches = condition(finding)
      lastMatches[finding.code] = matches
      if matches { parts.matching.add(finding) } else { parts.others.add(finding) }
    }
    for (code, count) in omitted {
      if lastMatches[code] == true {
        parts.matching.counts[code, default: 0] += count
      } else {
        parts.others.counts[code, default: 0] += count
      }
    }
    return parts
  }

  /// The highest severity found, nil if there is no finding.
  public var worstSeverity: Severity? { worst }

  public var hasErrors: Bool { worst == .error }

  /// The first finding of severity error.
  public var firstError: Finding? { all.first { $0.severity == .error } }

  /// How many findings were made but not kept, by code.
  public var omitted: [(code: String, count: Int)] {
    counts.compactMap {
      $0.value > Self.limitPerCode ? ($0.key, $0.value - Self.limitPerCode) : nil
    }
    .sorted { $0.0 < $1.0 }
  }

  /// Throws the first finding of severity error, which is what loading does with what a validator
  /// collects.
  public func throwFirstError() throws(Finding) {
    if let firstError { throw firstError }
  }
}
