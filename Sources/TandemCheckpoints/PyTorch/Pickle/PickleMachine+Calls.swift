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
      guard case .text(let modulePlace) = module, case .text(let namePlace) = name else {
        throw finding(
          .badUse,
          "STACK_GLOBAL takes \(phrase(module)) and \(phrase(name)), two texts are expected")
      }
      try pushGlobal(
        PickleText.range(in: cursor.bytes, at: Int(modulePlace)),
        PickleText.range(in: cursor.bytes, at: Int(namePlace)))
    case .inst:
      let module = try line()
      try pushGlobal(module, line())
      let function = try pop()
      let arguments = objects.add(.tuple, at: start)
      try moveToMark(to: arguments)
      try pushCall(of: function, arguments)
    case .obj:
      let values = objects.add(.tuple, at: start)
      try moveToMark(to: values)
      guard let function = objects.items(of: values, limit: 1).first else {
        throw finding(.stack, "OBJ takes a class above the mark, there is none")
      }
      try pushCall(of: function, values, from: 1)
    case .reduce, .newObj:
      let arguments = try tuple(pop(), of: opcode)
      try pushCall(of: pop(), arguments)
    case .newObjEx:
      let names = try pop()
      let arguments = try tuple(pop(), of: opcode)
      try pushCall(of: pop(), arguments, and: names)
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
      // The record, its text twice, and the places of both in tables.
      globalByteCount += 256 + 3 * key.utf8.count
      globals.append(
        PickleGlobal(module: moduleText, name: nameText, isTorchScript: isTorchScript))
    }
    try push(.global(index))
  }

  private func tuple(
    _ value: PickleValue, of opcode: PickleOpcode
  ) throws(Finding) -> UInt32 {
    guard case .object(let index) = value, objects[index].kind == .tuple else {
      throw finding(.badUse, "\(opcode.name) takes \(phrase(value)) as arguments, not a tuple")
    }
    return index
  }

  /// Puts down the record of a call; what a dictionary class would give is a dictionary.
  ///
  /// - Parameters:
  ///   - arguments: The index of a tuple, which there may be one of for many calls.
  ///   - first: The number of its first item that is an argument.
  ///   - last: Another argument.
  private mutating func pushCall(
    of function: PickleValue, _ arguments: UInt32, from first: Int = 0,
    and last: PickleValue? = nil
  ) throws(Finding) {
    guard case .object(let index) = function else {
      throw finding(.badUse, "\(phrase(function)) is called")
    }
    switch objects[index].kind {
    case .global(let global):
      noteUse(of: global, "call", arguments, from: first)
      if globals[Int(global)].role == .dictionary {
        return try pushDictionary(
          of: objects.items(of: arguments, limit: first + 2).dropFirst(first))
      }
    case .call: break
    default: throw finding(.badUse, "\(phrase(function)) is called")
    }
    let call = objects.add(.call(function: index), at: start)
    try copyItems(of: arguments, from: first, to: call)
    if let last { objects.append(last, to: call) }
    try push(.object(call))
  }

  /// Puts down the dictionary that a class makes of `[[key, value], …]`, as Python 2 calls it, or of
  /// nothing; `defaultdict` has its default before.
  private mutating func pushDictionary(of arguments: ArraySlice<PickleValue>) throws(Finding) {
    let dictionary = objects.add(.dictionary, at: start)
    if arguments.count == 1, case .object(let list)? = arguments.first,
      objects[list].kind == .list || objects[list].kind == .tuple
    {
      var rest = objects.items(of: list)[...]
      while let pair = rest.popFirst() {
        guard case .object(let index) = pair, objects[index].itemCount == 2 else {
          throw finding(.badUse, "a dictionary is made of \(phrase(pair)), pairs are expected")
        }
        try copyItems(of: index, from: 0, to: dictionary)
      }
    }
    try push(.object(dictionary))
  }

  /// Copies items, of which an instruction of one byte may ask for many.
  private mutating func copyItems(
    of source: UInt32, from first: Int, to target: UInt32
  ) throws(Finding) {
    let count = Int(objects[source].itemCount)
    guard objects.byteCount + count * MemoryLayout<PickleValue>.stride <= memoryLimit else {
      throw finding(.limit, "calls use the same \(count) arguments again and again")
    }
    for item in objects.items(of: source).dropFirst(first) { objects.append(item, to: target) }
  }

  /// Gives an object attributes.
  private mutating func build(_ state: PickleValue) throws(Finding) {
    let target = try top()
    guard case .object(let index) = target, isBuildable(objects[index]) else {
      throw finding(.badUse, "BUILD changes \(phrase(target))")
    }
    guard objects[index].state == nil else {
      throw finding(.badUse, "BUILD changes \(phrase(target)) twice")
    }
    objects.setState(state, of: index)
  }

  private func isBuildable(_ object: PickleObject) -> Bool {
    switch object.kind {
    case .dictionary: return true
    case .call(let function):
      guard case .global(let global) = objects[function].kind else { return true }
      switch globals[Int(global)].role {
      case .inert, .unknown, .dangerous: return true
      default: return false
      }
    default: return false
    }
  }
}
