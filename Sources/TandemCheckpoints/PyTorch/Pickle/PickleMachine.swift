import TandemBytes

/// Reads a pickle as data and runs nothing.
///
/// A pickle is a program for a stack machine that can import and call anything. This one never
/// does: a name becomes a record of the name, a call a record of the function and its arguments.
/// Names that are not known to be harmless are findings, which say what would have been called.
///
/// Every instruction makes at most one value or object of constant size, so memory is bounded by a
/// multiple of the stream's length; how values refer to each other costs nothing until they are
/// walked.
struct PickleMachine: ~Escapable {
  /// The largest stream, in bytes.
  static let byteLimit = 1 << 30
  /// The largest number of values on the stack, of marks among them, and of a line of text.
  static let stackLimit = 1 << 20
  static let markLimit = 1 << 12
  static let lineByteLimit = 1 << 12
  static let protocolLimit = 5

  /// The stream, and whatever follows it.
  var cursor: ByteCursor
  /// The place of the stream in the file.
  let fileOffset: Int
  let path: String
  let isTorchScript: Bool
  /// Whether names that are not known are kept as data with a warning.
  let isLenient: Bool

  var stack: [PickleValue] = []
  /// The stack's heights at MARK.
  var marks: [Int] = []
  var memo: [PickleValue] = []
  /// The number of the first memo entry: Python 2 counts from 1.
  var firstMemo = 0
  var objects: [PickleObject] = []
  var globals: [PickleGlobal] = []
  var globalIndices: [String: UInt32] = [:]
  /// The names that a finding was made for, or for which none is needed.
  var reportedGlobals: Set<UInt32> = []
  var foreignOpcodes: Set<UInt8> = []
  /// Elements that calls have copied, bounded by the stream's length.
  var copiedItemCount = 0
  /// The place of the instruction that is being read.
  var start = 0
  var frameEnd: Int?
  var findings = Findings()

  /// - Parameters:
  ///   - bytes: Begin with the pickle, and may go on behind it.
  ///   - fileOffset: Their place in the file.
  @_lifetime(copy bytes)
  init(
    _ bytes: RawSpan, fileOffset: Int, path: String, isTorchScript: Bool = false, isLenient: Bool
  ) {
    cursor = ByteCursor(bytes.extracting(first: Self.byteLimit))
    self.fileOffset = fileOffset
    self.path = path
    self.isTorchScript = isTorchScript
    self.isLenient = isLenient
  }

  /// Reads up to STOP.
  ///
  /// - Returns: The pickle; its bytes end where ``cursor`` stands. Findings that do not end the
  ///   reading are in ``findings``.
  /// - Throws: What ends the reading.
  /// - Complexity: O(*n*) in the stream's bytes, in memory too.
  mutating func run() throws(Finding) -> Pickle {
    var root: PickleValue?
    while root == nil {
      start = cursor.offset
      guard let byte = cursor.next(UInt8.self) else { throw truncated("an instruction", 1) }
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw finding(.opcode, "\(byte.hexadecimal) is no instruction of a pickle")
      }
      if opcode.isForeign { noteForeign(opcode) }
      if opcode == .stop { root = try stop() } else { try execute(opcode) }
      try checkFrame()
    }
    noteImports()
    return Pickle(
      bytes: cursor.bytes.extracting(0..<cursor.offset).array, fileOffset: fileOffset,
      objects: objects, globals: globals, root: root ?? .none)
  }

  private mutating func stop() throws(Finding) -> PickleValue {
    let root = try pop()
    guard stack.isEmpty, marks.isEmpty else {
      throw finding(
        .stack, "STOP leaves \(stack.count) values and \(marks.count) marks behind the result")
    }
    return root
  }

  /// An instruction may not reach over the end of its frame: readers that fetch whole frames would
  /// see another one.
  private mutating func checkFrame() throws(Finding) {
    guard let end = frameEnd, cursor.offset >= end else { return }
    guard cursor.offset == end else {
      throw finding(.truncated, "the instruction goes past the end of its frame")
    }
    frameEnd = nil
  }

  private mutating func noteForeign(_ opcode: PickleOpcode) {
    guard foreignOpcodes.insert(opcode.rawValue).inserted else { return }
    findings.add(
      finding(.opcode, "the pickle holds \(opcode.name), which no checkpoint of PyTorch has"))
  }
}

extension PickleMachine {
  // MARK: Stack

  mutating func push(_ value: PickleValue) throws(Finding) {
    guard stack.count < Self.stackLimit else {
      throw finding(.limit, "more than \(Self.stackLimit) values lie on the stack")
    }
    stack.append(value)
  }

  /// Puts a new object on the stack.
  mutating func push(_ kind: PickleObject.Kind, _ items: [PickleValue] = []) throws(Finding) {
    objects.append(PickleObject(kind: kind, items: items, offset: UInt32(start)))
    try push(.object(UInt32(objects.count - 1)))
  }

  mutating func pop() throws(Finding) -> PickleValue {
    guard stack.count > (marks.last ?? 0) else {
      throw finding(.stack, "the instruction takes a value, none has been put down")
    }
    return stack.removeLast()
  }

  func top() throws(Finding) -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.last else {
      throw finding(.stack, "the instruction needs a value, none has been put down")
    }
    return value
  }

  /// Takes the values above the last mark, and the mark.
  mutating func popToMark() throws(Finding) -> [PickleValue] {
    guard let mark = marks.popLast() else {
      throw finding(.stack, "the instruction takes values down to a mark, there is none")
    }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  // MARK: Operands

  mutating func operand<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(Finding) -> Value {
    if let value = cursor.next(type) { return value }
    throw truncated("its operand", MemoryLayout<Value>.size)
  }

  /// The place of as many bytes as an operand says.
  mutating func content<Count: FixedWidthInteger & BitwiseCopyable>(
    _ count: Count.Type
  ) throws(Finding) -> Range<Int> {
    let byteCount = try operand(count)
    guard byteCount >= 0, let range = cursor.skip(UInt64(byteCount)) else {
      throw truncated("its operand", byteCount)
    }
    return range
  }

  /// The place of a text that ends with a line feed.
  mutating func line() throws(Finding) -> Range<Int> {
    let first = cursor.offset
    let bytes = cursor.bytes
    let last = min(bytes.byteCount, first + Self.lineByteLimit)
    guard let end = (first..<last).first(where: { bytes.byte(at: $0) == 0x0A }) else {
      throw truncated("a line of at most \(Self.lineByteLimit) bytes", last - first + 1)
    }
    _ = cursor.skip(UInt64(end + 1 - first))
    return first..<end
  }

  // MARK: Findings

  func finding(
    _ rule: PyTorchRule, _ message: String, at offset: Int? = nil, remedy: String? = nil
  ) -> Finding {
    Finding(
      rule, in: path, at: fileOffset + (offset ?? start), message, remedy: remedy)
  }

  func truncated(_ what: String, _ byteCount: some BinaryInteger) -> Finding {
    finding(
      .truncated, "\(what) takes \(byteCount) bytes, \(cursor.remaining) remain",
      remedy: SafetensorsHeader.download)
  }
}
