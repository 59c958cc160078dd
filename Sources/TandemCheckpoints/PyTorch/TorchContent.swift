import TandemBytes
import TandemTensors

/// Walks what a pickle holds and names it: tensors and other values by the path of keys that leads
/// to them.
struct TorchContent {
  /// The longest list whose elements are one value.
  static let shortListCount = 16
  static let depthLimit = 200
  static let nameByteLimit = 65_535

  /// A tensor that was found.
  struct Tensor {
    let name: String
    let view: TorchView
    /// The place in the file of the instruction that makes it.
    let offset: Int
  }

  private(set) var tensors: [Tensor] = []
  private(set) var entries: [PyTorchMetadata.Entry] = []
  private(set) var findings = Findings()
  private let pickle: Pickle
  private let reader: TorchViewReader
  private let path: String
  private var names: [ExactText: Int] = [:]
  /// The containers that lead to the value that is being looked at.
  private var containers: Set<UInt32> = []
  /// How many more values, and bytes of names, may be looked at: a pickle that refers to its
  /// objects again and again holds more values than bytes.
  private var valueBudget: Int
  private var nameBudget: Int

  /// - Complexity: O(*n*) in the pickle's bytes, and no more than a multiple of that whatever its
  ///   objects refer to.
  init(_ pickle: Pickle, _ storages: TorchStorages, path: String) {
    self.pickle = pickle
    self.path = path
    reader = TorchViewReader(pickle: pickle, storages: storages, path: path)
    valueBudget = 4 * pickle.bytes.count + 4096
    nameBudget = 16 * pickle.bytes.count + (1 << 20)
    do throws(Finding) {
      try walk(pickle.root, name: "", depth: 0)
    } catch {
      findings.add(error)
    }
  }

  private mutating func walk(
    _ value: PickleValue, name: String, depth: Int
  ) throws(Finding) {
    valueBudget -= 1
    nameBudget -= name.utf8.count
    guard valueBudget > 0, nameBudget > 0, depth < Self.depthLimit else {
      throw Finding(
        PyTorchRule.limit, in: path, item: name.shortened, at: pickle.fileOffset,
        depth < Self.depthLimit
          ? "the pickle of \(pickle.bytes.count) bytes expands to too many values"
          : "values are nested more than \(Self.depthLimit) deep")
    }
    guard case .object(let index) = value else { return addEntry(name, value) }
    if addTensor(name, value, index) { return }
    guard containers.insert(index).inserted else {
      return entries.append(.init(name: name, value: .other("a value that holds this one")))
    }
    defer { containers.remove(index) }
    let object = pickle.objects[Int(index)]
    switch object.kind {
    case .dictionary:
      try walkPairs(object.items, name: name, depth: depth)
      if let state = object.state { try walk(state, name: name, depth: depth + 1) }
    case .list, .tuple, .set:
      if isShort(object) { return addEntry(name, value) }
      try walkElements(object.items, name: name, depth: depth)
    case .call: try walkCall(value, object, name: name, depth: depth)
    case .global, .persistent: addEntry(name, value)
    }
  }

  private mutating func walkPairs(
    _ items: [PickleValue], name: String, depth: Int
  ) throws(Finding) {
    for index in stride(from: 0, to: items.count - 1, by: 2) {
      let key = self.key(items[index])
      // What PyTorch notes about the versions of modules says nothing about the tensors.
      if key == "_metadata" { continue }
      let isGroup = key == "_parameters" || key == "_buffers" || key == "_modules"
      try walk(
        items[index + 1], name: isGroup ? name : join(name, key), depth: depth + 1)
    }
  }

  /// Elements are named by their number; those without content are not named one by one.
  private mutating func walkElements(
    _ items: [PickleValue], name: String, depth: Int
  ) throws(Finding) {
    let hasObjects = items.contains { if case .object = $0 { true } else { false } }
    guard hasObjects else {
      return entries.append(
        .init(name: name, value: .other("a list of \(items.count) values")))
    }
    for (number, item) in items.enumerated() {
      try walk(item, name: join(name, "\(number)"), depth: depth + 1)
    }
  }

  /// An object of a class: what it was made with and its attributes.
  private mutating func walkCall(
    _ value: PickleValue, _ object: PickleObject, name: String, depth: Int
  ) throws(Finding) {
    if let known = PythonValue(pickle).value(of: value) {
      return entries.append(.init(name: name, value: known))
    }
    let function = pickle.call(value)?.function.qualifiedName ?? "a call"
    let inner = object.items.filter { item in
      guard let kind = pickle.object(item)?.kind else { return false }
      if case .global = kind { return false }
      return pickle.object(item)?.items.isEmpty == false
    }
    let count = tensors.count + entries.count
    for item in inner { try walk(item, name: name, depth: depth + 1) }
    if let state = object.state { try walk(state, name: name, depth: depth + 1) }
    if tensors.count + entries.count == count {
      entries.append(.init(name: name, value: .other(function)))
    }
  }

  /// Adds a tensor, or what is wrong with it; false if the value is none.
  private mutating func addTensor(_ name: String, _ value: PickleValue, _ index: UInt32) -> Bool {
    do throws(Finding) {
      guard let view = try reader.view(value, name: name) else { return false }
      let offset = pickle.fileOffset + Int(pickle.objects[Int(index)].offset)
      try checkName(name, at: offset)
      tensors.append(Tensor(name: name, view: view, offset: offset))
    } catch {
      findings.add(error)
    }
    return true
  }

  private mutating func checkName(_ name: String, at offset: Int) throws(Finding) {
    func flaw(_ rule: PyTorchRule, _ message: String) -> Finding {
      Finding(rule, in: path, item: name.shortened, at: offset, message)
    }
    if name.isEmpty { throw flaw(.badName, "the file holds one tensor, which has no name") }
    guard name.utf8.count <= Self.nameByteLimit else {
      throw flaw(
        .badName,
        "the name has \(name.utf8.count) bytes, at most \(Self.nameByteLimit) are allowed")
    }
    guard name.unicodeScalars.allSatisfy(\.isPrintable) else {
      throw flaw(.badName, "the name holds a control character")
    }
    if let first = names.updateValue(offset, forKey: ExactText(name)) {
      throw flaw(.duplicateName, "another tensor has this name, at byte \(first)")
    }
  }

  // MARK: Values

  private mutating func addEntry(_ name: String, _ value: PickleValue) {
    entries.append(.init(name: name, value: PythonValue(pickle).scalar(value)))
  }

  /// Whether a list is shown as one value.
  private func isShort(_ object: PickleObject) -> Bool {
    object.items.count <= Self.shortListCount
      && object.items.allSatisfy { if case .object = $0 { false } else { true } }
  }

  private func key(_ value: PickleValue) -> String {
    pickle.text(value) ?? PythonValue(pickle).scalar(value).description
  }

  private func join(_ name: String, _ key: String) -> String {
    name.isEmpty ? key : "\(name).\(key)"
  }
}
