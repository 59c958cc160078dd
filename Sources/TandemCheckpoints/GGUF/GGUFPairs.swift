internal import TandemBytes

/// Key–value pairs as they will stand in a GGUF file: typed, in order, each key once.
public struct GGUFPairs: Sendable {
  private var keys: [String] = []
  /// Type and value of each pair, as the file has them.
  private var contents: [[UInt8]] = []
  private var indices: [ExactText: Int] = [:]
  /// The alignment of tensor data that the pairs state, else GGUF's default.
  private(set) var alignment = 32

  public init() {}

  /// All pairs of a file, bit for bit, or those for which a condition holds.
  public init(_ metadata: GGUFMetadata, where isIncluded: (String) -> Bool = { _ in true }) {
    for entry in metadata.entries where isIncluded(entry.key) {
      set(entry.key, entry.type, metadata.file.bytes.extracting(entry.valueByteRange).array)
    }
    if self["general.alignment"] { alignment = metadata.alignment }
  }

  /// What every file of a split model must say alike.
  public var ofLaterShards: GGUFPairs {
    var pairs = GGUFPairs()
    guard let index = indices[ExactText("general.alignment")] else { return pairs }
    pairs.set("general.alignment", .uint32, Array(contents[index].dropFirst(4)))
    pairs.alignment = alignment
    return pairs
  }

  public var count: Int { keys.count }

  /// Whether a key has a value.
  public subscript(_ key: String) -> Bool { indices[ExactText(key)] != nil }

  /// Gives a key a value; one that it had is replaced in its place.
  ///
  /// - Parameter value: The value as the file has it, without its type.
  public mutating func set(_ key: String, _ type: GGUFValueType, _ value: [UInt8]) {
    var content: [UInt8] = []
    content.reserveCapacity(4 + value.count)
    content.append(littleEndian: type.rawValue)
    content += value
    if let index = indices[ExactText(key)] {
      contents[index] = content
    } else {
      indices[ExactText(key)] = keys.count
      keys.append(key)
      contents.append(content)
    }
  }

  /// Gives a key an integer of 32 bits, the type that most keys have.
  public mutating func set(_ key: String, _ value: UInt32) {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: value)
    set(key, .uint32, bytes)
  }

  /// Gives a key a text.
  public mutating func set(_ key: String, _ text: String) {
    var bytes: [UInt8] = []
    bytes.append(counted: text)
    set(key, .string, bytes)
  }

  /// The pairs' bytes, one after the other.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(zip(keys, contents).reduce(0) { $0 + 8 + $1.0.utf8.count + $1.1.count })
    for (key, content) in zip(keys, contents) {
      bytes.append(counted: key)
      bytes += content
    }
    return bytes
  }

  /// A key that no reader takes, and why.
  var flaw: (key: String, reason: String)? {
    for key in keys {
      let byteCount = key.utf8.count
      if !(1...65_535).contains(byteCount) {
        return (key, "the key has \(byteCount) bytes, 1 to 65535 are allowed")
      }
      if !key.unicodeScalars.allSatisfy(\.isPrintable) {
        return (key, "the key holds a control character")
      }
    }
    return nil
  }
}

extension [UInt8] {
  /// Appends a GGUF string: the number of its bytes, u64, and the bytes.
  mutating func append(counted text: String) {
    append(littleEndian: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
