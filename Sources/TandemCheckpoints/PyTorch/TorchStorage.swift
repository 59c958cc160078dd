import TandemBytes
import TandemTensors

/// The elements that tensors are views of, as a pickle describes them: bytes outside the pickle.
struct TorchStorage: Sendable {
  let key: String
  /// nil for bytes without a type.
  let type: ElementType?
  /// The name of a type that cannot be read.
  let otherType: String?
  let elementByteCount: Int
  let elementCount: Int
  /// The place in the stream, for findings.
  let offset: Int
  /// Where the bytes are; nil until they are found.
  var place: Place?

  /// Bytes of a file.
  struct Place: Sendable {
    let range: Range<Int>
    let isDeflated: Bool
  }

  /// The bytes once they are decompressed; ``init(_:of:)`` has checked that there is such a number.
  var byteCount: Int { elementCount * elementByteCount }

  /// A part of a storage, counted in its elements.
  struct View: Sendable {
    /// The index of the storage.
    let storage: Int
    let range: Range<Int>
  }
}

/// All storages that a pickle names, and what each object that names one stands for.
struct TorchStorages {
  private(set) var all: [TorchStorage] = []
  /// By the index of the object in the pickle.
  private(set) var views: [UInt32: TorchStorage.View] = [:]
  private(set) var findings = Findings()
  private var indices: [ExactText: Int] = [:]
  private let path: String

  /// Collects the storages of a pickle.
  ///
  /// - Complexity: O(*n*) in the number of objects.
  init(of pickle: Pickle, path: String) {
    self.path = path
    var room = pickle.memoryLimit - pickle.objects.byteCount
    for index in pickle.objects.indices where pickle.objects[index].kind == .persistent {
      // A storage, and its places in two tables.
      room -= 384
      guard room >= 0 else {
        findings.add(
          Finding(
            PyTorchRule.limit, in: path, at: pickle.fileOffset,
            "the pickle names \(all.count) storages and more, too many for a file of its size"))
        return
      }
      do throws(Finding) {
        views[index] = try view(index, in: pickle)
      } catch {
        findings.add(error)
      }
    }
  }

  /// The index of the storage with a key.
  func index(of key: String) -> Int? { indices[ExactText(key)] }

  mutating func place(_ index: Int, at place: TorchStorage.Place) { all[index].place = place }

  /// Reads `('storage', type, key, location, element count)`; in legacy files a sixth element is
  /// None or `(key, offset, count)` of a part.
  private mutating func view(
    _ object: UInt32, in pickle: Pickle
  ) throws(Finding) -> TorchStorage.View {
    let place = pickle.fileOffset + Int(pickle.objects[object].offset)
    let path = path
    func flaw(_ message: String) -> Finding {
      Finding(PyTorchRule.persistentID, in: path, at: place, message)
    }
    guard let name = pickle.objects.items(of: object, limit: 1).first,
      pickle.object(name)?.kind == .tuple,
      let parts = pickle.elements(name, limit: 7), 5...6 ~= parts.count,
      pickle.text(parts[0]) == "storage", let type = pickle.global(parts[1]),
      let key = pickle.text(parts[2]), pickle.text(parts[3]) != nil,
      let elementCount = pickle.int(parts[4])
    else {
      throw flaw("the storage's name is not ('storage', type, key, location, element count)")
    }
    guard let storage = Self.storage(key, type, elementCount, offset: place) else {
      throw flaw(
        "the storage '\(key.shortened)' has the type \(type.qualifiedName.shortened) and \(elementCount) elements"
      )
    }
    let index = try add(storage, flaw)
    var range = 0..<elementCount
    if parts.count == 6, parts[5] != .none {
      guard let view = pickle.elements(parts[5], limit: 4), view.count == 3,
        let start = pickle.int(view[1]),
        let count = pickle.int(view[2]), start >= 0, count >= 0, start <= elementCount,
        count <= elementCount - start
      else { throw flaw("the part of storage '\(key.shortened)' lies outside it") }
      range = start..<start + count
    }
    return TorchStorage.View(storage: index, range: range)
  }

  /// The storage of a type, nil if the type is none or the size is over 2^63-1.
  private static func storage(
    _ key: String, _ type: PickleGlobal, _ elementCount: Int, offset: Int
  ) -> TorchStorage? {
    var elementType: ElementType?
    var other: String?
    let width: Int
    switch type.role {
    case .storage(let type):
      elementType = type
      width = type?.block.byteCount ?? 1
    case .otherStorage(let name, let byteCount):
      other = name
      width = byteCount
    default: return nil
    }
    let isCountable = !elementCount.multipliedReportingOverflow(by: width).overflow
    guard elementCount >= 0, isCountable else { return nil }
    return TorchStorage(
      key: key, type: elementType, otherType: other, elementByteCount: width,
      elementCount: elementCount, offset: offset)
  }

  private mutating func add(
    _ storage: TorchStorage, _ flaw: (String) -> Finding
  ) throws(Finding) -> Int {
    let key = ExactText(storage.key)
    guard let index = indices[key] else {
      indices[key] = all.count
      all.append(storage)
      return all.count - 1
    }
    let known = all[index]
    guard known.type == storage.type, known.otherType == storage.otherType,
      known.elementCount == storage.elementCount
    else {
      throw flaw(
        "the storage '\(storage.key.shortened)' is named twice with another type or size")
    }
    return index
  }
}
