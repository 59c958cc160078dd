import TandemBytes

/// What a pickle's stack holds: a small number, the place of a larger one or of a text in the
/// stream, or an object.
///
/// 8 bytes, so that a stream of one-byte instructions cannot fill the memory. Places are those of
/// the instruction that puts the value down; the stream has at most 2^30 bytes.
enum PickleValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case int(Int32)
  /// A larger integer, or a float: ``PickleNumber``.
  case number(at: UInt32)
  /// UTF-8.
  case text(at: UInt32)
  case bytes(at: UInt32)
  /// The index of an object of the same pickle.
  case object(UInt32)
}

/// What can be changed after it was made, or be in several places: objects refer to each other by
/// index, so that cycles need no care.
struct PickleObject: Sendable {
  enum Kind: Hashable, Sendable {
    case tuple, list, set
    /// Keys and values alternate in the items.
    case dictionary
    /// The index of a name in ``Pickle/globals``.
    case global(UInt32)
    /// What calling a function would have given; the items are the arguments.
    case call(function: UInt32)
    /// What a name from outside the pickle stands for, a storage; the one item is the name.
    case persistent
  }

  let kind: Kind
  /// The place in the stream of the instruction that made it.
  let offset: UInt32
  fileprivate var firstRun = UInt32.max
  fileprivate var lastRun = UInt32.max
  fileprivate(set) var itemCount: UInt32 = 0
  /// What BUILD gave it: attributes.
  var state: PickleValue?
}

/// The objects of a pickle and their items.
struct PickleObjects: Sendable {
  /// Items of one object that lie one after the other in ``items``.
  private struct Run: Sendable {
    let start: UInt32
    var count: UInt32
    var next = UInt32.max

    func isFollowed(by place: UInt32) -> Bool { start + count == place }
  }

  private var objects = PagedArray<PickleObject>()
  private var runs = PagedArray<Run>()
  private var items = PagedArray<PickleValue>()

  var count: Int { objects.count }
  var indices: Range<UInt32> { 0..<UInt32(objects.count) }

  /// The bytes that all of it takes.
  var byteCount: Int {
    objects.count * MemoryLayout<PickleObject>.stride + runs.count * MemoryLayout<Run>.stride
      + items.count * MemoryLayout<PickleValue>.stride
  }

  subscript(index: UInt32) -> PickleObject { objects[Int(index)] }

  /// Makes an object, and returns its index.
  mutating func add(_ kind: PickleObject.Kind, at offset: Int) -> UInt32 {
    objects.append(PickleObject(kind: kind, offset: UInt32(offset)))
    return UInt32(objects.count - 1)
  }

  mutating func setState(_ state: PickleValue, of index: UInt32) {
    objects[Int(index)].state = state
  }

  /// Adds an item to an object.
  mutating func append(_ item: PickleValue, to index: UInt32) {
    var object = objects[Int(index)]
    let place = UInt32(items.count)
    items.append(item)
    object.itemCount += 1
    if object.firstRun != .max, runs[Int(object.lastRun)].isFollowed(by: place) {
      runs[Int(object.lastRun)].count += 1
    } else {
      runs.append(Run(start: place, count: 1))
      let run = UInt32(runs.count - 1)
      if object.firstRun == .max {
        object.firstRun = run
      } else {
        runs[Int(object.lastRun)].next = run
      }
      object.lastRun = run
    }
    objects[Int(index)] = object
  }

  /// Passes the items of an object in their order until the function returns false.
  func forEachItem<Failure: Error>(
    of index: UInt32, _ body: (PickleValue) throws(Failure) -> Bool
  ) throws(Failure) {
    var number = objects[Int(index)].firstRun
    while number != .max {
      let run = runs[Int(number)]
      for place in run.start..<run.start + run.count {
        guard try body(items[Int(place)]) else { return }
      }
      number = run.next
    }
  }

  /// The items of an object, at most so many.
  func items(of index: UInt32, limit: Int = .max) -> [PickleValue] {
    var items: [PickleValue] = []
    items.reserveCapacity(min(limit, Int(objects[Int(index)].itemCount)))
    forEachItem(of: index) { item in
      if items.count < limit { items.append(item) }
      return items.count < limit
    }
    return items
  }
}

/// A pickle once it was read: data, no code.
struct Pickle: Sendable {
  /// The bytes of the stream, from PROTO to STOP.
  let bytes: [UInt8]
  /// The place of the bytes in the file, for findings; of a compressed pickle that of its entry.
  let fileOffset: Int
  /// The most that what it holds may take, in bytes, by itself and with what is made of it.
  let memoryLimit: Int
  let objects: PickleObjects
  let globals: [PickleGlobal]
  let root: PickleValue
}

extension Pickle {
  func object(_ value: PickleValue) -> PickleObject? {
    guard case .object(let index) = value else { return nil }
    return objects[index]
  }

  /// The text of a value, nil if it is none.
  func text(_ value: PickleValue) -> String? {
    guard case .text(let place) = value else { return nil }
    return bytes.rawSpan.extracting(range(at: place)).lossyText
  }

  /// The number of a value, nil if it is none.
  func number(_ value: PickleValue) -> PickleNumber? {
    switch value {
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(Int(number))
    case .number(let place): PickleNumber(bytes.rawSpan, at: Int(place))
    default: nil
    }
  }

  func int(_ value: PickleValue) -> Int? {
    guard case .int(let number) = number(value) else { return nil }
    return number
  }

  /// The place in the stream of a text or bytes.
  func range(at place: UInt32) -> Range<Int> {
    PickleText.range(in: bytes.rawSpan, at: Int(place))
  }

  /// The elements of a tuple or, as some writers have it, of a list.
  ///
  /// - Parameter limit: The most that are of interest.
  func elements(_ value: PickleValue, limit: Int = .max) -> [PickleValue]? {
    guard case .object(let index) = value,
      objects[index].kind == .tuple || objects[index].kind == .list
    else { return nil }
    return objects.items(of: index, limit: limit)
  }

  /// The global that a value is.
  func global(_ value: PickleValue) -> PickleGlobal? {
    guard let object = object(value), case .global(let index) = object.kind else { return nil }
    return globals[Int(index)]
  }

  /// The global that a value was made by calling, and the index of the record of the call.
  func call(_ value: PickleValue) -> (function: PickleGlobal, index: UInt32)? {
    guard case .object(let index) = value, case .call(let function) = objects[index].kind,
      let global = global(.object(function))
    else { return nil }
    return (global, index)
  }
}
