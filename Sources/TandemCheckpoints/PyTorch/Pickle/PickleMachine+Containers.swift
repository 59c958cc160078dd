import TandemBytes

extension PickleMachine {
  mutating func pushTuple(_ count: Int) throws(Finding) {
    var values: [PickleValue] = []
    for _ in 0..<count { values.insert(try pop(), at: 0) }
    try push(.tuple, values)
  }

  mutating func pushDictionary() throws(Finding) {
    let items = try popToMark()
    try push(.dictionary)
    try setItems(items)
  }

  /// Adds elements to the list, or set, on the top of the stack.
  mutating func append(_ values: [PickleValue], toKind expected: String) throws(Finding) {
    let target = try top()
    guard case .object(let index) = target,
      objects[Int(index)].kind == (expected == "set" ? .set : .list) || isRecord(index)
    else {
      throw finding(
        .badUse, "elements are added to \(phrase(target)), a \(expected) is expected")
    }
    objects[Int(index)].items += values
  }

  /// Adds keys and values to the dictionary on the top of the stack.
  mutating func setItems(_ items: [PickleValue]) throws(Finding) {
    guard items.count % 2 == 0 else {
      throw finding(.stack, "\(items.count) values are no pairs of keys and values")
    }
    let target = try top()
    guard case .object(let index) = target,
      objects[Int(index)].kind == .dictionary || isRecord(index)
    else {
      throw finding(.badUse, "keys are added to \(phrase(target)), a dictionary is expected")
    }
    for key in stride(from: 0, to: items.count, by: 2) where !isHashable(items[key]) {
      throw finding(.badUse, "\(phrase(items[key])) is a key, Python allows none")
    }
    objects[Int(index)].items += items
  }

  /// Whether an object is what calling an unknown or a collecting class would have given: only a
  /// record that is kept for what it holds.
  private func isRecord(_ index: UInt32) -> Bool {
    guard case .call(let function) = objects[Int(index)].kind,
      case .global(let global) = objects[Int(function)].kind
    else { return false }
    switch globals[Int(global)].role {
    case .inert, .unknown, .dangerous: return true
    default: return false
    }
  }

  private func isHashable(_ value: PickleValue) -> Bool {
    guard case .object(let index) = value else { return true }
    switch objects[Int(index)].kind {
    case .list, .dictionary, .set: return false
    default: return true
    }
  }

  /// A value for a message.
  func phrase(_ value: PickleValue) -> String {
    switch value {
    case .none: return "None"
    case .bool: return "a bool"
    case .int, .long: return "an integer"
    case .float: return "a float"
    case .text: return "a text"
    case .bytes: return "bytes"
    case .object(let index):
      switch objects[Int(index)].kind {
      case .tuple: return "a tuple"
      case .list: return "a list"
      case .set: return "a set"
      case .dictionary: return "a dictionary"
      case .global(let global): return "the name \(globals[Int(global)].qualifiedName.shortened)"
      case .call(let function): return "the result of \(phrase(.object(function)))"
      case .persistent: return "a storage"
      }
    }
  }
}
