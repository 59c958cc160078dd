import TandemBytes

/// Reads a pickle as data and runs nothing.
///
/// A pickle is a program for a stack machine that can import and call anything. This one never
/// does: a name becomes a record of the name, a call a record of the function and its arguments.
/// Names that are not known to be harmless are findings, which say what would have been called.
///
/// Every instruction makes at most one value and one object of constant size, and what all of them
/// take is bounded by a multiple of the file's bytes; how values refer to each other costs nothing
/// until they are walked.
struct PickleMachine: ~Escapable {
  /// The largest stream, in bytes.
  static let byteLimit = 1 << 30
  /// The largest number of values on the stack, of marks among them, and of bytes in a line of text.
  static let stackLimit = 1 << 22
  static let markLimit = 1 << 12
  static let lineByteLimit = 1 << 12
  static let protocolLimit = 5
  /// How many times the file's bytes what a pickle holds may take in memory.
  ///
  /// A pickle can say in a byte what takes many: an empty list, or another use of a value that was
  /// kept. Those of PyTorch take three to eight times their own bytes, which are few beside the
  /// tensors'.
  static let memoryFactor = 12
  /// So that a small file that is compressed, or holds nothing but names, is read.
  static let leastMemoryLimit = 1 << 18

  /// The stream, and whatever follows it.
  var cursor: ByteCursor
  /// The place of the stream in the file.
  let fileOffset: Int
  let path: String
  let isTorchScript: Bool
  /// Whether names that are not known are kept as data with a warning.
  let isLenient: Bool

  /// The most that values and objects may take, in bytes.
  let memoryLimit: Int
  var stack = PagedArray<PickleValue>()
  /// The stack's heights at MARK.
  var marks: [Int] = []
  var memo = PagedArray<PickleValue>()
  /// The number of the first memo entry: Python 2 counts from 1.
  var firstMemo = 0
  var objects = PickleObjects()
  var globals: [PickleGlobal] = []
  var globalIndices: [String: UInt32] = [:]
  /// The names that a finding was made for, or for which none is needed.
  var reportedGlobals: Set<UInt32> = []
  var foreignOpcodes: Set<UInt8> = []
  /// What the names take, in bytes.
  var globalByteCount = 0
  /// The place of the instruction that is being read.
  var start = 0
  var frameEnd: Int?
  var findings = Findings()

  /// - Parameters:
  ///   - bytes: Begin with the pickle, and may go on behind it.
  ///   - fileOffset: Their place in the file.
  @_lifetime(copy bytes)
  init(
    _ bytes: RawSpan, of file: MappedFile, fileOffset: Int, isTorchScript: Bool = false,
    isLenient: Bool
  ) {
    cursor = ByteCursor(bytes.extracting(first: Self.byteLimit))
    self.fileOffset = fileOffset
    path = file.path
    memoryLimit = Self.memoryLimit(ofFile: file.byteCount)
    self.isTorchScript = isTorchScript
    self.isLenient = isLenient
  }

  /// The most that what a pickle in a file of so many bytes holds may take in memory.
  static func memoryLimit(ofFile byteCount: Int) -> Int {
    let (product, overflow) = byteCount.multipliedReportingOverflow(by: memoryFactor)
    return overflow ? .max : max(product, leastMemoryLimit)
  }

  /// Reads up to STOP.
  ///
  /// - Returns: The pickle; its bytes end where ``cursor`` stands. Findings that do not end the
  ///   reading are in ``findings``.
  /// - Throws: What ends the reading.
  /// - Complexity: O(*n*) in the stream's bytes; ``memoryLimit`` bounds the memory.
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
      try checkMemory()
    }
    noteImports()
    memo = PagedArray()
    return Pickle(
      bytes: cursor.bytes.extracting(0..<cursor.offset).array, fileOffset: fileOffset,
      memoryLimit: memoryLimit, objects: objects, globals: globals, root: root ?? .none)
  }

  private func checkMemory() throws(Finding) {
    // While values go from the stack into an object, they are in both.
    let valueCount = 2 * stack.count + memo.count
    let byteCount =
      valueCount * MemoryLayout<PickleValue>.stride + objects.byteCount + globalByteCount
    guard byteCount <= memoryLimit else {
      throw finding(
        .limit,
        "what the pickle holds takes over \(memoryLimit) bytes, too many for a file of its size")
    }
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
    let index = objects.add(kind, at: start)
    for item in items { objects.append(item, to: index) }
    try push(.object(index))
  }

  /// Puts a new object on the stack that holds the values above the last mark.
  mutating func pushToMark(_ kind: PickleObject.Kind) throws(Finding) {
    let index = objects.add(kind, at: start)
    try moveToMark(to: index)
    try push(.object(index))
  }

  /// Takes the values above the last mark, and the mark, and adds them to an object.
  mutating func moveToMark(to index: UInt32) throws(Finding) {
    let mark = try popMark()
    for place in mark..<stack.count { objects.append(stack[place], to: index) }
    stack.truncate(to: mark)
  }

  mutating func pop() throws(Finding) -> PickleValue {
    guard stack.count > (marks.last ?? 0) else {
      throw finding(.stack, "the instruction takes a value, none has been put down")
    }
    return stack.removeLast()
  }

  func top() throws(Finding) -> PickleValue {
    guard stack.count > (marks.last ?? 0) else {
      throw finding(.stack, "the instruction needs a value, none has been put down")
    }
    return stack[stack.count - 1]
  }

  /// Takes the last mark, and returns the height of the stack below it.
  mutating func popMark() throws(Finding) -> Int {
    guard let mark = marks.popLast() else {
      throw finding(.stack, "the instruction takes values down to a mark, there is none")
    }
    return mark
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
