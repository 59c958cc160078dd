import TandemBytes

extension DirectoryCheck {
  /// The kinds of relations, with the roles of the members that they lead from and to.
  private static let relationRoles: [String: (from: MemberRole, to: MemberRole)] = [
    "tandem": (.secondary, .primary), "independent": (.secondary, .primary),
    "projection": (.projection, .primary), "router": (.router, .secondary),
  ]

  func checkRelations() throws(Finding) {
    guard directory.relationCount <= Self.relationRoles.count else {
      throw finding(
        .relation, .relations, 0, nil,
        "there are \(directory.relationCount) relations; one of each kind is allowed")
    }
    for index in 0..<directory.relationCount {
      let relation = directory.relation(index)
      guard relation.from < directory.memberCount,
        relation.to < directory.memberCount
      else {
        throw finding(
          .relation, .relations, index, "relation \(index)",
          "leads from member \(relation.from) to \(relation.to) of \(directory.memberCount), "
            + "which is not there")
      }
      try checkString(relation.kind, .relations, index, "relation \(index)")
      guard let roles = Self.relationRoles[directory.string(relation.kind)] else {
        throw finding(
          .relation, .relations, index, "relation \(index)",
          "has the kind '\(directory.string(relation.kind))'; known are "
            + Self.relationRoles.keys.sorted().joined(separator: ", "))
      }
      guard directory.member(Int(relation.from)).role == roles.from.rawValue,
        directory.member(Int(relation.to)).role == roles.to.rawValue
      else {
        throw finding(
          .relation, .relations, index, "relation \(index)",
          "leads from another role than \(roles.from), or to another than \(roles.to)")
      }
      for other in 0..<index
      where directory.text(directory.relation(other).kind).equals(directory.text(relation.kind)) {
        throw finding(
          .relation, .relations, index, "relation \(index)", "has the kind of relation \(other)")
      }
    }
  }

  /// Checks that the fields of the members, then of the relations, cover the table, and each field.
  func checkFieldCoverage() throws(Finding) {
    var next: UInt64 = 0
    for index in 0..<directory.memberCount {
      let member = directory.member(index)
      try checkFields(
        first: member.firstField, count: member.fieldCount, &next, .members, index)
    }
    for index in 0..<directory.relationCount {
      let relation = directory.relation(index)
      try checkFields(
        first: relation.firstField, count: relation.fieldCount, &next, .relations, index)
    }
    guard next == UInt64(directory.tables[.fields].count) else {
      throw finding(
        .field, .fields, 0, nil,
        "the table has \(directory.tables[.fields].count) fields, \(next) are used")
    }
  }

  private func checkFields(
    first: UInt32, count: UInt32, _ next: inout UInt64, _ table: BundleLayout.Table, _ index: Int
  ) throws(Finding) {
    let item = "\(table == .members ? "member" : "relation") \(index)"
    let total = directory.tables[.fields].count
    guard UInt64(first) == next, UInt64(count) <= UInt64(total) - next else {
      throw finding(
        .field, table, index, item,
        "has \(count) fields from \(first); \(next) of \(total) come before them")
    }
    next += UInt64(count)
    for position in Int(first)..<Int(first) + Int(count) {
      try checkField(position)
      if position > Int(first) {
        let order = directory.text(directory.field(position - 1).key)
          .compare(directory.text(directory.field(position).key))
        guard order < 0 else {
          throw finding(
            .field, .fields, position, item, "its keys do not ascend strictly at field \(position)")
        }
      }
    }
  }

  private func checkField(_ index: Int) throws(Finding) {
    let field = directory.field(index)
    let item = "field \(index)"
    func broken(_ message: String) -> Finding { finding(.field, .fields, index, item, message) }
    try checkString(field.key, .fields, index, item)
    guard field.key.byteCount > 0, field.reserved == 0 else {
      throw broken("has no key, or its last four bytes are not zero")
    }
    switch FieldRecord.Kind(rawValue: field.type) {
    case nil: throw broken("has type \(field.type); known are 1 to 6")
    case .unsigned, .signed, .float:
      guard field.count == 0 else { throw broken("is a number and has the count \(field.count)") }
    case .bool:
      guard field.count == 0, field.value <= 1 else {
        throw broken("is a truth value of \(field.value); allowed are 0 and 1")
      }
    case .string:
      guard field.value <= UInt64(UInt32.max) else {
        throw broken("has its string at \(field.value), outside the pool")
      }
      try checkString(
        StringReference(offset: UInt32(field.value), byteCount: field.count), .fields, index, item)
    case .list:
      let total = UInt64(directory.tables[.values].count)
      guard field.value <= total, UInt64(field.count) <= total - field.value else {
        throw broken("has \(field.count) values at \(field.value) of a pool of \(total)")
      }
    }
  }
}
