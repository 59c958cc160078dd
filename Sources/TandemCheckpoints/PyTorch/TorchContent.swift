import TandemBytes
import TandemTensors

/// Walks what a pickle holds and names it: tensors and other values by the path of keys that leads
/// to them.
struct TorchContent {
  /// The longest list whose elements are shown, as one value.
  static let shortListCount = 16
  /// The longest dictionary of numbers and texts whose values are told apart.
  static let longDictionaryCount = 1000
  static let depthLimit = 200
  static let nameByteLimit = 65_535

  /// A tensor that was found, and the place in the file of the instruction that makes it.
  struct Tensor {
    let descriptor: TensorDescriptor
    let offset: Int
  }

  private(set) var tensors = PagedArray<Tensor>()
  private(set) var entries: [PyTorchMetadata.Entry] = []
  private(set) var findings = Findings()
  private let content: PyTorchShard.Content
  private let fileIndex: Int
  private let reader: TorchViewReader
  private let path: String
  private var names = NameTable()
  /// The containers that lead to the value that is being looked at.
  private var containers: Set<UInt32> = []
  /// How many more values, and bytes of names, may be looked at: a pickle that refers to its
  /// objects again and again holds more values than bytes.
  private var valueBudget: Int
  private var nameBudget: Int
  /// The memory that is left for tensors and for other values, in bytes.
  private var tensorRoom: Int
  private var entryRoom: Int
  /// Values for which there was no room.
  private var omittedCount = 0

  private var pickle: Pickle { content.pickle }

  /// - Complexity: O(*n*) in the pickle's bytes, and no more than a multiple of that whatever its
  ///   objects refer to.
  init(_ content: PyTorchShard.Content, fileIndex: Int, path: String) {
    self.content = content
    self.fileIndex = fileIndex
    self.path = path
    let pickle = content.pickle
    reader = TorchViewReader(pickle: pickle, storages: content.storages, path: path)
    valueBudget = 4 * pickle.bytes.count + 4096
    nameBudget = 16 * pickle.bytes.count + (1 << 20)
    let room = max(0, pickle.memoryLimit - pickle.objects.byteCount)
    (tensorRoom, entryRoom) = (room - room / 4, room / 4)
    do throws(Finding) {
      try walk(pickle.root, name: "", depth: 0)
    } catch {
      findings.add(error)
    }
    if omittedCount > 0 {
      entries.append(.init(name: "…", value: .other("\(omittedCount) more values")))
    }
  }

  private mutating func walk(
    _ value: PickleValue, name: String, depth: Int
  ) throws(Finding) {
    valueBudget -= 1
    nameBudget -= name.utf8.count
    guard valueBudget > 0, nameBudget > 0, depth < Self.depthLimit else {
      throw limit(
        name,
        depth < Self.depthLimit
          ? "the pickle of \(pickle.bytes.count) bytes expands to too many values"
          : "values are nested more than \(Self.depthLimit) deep")
    }
    guard case .object(let index) = value else { return addEntry(name, scalar(value)) }
    // What was saved without a container is called as its file, as an array of NumPy is.
    if try addTensor(depth == 0 ? Paths.stem(path) : name, value, index) { return }
    guard containers.insert(index).inserted else {
      return addEntry(name, .other("a value that holds this one"))
    }
    defer { containers.remove(index) }
    let object = pickle.objects[index]
    switch object.kind {
    case .dictionary:
      try walkPairs(of: index, name: name, depth: depth)
      if let state = object.state { try walk(state, name: name, depth: depth + 1) }
    case .list, .tuple, .set: try walkElements(of: index, value, name: name, depth: depth)
    case .call: try walkCall(value, index, name: name, depth: depth)
    case .global, .persistent: addEntry(name, scalar(value))
    }
  }

  private func limit(_ name: String, _ message: String) -> Finding {
    Finding(
      PyTorchRule.limit, in: path, item: name.shortened, at: pickle.fileOffset, message)
  }

  private mutating func walkPairs(
    of index: UInt32, name: String, depth: Int
  ) throws(Finding) {
    let objects = pickle.objects
    let pairCount = Int(objects[index].itemCount) / 2
    if pairCount > Self.longDictionaryCount && !holdsObjects(index) {
      return addEntry(name, .other("a dictionary of \(pairCount)"))
    }
    var key: PickleValue?
    try objects.forEachItem(of: index) { item throws(Finding) in
      guard let known = key else {
        key = item
        return true
      }
      key = nil
      let text = self.key(known)
      // What PyTorch notes about the versions of modules says nothing about the tensors.
      if text == "_metadata" { return true }
      let isGroup = text == "_parameters" || text == "_buffers" || text == "_modules"
      try walk(item, name: isGroup ? name : join(name, text), depth: depth + 1)
      return true
    }
  }

