import TandemBytes

/// What a pickle's stack holds: a number, a text that stays in the stream, or an object.
///
/// 16 bytes, so that a stream of one-byte instructions cannot fill the memory. Places are those in
/// the stream, which has at most 2^32-1 bytes.
enum PickleValue: Hashable, Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  /// UTF-8 in the stream.
  case text(offset: UInt32, byteCount: UInt32)
  /// Bytes in the stream.
  case bytes(offset: UInt32, byteCount: UInt32)
  /// An integer of over 64 bits: little-endian two's complement in the stream.
  case long(offset: UInt32, byteCount: UInt32)
  /// The index of an object of the same pickle.
  case object(UInt32)
}

/// What can be changed after it was made, or be in several places: objects refer to each other by
/// index, so that cycles need no care.
struct PickleObject: Sendable {
  enum Kind: Hashable, Sendable {
    case tuple, list, set
    /// Keys and values alternate in ``PickleObject/items``.
    case dictionary
    /// The index of a name in ``Pickle/globals``.
    case global(UInt32)
    /// What calling a function would have given; the items are the arguments.
    case call(function: UInt32)
    /// What a name from outside the pickle stands for, a storage; the one item is the name.
    case persistent
  }

  var kind: Kind
  var items: [PickleValue] = []
  /// What BUILD gave it: attributes.
  var state: PickleValue?
  /// The place in the stream of the instruction that made it.
  let offset: UInt32
}

/// A pickle once it was read: data, no code.
struct Pickle: Sendable {
  /// The bytes of the stream, from PROTO to STOP.
  let bytes: [UInt8]
  /// The place of the bytes in the file, for findings; of a compressed pickle that of its entry.
  let fileOffset: Int
  let objects: [PickleObject]
  let globals: [PickleGlobal]
  let root: PickleValue
}

extension Pickle {
  func object(_ value: PickleValue) -> PickleObject? {
    guard case .object(let index) = value else { return nil }
    return objects[Int(index)]
  }

  /// The text of a value, nil if it is none.
  func text(_ value: PickleValue) -> String? {
    guard case .text(let offset, let byteCount) = value else { return nil }
    return bytes.rawSpan.extracting(Int(offset)..<Int(offset) + Int(byteCount)).lossyText
  }

  func int(_ value: PickleValue) -> Int? {
    guard case .int(let number) = value else { return nil }
    return number
  }

  /// The elements of a tuple or, as some writers have it, of a list.
  func elements(_ value: PickleValue) -> [PickleValue]? {
    guard let object = object(value), object.kind == .tuple || object.kind == .list else {
      return nil
    }
    return object.items
  }

  /// The global that a value is.
  func global(_ value: PickleValue) -> PickleGlobal? {
    guard let object = object(value), case .global(let index) = object.kind else { return nil }
    return globals[Int(index)]
  }

  /// The global that a value was made by calling, and with what.
  func call(_ value: PickleValue) -> (function: PickleGlobal, object: PickleObject)? {
    guard let object = object(value), case .call(let function) = object.kind,
      let global = global(.object(function))
    else { return nil }
    return (global, object)
  }
}
