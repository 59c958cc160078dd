import TandemBytes

extension PickleMachine {
  /// The instructions that would import, call or change something.
  mutating func call(_ opcode: PickleOpcode) throws(Finding) {
    switch opcode {
    case .global:
      let module = try line()
      try pushGlobal(module, line())
    case .stackGlobal:
      let name = try pop()
      let module = try pop()
      guard case .text(let moduleOffset, let moduleCount) = module,
        case .text(let nameOffset, let nameCount) = name
      else {
        throw finding(
          .badUse,
          "STACK_GLOBAL takes \(phrase(module)) and \(phrase(name)), two texts are expected")
      }
      try pushGlobal(
        Int(moduleOffset)..<Int(moduleOffset) + Int(moduleCount),
        Int(nameOffset)..<Int(nameOffset) + Int(nameCount))
    case .inst:
      let module = try line()
      try pushGlobal(module, line())
      let function = try pop()
      let arguments = try popToMark()
      try pushCall(of: function, arguments)
    case .obj:
      let values = try popToMark()
      guard let function = values.first else {
        throw finding(.stack, "OBJ takes a class above the mark, there is none")
      }
      try pushCall(of: function, Array(values.dropFirst()))
    case .reduce, .newObj:
      let arguments = try tuple(pop(), of: opcode)
      try pushCall(of: pop(), arguments)
    case .newObjEx:
      let names = try pop()
      let arguments = try tuple(pop(), of: opcode)
      try pushCall(of: pop(), arguments + [names])
    case .build: try build(pop())
    case .ext1: try refuseExtension(Int(operand(UInt8.self)))
    case .ext2: try refuseExtension(Int(operand(UInt16.self)))
    case .ext4: try refuseExtension(Int(operand(UInt32.self)))
    default: throw finding(.opcode, "\(opcode.name) takes bytes from outside the file")
    }
  }

  /// A registered number stands for a name that only the loading program knows.
  private mutating func refuseExtension(_ code: Int) throws(Finding) {
    throw finding(.opcode, "the name with the registered number \(code) cannot be known")
  }

  mutating func pushPersistent(_ name: PickleValue) throws(Finding) {
    try push(.persistent, [name])
  }

  private mutating func pushGlobal(
    _ module: Range<Int>, _ name: Range<Int>
  ) throws(Finding) {
    guard module.count + name.count <= Self.lineByteLimit else {
      throw finding(
        .limit,
        "a name of \(module.count + name.count) bytes is imported, "
          + "at most \(Self.lineByteLimit) are allowed")
    }
    guard let moduleText = cursor.bytes.extracting(module).utf8Text,
      let nameText = cursor.bytes.extracting(name).utf8Text
    else { throw finding(.badText, "a name that is imported is not UTF-8") }
    let key = "\(moduleText)\n\(nameText)"
    let index = globalIndices[key] ?? UInt32(globals.count)
    if globalIndices.updateValue(index, forKey: key) == nil {
      globals.append(
        PickleGlobal(module: moduleText, name: nameText, isTorchScript: isTorchScript))
    }
    try push(.global(index))
  }

  private func tuple(
    _ value: PickleValue, of opcode: PickleOpcode
  ) throws(Finding) -> [PickleValue] {
    guard case .object(let index) = value, objects[Int(index)].kind == .tuple else {
      throw finding(.badUse, "\(opcode.name) takes \(phrase(value)) as arguments, not a tuple")
    }
    return objects[Int(index)].items
  }

  /// Puts down the record of a call; what a dictionary class would give is a dictionary.
  private mutating func pushCall(
    of function: PickleValue, _ arguments: [PickleValue]
  ) throws(Finding) {
    guard case .object(let index) = function else {
      throw finding(.badUse, "\(phrase(function)) is called")
    }
    switch objects[Int(index)].kind {
    case .global(let global):
      let role = globals[Int(global)].role
      noteUse(of: global, "call", arguments)
      if role == .dictionary { return try push(.dictionary, pairs(arguments)) }
    case .call: break
    default: throw finding(.badUse, "\(phrase(function)) is called")
    }
    // A call shares its arguments with a tuple, of which there may be one for many calls.
    try countCopies(arguments.count)
    try push(.call(function: index), arguments)
  }

  /// The keys and values that a dictionary class is called with: `[[key, value], …]`, as Python 2
  /// writes them, or none; `defaultdict` has its default before.
  private mutating func pairs(_ arguments: [PickleValue]) throws(Finding) -> [PickleValue] {
    guard arguments.count == 1, case .object(let list) = arguments[0],
      objects[Int(list)].kind == .list || objects[Int(list)].kind == .tuple
    else { return [] }
    var items: [PickleValue] = []
    try countCopies(2 * objects[Int(list)].items.count)
    for pair in objects[Int(list)].items {
      guard case .object(let index) = pair, objects[Int(index)].items.count == 2 else {
        throw finding(.badUse, "a dictionary is made of \(phrase(pair)), pairs are expected")
      }
      items += objects[Int(index)].items
    }
    return items
  }

  private mutating func countCopies(_ count: Int) throws(Finding) {
    copiedItemCount += count
    guard copiedItemCount <= cursor.bytes.byteCount else {
      throw finding(.limit, "calls use the same arguments again and again")
    }
  }

  /// Gives an object attributes.
  private mutating func build(_ state: PickleValue) throws(Finding) {
    let target = try top()
    guard case .object(let index) = target, isBuildable(objects[Int(index)]) else {
      throw finding(.badUse, "BUILD changes \(phrase(target))")
    }
    guard objects[Int(index)].state == nil else {
      throw finding(.badUse, "BUILD changes \(phrase(target)) twice")
    }
    objects[Int(index)].state = state
  }

  private func isBuildable(_ object: PickleObject) -> Bool {
    switch object.kind {
    case .dictionary: return true
    case .call(let function):
      guard case .global(let global) = objects[Int(function)].kind else { return true }
      switch globals[Int(global)].role {
      case .inert, .unknown, .dangerous: return true
      default: return false
      }
    default: return false
    }
  }
}
