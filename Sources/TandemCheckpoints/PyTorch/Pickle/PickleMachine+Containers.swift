import TandemBytes

extension PickleMachine {
  mutating func pushTuple(_ count: Int) throws(Finding) {
    guard stack.count - count >= marks.last ?? 0 else {
      throw finding(.stack, "the instruction takes \(count) values, fewer have been put down")
    }
    let first = stack.count - count
    let index = objects.add(.tuple, at: start)
    for place in first..<stack.count { objects.append(stack[place], to: index) }
    stack.truncate(to: first)
    try push(.object(index))
  }

  /// DICT: the keys and values above the last mark become a dictionary.
  mutating func pushDictionary() throws(Finding) {
    let mark = try popMark()
    try checkPairs(from: mark)
    let index = objects.add(.dictionary, at: start)
    for place in mark..<stack.count { objects.append(stack[place], to: index) }
    stack.truncate(to: mark)
    try push(.object(index))
  }

  /// Adds the values from a height of the stack on to the list, or set, below them.
  mutating func append(from first: Int, toKind expected: String) throws(Finding) {
    let (target, object) = try target(below: first)
    guard let object,
      objects[object].kind == (expected == "set" ? .set : .list) || isRecord(object)
    else {
      throw finding(
        .badUse, "elements are added to \(phrase(target)), a \(expected) is expected")
    }
    move(from: first, to: object)
  }

  /// Adds the keys and values from a height of the stack on to the dictionary below them.
  mutating func setItems(from first: Int) throws(Finding) {
    let (target, object) = try target(below: first)
    try checkPairs(from: first)
    guard let object, objects[object].kind == .dictionary || isRecord(object) else {
      throw finding(.badUse, "keys are added to \(phrase(target)), a dictionary is expected")
    }
    move(from: first, to: object)
  }

  /// The value below a height of the stack, and its index if it is an object.
  private func target(below height: Int) throws(Finding) -> (PickleValue, UInt32?) {
    guard height > marks.last ?? 0 else {
      throw finding(.stack, "the instruction needs a value, none has been put down")
    }
    let value = stack[height - 1]
    if case .object(let index) = value { return (value, index) }
    return (value, nil)
  }

  private mutating func move(from first: Int, to index: UInt32) {
    for place in first..<stack.count { objects.append(stack[place], to: index) }
    stack.truncate(to: first)
  }

  private func checkPairs(from first: Int) throws(Finding) {
    guard (stack.count - first) % 2 == 0 else {
      throw finding(.stack, "\(stack.count - first) values are no pairs of keys and values")
    }
    for place in stride(from: first, to: stack.count, by: 2) where !isHashable(stack[place]) {
      throw finding(.badUse, "\(phrase(stack[place])) is a key, Python allows none")
    }
  }

  /// Whether an object is what calling an unknown or a collecting class would have given: only a
  /// record that is kept for what it holds.
  private func isRecord(_ index: UInt32) -> Bool {
    guard case .call(let function) = objects[index].kind,
      case .global(let global) = objects[function].kind
    else { return false }
    switch globals[Int(global)].role {
    case .inert, .unknown, .dangerous: return true
    default: return false
    }
  }

  private func isHashable(_ value: PickleValue) -> Bool {
    guard case .object(let index) = value else { return true }
    switch objects[index].kind {
    case .list, .dictionary, .set: return false
    default: return true
    }
  }

  /// A value for a message.
  func phrase(_ value: PickleValue) -> String {
    switch value {
    case .none: return "None"
    case .bool: return "a bool"
    case .int: return "an integer"
    case .number(let place):
      if case .float = PickleNumber(cursor.bytes, at: Int(place)) { return "a float" }
      return "an integer"
    case .text: return "a text"
    case .bytes: return "bytes"
    case .object(let index):
      switch objects[index].kind {
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
