import Glibc

extension TemplateRun {
  func negated(_ value: TemplateValue, _ offset: Int) throws(FailureAt) -> TemplateValue {
    if case .float(let number) = value { return .float(-number) }
    guard let integer = value.integer else {
      throw FailureAt(offset: offset, message: "a number is expected, found \(value.kind)")
    }
    return .int(try exact(0.subtractingReportingOverflow(integer), offset))
  }

  private func exact(
    _ result: (partialValue: Int, overflow: Bool), _ offset: Int
  ) throws(FailureAt) -> Int {
    if result.overflow {
      throw FailureAt(offset: offset, message: "the result is no 64-bit integer")
    }
    return result.partialValue
  }

  /// The value of two values and an operator between them.
  mutating func combine(
    _ sign: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    switch (sign, left, right) {
    case (.concatenate, _, _):
      let first = try text(of: left, offset)
      return try string(first + (try text(of: right, offset)), offset)
    case (.add, .string(let first), .string(let second)):
      try charge(first.utf8.count + second.utf8.count, offset)
      return try string(first + second, offset)
    case (.add, .list(let first), .list(let second)):
      return try list(first.elements + second.elements, offset)
    case (.multiply, .string(let text), .int(let count)),
      (.multiply, .int(let count), .string(let text)):
      let (size, overflow) = text.utf8.count.multipliedReportingOverflow(by: max(count, 0))
      try charge(overflow ? .max / 2 : size, offset)
      return try string(String(repeating: text, count: max(count, 0)), offset)
    default: break
    }
    if let first = left.integer, let second = right.integer {
      return try arithmetic(sign, first, second, offset)
    }
    guard let first = left.number, let second = right.number else {
      throw FailureAt(
        offset: offset,
        message: "'\(sign.rawValue)' does not go with \(left.kind) and \(right.kind)")
    }
    return try arithmetic(sign, first, second, offset)
  }

  private func arithmetic(
    _ sign: BinaryOperator, _ left: Int, _ right: Int, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    switch sign {
    case .add: return .int(try exact(left.addingReportingOverflow(right), offset))
    case .subtract: return .int(try exact(left.subtractingReportingOverflow(right), offset))
    case .multiply: return .int(try exact(left.multipliedReportingOverflow(by: right), offset))
    case .floorDivide:
      try checkDivisor(Double(right), offset)
      let quotient = try exact(left.dividedReportingOverflow(by: right), offset)
      return .int(left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient)
    case .remainder:
      try checkDivisor(Double(right), offset)
      // Python's remainder has the divisor's sign.
      let rest = left.remainderReportingOverflow(dividingBy: right).partialValue
      return .int(rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest)
    case .power where right >= 0:
      var result = 1
      // More factors than bits overflow, or change nothing.
      for _ in 0..<(abs(left) > 1 || left == Int.min ? min(right, 64) : min(right, 2 + right % 2)) {
        result = try exact(result.multipliedReportingOverflow(by: left), offset)
      }
      return .int(result)
    case .divide, .power, .concatenate:
      return try arithmetic(sign, Double(left), Double(right), offset)
    }
  }

  private func arithmetic(
    _ sign: BinaryOperator, _ left: Double, _ right: Double, _ offset: Int
  ) throws(FailureAt) -> TemplateValue {
    switch sign {
    case .add: return .float(left + right)
    case .subtract: return .float(left - right)
    case .multiply: return .float(left * right)
    case .divide:
      try checkDivisor(right, offset)
      return .float(left / right)
    case .floorDivide:
      try checkDivisor(right, offset)
      return .float((left / right).rounded(.down))
    case .remainder:
      try checkDivisor(right, offset)
      let rest = fmod(left, right)
      return .float(rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest)
    case .power, .concatenate: return .float(pow(left, right))
    }
  }

  private func checkDivisor(_ divisor: Double, _ offset: Int) throws(FailureAt) {
    if divisor == 0 { throw FailureAt(offset: offset, message: "the divisor is zero") }
  }

  // MARK: Comparing

