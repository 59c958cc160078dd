import TandemBytes

/// Findings of which many tensors have the same: each is made once, on the first tensor, with the
/// number of the others.
struct FindingGroups {
  private struct Group {
    let make: (String) -> Finding
    let message: String
    var count = 1
  }

  private var groups: [Group] = []
  private var indices: [String: Int] = [:]

  /// Adds a finding; it joins those with the same rule and message.
  mutating func add(
    _ rule: some Rule, in file: String, item: String, _ message: String, remedy: String? = nil
  ) {
    let key = "\(rule.rawValue) \(message)"
    if let index = indices[key] {
      groups[index].count += 1
      return
    }
    indices[key] = groups.count
    groups.append(
      Group(make: { Finding(rule, in: file, item: item, $0, remedy: remedy) }, message: message))
  }

  /// The findings, in the order in which the first of each was added.
  var all: [Finding] {
    groups.map { group in
      if group.count == 1 { return group.make(group.message) }
      let others = group.count == 2 ? "1 more tensor" : "\(group.count - 1) more tensors"
      return group.make("\(group.message) (as for \(others))")
    }
  }
}
