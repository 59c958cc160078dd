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
    case .popMark: stack.truncate(to: try popMark())
    case .dup: try push(top())
    case .none: try push(.none)
    case .newTrue: try push(.bool(true))
    case .newFalse: try push(.bool(false))
    case .binInt: try push(.int(operand(Int32.self)))
    case .binInt1: try push(.int(Int32(operand(UInt8.self))))
    case .binInt2: try push(.int(Int32(operand(UInt16.self))))
    case .binFloat:
      _ = try operand(UInt64.self)
      try pushNumber()
    case .long1:
      _ = try content(UInt8.self)
      try pushNumber()
    case .long4:
      _ = try content(Int32.self)
      try pushNumber()
    case .int, .long, .float:
      _ = try line()
      try pushNumber()
    case .string, .unicode:
      _ = try line()
      try push(.bytes(at: place))
    case .binUnicode: try pushText(content(UInt32.self))
    case .shortBinUnicode: try pushText(content(UInt8.self))
    case .binUnicode8: try pushText(content(UInt64.self))
    case .shortBinString: try pushString(content(UInt8.self))
    case .binString: try pushString(content(Int32.self))
    case .binBytes:
      _ = try content(UInt32.self)
      try push(.bytes(at: place))
    case .shortBinBytes:
      _ = try content(UInt8.self)
      try push(.bytes(at: place))
    case .binBytes8, .byteArray8:
      _ = try content(UInt64.self)
      try push(.bytes(at: place))
    case .emptyTuple: try push(.tuple)
    case .emptyList: try push(.list)
    case .emptyDict: try push(.dictionary)
    case .emptySet: try push(.set)
    case .tuple: try pushToMark(.tuple)
    case .tuple1: try pushTuple(1)
    case .tuple2: try pushTuple(2)
    case .tuple3: try pushTuple(3)
    case .list: try pushToMark(.list)
    case .frozenSet: try pushToMark(.set)
    case .dict: try pushDictionary()
    case .append: try append(from: stack.count - 1, toKind: "list")
    case .appends: try append(from: popMark(), toKind: "list")
    case .addItems: try append(from: popMark(), toKind: "set")
    case .setItem: try setItems(from: stack.count - 2)
    case .setItems: try setItems(from: popMark())
    case .put: try keep(index(of: line()))
    case .binPut: try keep(Int(operand(UInt8.self)))
    case .longBinPut: try keep(Int(operand(UInt32.self)))
    case .memoize: try keep(memo.count + firstMemo)
    case .get: try recall(index(of: line()))
    case .binGet: try recall(Int(operand(UInt8.self)))
    case .longBinGet: try recall(Int(operand(UInt32.self)))
    case .persID:
      _ = try line()
      try pushPersistent(.text(at: place))
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

  /// The place of the instruction, as values keep it.
  private var place: UInt32 { UInt32(start) }

  /// Puts down the number that the instruction holds.
  private mutating func pushNumber() throws(Finding) {
    switch PickleNumber(cursor.bytes, at: start) {
    case .bool(let flag): try push(.bool(flag))
    case .int(let number):
      try push(Int32(exactly: number).map { .int($0) } ?? .number(at: place))
    case .float, .long: try push(.number(at: place))
    case nil:
      let text = cursor.bytes.extracting(PickleText.range(in: cursor.bytes, at: start)).lossyText
      throw finding(.badText, "'\(text.shortened)' is no number")
    }
  }

  private mutating func pushText(_ range: Range<Int>) throws(Finding) {
    guard cursor.bytes.extracting(range).utf8Text != nil else {
      throw finding(.badText, "a text of \(range.count) bytes is not UTF-8")
    }
    try push(.text(at: place))
  }

  /// A string of Python 2: text if it is UTF-8, else bytes.
  private mutating func pushString(_ range: Range<Int>) throws(Finding) {
    let isText = cursor.bytes.extracting(range).utf8Text != nil
    try push(isText ? .text(at: place) : .bytes(at: place))
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
    guard 0..<memo.count ~= index - firstMemo else {
      throw finding(.memo, "the kept value \(index) is used, \(memo.count) have been kept")
    }
    try push(memo[index - firstMemo])
  }
}