  /// Whether all of a chain of comparisons hold.
  mutating func compare(
    _ first: Expression, _ rest: [(ComparisonOperator, Expression)]
  ) throws(FailureAt) -> Bool {
    var left = try evaluate(first)
    for (sign, operand) in rest {
      let right = try evaluate(operand)
      guard try holds(sign, left, right, operand.offset) else { return false }
      left = right
    }
    return true
  }

  private mutating func holds(
    _ sign: ComparisonOperator, _ left: TemplateValue, _ right: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> Bool {
    switch sign {
    case .equal: return try equal(left, right, offset)
    case .notEqual: return !(try equal(left, right, offset))
    case .isIn: return try contains(right, left, offset)
    case .isNotIn: return !(try contains(right, left, offset))
    case .less: return try order(left, right, offset).map { $0 < 0 } ?? false
    case .lessOrEqual: return try order(left, right, offset).map { $0 <= 0 } ?? false
    case .greater: return try order(left, right, offset).map { $0 > 0 } ?? false
    case .greaterOrEqual: return try order(left, right, offset).map { $0 >= 0 } ?? false
    }
  }

  /// Whether two values are equal, as Python has it: `1 == 1.0 == true`.
  mutating func equal(
    _ left: TemplateValue, _ right: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> Bool {
    try charge(1, offset)
    if let first = left.integer, let second = right.integer { return first == second }
    if let first = left.number, let second = right.number { return first == second }
    switch (left, right) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let first), .string(let second)):
      try charge(first.utf8.count, offset)
      return first.isExactly(second)
    case (.list(let first), .list(let second)):
      guard first.elements.count == second.elements.count else { return false }
      for (one, other) in zip(first.elements, second.elements)
      where !(try equal(one, other, offset)) { return false }
      return true
    case (.map(let first), .map(let second)):
      guard first.members.count == second.members.count else { return false }
      for (key, value) in first.members {
        try charge(second.members.count, offset)
        guard let other = second[key], try equal(value, other, offset) else { return false }
      }
      return true
    case (.namespace(let first), .namespace(let second)): return first == second
    default: return false
    }
  }

  /// Whether a list has an element, a map a key, a text a part.
  mutating func contains(
    _ whole: TemplateValue, _ part: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> Bool {
    switch (whole, part) {
    case (.undefined, _): return false
    case (.list(let list), _):
      for element in list.elements where try equal(element, part, offset) { return true }
      return false
    case (.map(let map), .string(let key)):
      try charge(map.members.count, offset)
      return map[key] != nil
    case (.map, _): return false
    case (.string(let text), .string(let part)):
      try charge(text.utf8.count, offset)
      return Array(text.utf8).firstRange(of: Array(part.utf8), from: 0) != nil
    default:
      throw FailureAt(
        offset: offset, message: "'in' does not go with \(part.kind) and \(whole.kind)")
    }
  }

  /// The order of two numbers or texts: negative, zero or positive; nil if a number is none (NaN).
  mutating func order(
    _ left: TemplateValue, _ right: TemplateValue, _ offset: Int
  ) throws(FailureAt) -> Int? {
    try charge(1, offset)
    if let first = left.integer, let second = right.integer {
      return first < second ? -1 : first == second ? 0 : 1
    }
    if let first = left.number, let second = right.number {
      return first < second ? -1 : first > second ? 1 : first == second ? 0 : nil
    }
    guard case .string(let first) = left, case .string(let second) = right else {
      throw FailureAt(
        offset: offset, message: "\(left.kind) and \(right.kind) have no order")
    }
    try charge(min(first.utf8.count, second.utf8.count), offset)
    // The order of UTF-8 bytes is that of the characters' numbers.
    if first.isExactly(second) { return 0 }
    return first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
  }
}

extension [UInt8] {
  /// Where a part begins and ends, first at or behind an offset.
  func firstRange(of part: [UInt8], from start: Int) -> Range<Int>? {
    guard let first = part.first else { return start <= count ? start..<start : nil }
    var offset = start
    while offset + part.count <= count {
      if self[offset] == first, self[offset..<offset + part.count].elementsEqual(part) {
        return offset..<offset + part.count
      }
      offset += 1
    }
    return nil
  }
}
