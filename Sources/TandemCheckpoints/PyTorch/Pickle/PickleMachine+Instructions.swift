import TandemBytes

extension PickleMachine {
  mutating func execute(_ opcode: PickleOpcode) throws(Finding) {
    switch opcode {
    case .stop: break
    case .proto: try readProtocol()
    case .frame: try readFrame()
    case .mark:
      guard marks.count < Self.markLimit else {
        throw finding(.limit, "more than \(Self.markLimit) marks lie on the stack")
      }
      marks.append(stack.count)
    case .pop:
      // Without a value above it, the mark itself goes.
      if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .dup: try push(top())
    case .none: try push(.none)
    case .newTrue: try push(.bool(true))
    case .newFalse: try push(.bool(false))
    case .binInt: try push(.int(Int(operand(Int32.self))))
    case .binInt1: try push(.int(Int(operand(UInt8.self))))
    case .binInt2: try push(.int(Int(operand(UInt16.self))))
    case .binFloat:
      // The only big-endian operand.
      try push(.float(Double(bitPattern: operand(UInt64.self).byteSwapped)))
    case .long1: try pushLong(content(UInt8.self))
    case .long4: try pushLong(content(Int32.self))
    case .int, .long, .float: try pushNumber(line())
    case .string, .unicode: try pushBytes(line())
    case .binUnicode: try pushText(content(UInt32.self))
    case .shortBinUnicode: try pushText(content(UInt8.self))
    case .binUnicode8: try pushText(content(UInt64.self))
    case .shortBinString: try pushString(content(UInt8.self))
    case .binString: try pushString(content(Int32.self))
    case .binBytes: try pushBytes(content(UInt32.self))
    case .shortBinBytes: try pushBytes(content(UInt8.self))
    case .binBytes8, .byteArray8: try pushBytes(content(UInt64.self))
    case .emptyTuple: try push(.tuple)
    case .emptyList: try push(.list)
    case .emptyDict: try push(.dictionary)
    case .emptySet: try push(.set)
    case .tuple: try push(.tuple, popToMark())
    case .tuple1: try pushTuple(1)
    case .tuple2: try pushTuple(2)
    case .tuple3: try pushTuple(3)
    case .list: try push(.list, popToMark())
    case .frozenSet: try push(.set, popToMark())
    case .dict: try pushDictionary()
    case .append: try append([pop()], toKind: "list")
    case .appends: try append(popToMark(), toKind: "list")
    case .addItems: try append(popToMark(), toKind: "set")
    case .setItem:
      let value = try pop()
      try setItems([pop(), value])
    case .setItems: try setItems(popToMark())
    case .put: try keep(index(of: line()))
    case .binPut: try keep(Int(operand(UInt8.self)))
    case .longBinPut: try keep(Int(operand(UInt32.self)))
    case .memoize: try keep(memo.count + firstMemo)
    case .get: try recall(index(of: line()))
    case .binGet: try recall(Int(operand(UInt8.self)))
    case .longBinGet: try recall(Int(operand(UInt32.self)))
    case .persID: try pushPersistent(textValue(line()))
    case .binPersID: try pushPersistent(pop())
    case .global, .stackGlobal, .inst, .obj, .reduce, .newObj, .newObjEx, .build, .ext1, .ext2,
      .ext4, .nextBuffer, .readOnlyBuffer:
      try call(opcode)
    }
  }

  private mutating func readProtocol() throws(Finding) {
    guard start == 0 else {
      throw finding(.protocolVersion, "PROTO stands inside the pickle, it may only begin it")
    }
    let version = try operand(UInt8.self)
    guard version <= Self.protocolLimit else {
      throw finding(
        .protocolVersion, "the protocol is \(version), at most \(Self.protocolLimit) can be read")
    }
  }

  private mutating func readFrame() throws(Finding) {
    let byteCount = try operand(UInt64.self)
    guard frameEnd == nil else { throw finding(.truncated, "a frame begins inside another one") }
    guard byteCount <= UInt64(cursor.remaining) else { throw truncated("the frame", byteCount) }
    if byteCount > 0 { frameEnd = cursor.offset + Int(byteCount) }
  }

  // MARK: Numbers and texts

  private mutating func pushLong(_ range: Range<Int>) throws(Finding) {
    guard range.count <= 8 else {
      return try push(
        .long(offset: UInt32(range.lowerBound), byteCount: UInt32(range.count)))
    }
    var number: UInt64 = 0
    for place in range.reversed() { number = number << 8 | UInt64(cursor.bytes.byte(at: place)) }
    let unused = UInt64(64 - 8 * range.count)
    // The last byte holds the sign.
    try push(.int(range.isEmpty ? 0 : Int(Int64(bitPattern: number << unused) >> unused)))
  }

  /// A number of protocol 0: digits, `00` and `01` for false and true, an `L` behind a long one.
  private mutating func pushNumber(_ range: Range<Int>) throws(Finding) {
    let text = cursor.bytes.extracting(range).lossyText
    if text == "00" || text == "01" { return try push(.bool(text == "01")) }
    let digits = text.hasSuffix("L") ? String(text.dropLast()) : text
    if let number = Int(digits) { return try push(.int(number)) }
    guard let number = Double(digits) else {
      throw finding(.badText, "'\(text.shortened)' is no number")
    }
    try push(.float(number))
  }

  private mutating func pushText(_ range: Range<Int>) throws(Finding) {
    guard cursor.bytes.extracting(range).utf8Text != nil else {
      throw finding(.badText, "a text of \(range.count) bytes is not UTF-8")
    }
    try push(textValue(range))
  }

  /// A string of Python 2: text if it is UTF-8, else bytes.
  private mutating func pushString(_ range: Range<Int>) throws(Finding) {
    if cursor.bytes.extracting(range).utf8Text != nil { return try push(textValue(range)) }
    try pushBytes(range)
  }

  private mutating func pushBytes(_ range: Range<Int>) throws(Finding) {
    try push(.bytes(offset: UInt32(range.lowerBound), byteCount: UInt32(range.count)))
  }

  private func textValue(_ range: Range<Int>) -> PickleValue {
    .text(offset: UInt32(range.lowerBound), byteCount: UInt32(range.count))
  }

  // MARK: Memo

  private func index(of range: Range<Int>) throws(Finding) -> Int {
    let text = cursor.bytes.extracting(range).lossyText
    guard let index = Int(text), index >= 0 else {
      throw finding(.badText, "'\(text.shortened)' is no number of a kept value")
    }
    return index
  }

  /// Keeps the top of the stack under a number; writers count up.
  private mutating func keep(_ index: Int) throws(Finding) {
    let value = try top()
    if memo.isEmpty && index == 1 { firstMemo = 1 }
    let place = index - firstMemo
    guard 0...memo.count ~= place else {
      throw finding(
        .memo, "a value is kept as number \(index), the next is \(memo.count + firstMemo)")
    }
    if place == memo.count { memo.append(value) } else { memo[place] = value }
  }

  private mutating func recall(_ index: Int) throws(Finding) {
    guard memo.indices.contains(index - firstMemo) else {
      throw finding(.memo, "the kept value \(index) is used, \(memo.count) have been kept")
    }
    try push(memo[index - firstMemo])
  }
}