  /// Elements are named by their number; those without content are not named one by one.
  private mutating func walkElements(
    of index: UInt32, _ value: PickleValue, name: String, depth: Int
  ) throws(Finding) {
    let objects = pickle.objects
    guard holdsObjects(index) else {
      let count = objects[index].itemCount
      return addEntry(
        name, count <= Self.shortListCount ? scalar(value) : .other("a list of \(count) values"))
    }
    var number = 0
    try objects.forEachItem(of: index) { item throws(Finding) in
      try walk(item, name: join(name, "\(number)"), depth: depth + 1)
      number += 1
      return true
    }
  }

  private func holdsObjects(_ index: UInt32) -> Bool {
    var holdsObjects = false
    pickle.objects.forEachItem(of: index) { item in
      if case .object = item { holdsObjects = true }
      return !holdsObjects
    }
    return holdsObjects
  }

  /// An object of a class: what it was made with and its attributes.
  private mutating func walkCall(
    _ value: PickleValue, _ index: UInt32, name: String, depth: Int
  ) throws(Finding) {
    if let known = PythonValue(pickle).value(of: value) { return addEntry(name, known) }
    let objects = pickle.objects
    let count = tensors.count + entries.count
    try objects.forEachItem(of: index) { item throws(Finding) in
      guard case .object(let inner) = item, objects[inner].itemCount > 0 else { return true }
      try walk(item, name: name, depth: depth + 1)
      return true
    }
    if let state = objects[index].state { try walk(state, name: name, depth: depth + 1) }
    if tensors.count + entries.count == count {
      addEntry(name, .other(pickle.call(value)?.function.qualifiedName ?? "a call"))
    }
  }

  /// Adds a tensor, or what is wrong with it; false if the value is none.
  private mutating func addTensor(
    _ name: String, _ value: PickleValue, _ index: UInt32
  ) throws(Finding) -> Bool {
    do throws(Finding) {
      guard let view = try reader.view(value, name: name) else { return false }
      let offset = pickle.fileOffset + Int(pickle.objects[index].offset)
      try checkName(name, at: offset)
      let storage = content.storages.all[view.storage]
      // Without a place there is a finding that says so.
      guard let place = storage.place else { return true }
      let descriptor = view.descriptor(
        name: name, in: storage, place, fileIndex: fileIndex, isBigEndian: content.isBigEndian)
      try add(Tensor(descriptor: descriptor, offset: offset))
    } catch {
      // What is over the limit ends the reading.
      if error.code == PyTorchRule.limit.rawValue && tensorRoom < 0 { throw error }
      findings.add(error)
    }
    return true
  }

  private mutating func add(_ tensor: Tensor) throws(Finding) {
    let descriptor = tensor.descriptor
    let stridedByteCount = descriptor.form == .inPlace ? 0 : 160 + 8 * descriptor.shape.rank
    // The descriptor twice, its shape, its places in the table of names and in the file's order.
    tensorRoom -= 224 + 8 * descriptor.shape.rank + descriptor.name.utf8.count + stridedByteCount
    guard tensorRoom >= 0 else {
      throw limit(
        descriptor.name,
        "the pickle of \(pickle.bytes.count) bytes names \(tensors.count) tensors and more, "
          + "too many for a file of its size")
    }
    let number = tensors.count
    let first: Int?
    do {
      let known = tensors
      first = names.insert(number) { $0 < number ? known[$0].descriptor.name : descriptor.name }
    }
    guard let first else { return tensors.append(tensor) }
    throw Finding(
      PyTorchRule.duplicateName, in: path, item: descriptor.name.shortened, at: tensor.offset,
      "another tensor has this name, at byte \(tensors[first].offset)")
  }

  private mutating func checkName(_ name: String, at offset: Int) throws(Finding) {
    func flaw(_ rule: PyTorchRule, _ message: String) -> Finding {
      Finding(rule, in: path, item: name.shortened, at: offset, message)
    }
    if name.isEmpty { throw flaw(.badName, "the name is empty") }
    guard name.utf8.count <= Self.nameByteLimit else {
      throw flaw(
        .badName,
        "the name has \(name.utf8.count) bytes, at most \(Self.nameByteLimit) are allowed")
    }
    guard name.unicodeScalars.allSatisfy(\.isPrintable) else {
      throw flaw(.badName, "the name holds a control character")
    }
  }

  // MARK: Values

  /// Keeps a value, or counts it if there are too many for a file of its size.
  private mutating func addEntry(_ name: String, _ value: PyTorchValue) {
    entryRoom -= 160 + name.utf8.count + value.byteCount
    if entryRoom >= 0 {
      entries.append(.init(name: name, value: value))
    } else {
      omittedCount += 1
    }
  }

  private func scalar(_ value: PickleValue) -> PyTorchValue { PythonValue(pickle).scalar(value) }

  private func key(_ value: PickleValue) -> String {
    pickle.text(value) ?? scalar(value).description
  }

  private func join(_ name: String, _ key: String) -> String {
    name.isEmpty ? key : "\(name).\(key)"
  }
}
