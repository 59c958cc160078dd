import TandemBytes

/// A GGUF file to be written, which can also state what is not so.
struct GGUFBytes {
  /// A value as it lies in the file.
  struct Value {
    var type: UInt32
    var bytes: [UInt8]

    static func number(_ type: UInt32, _ value: some FixedWidthInteger) -> Value {
      Value(type: type, bytes: [UInt8](value))
    }

    static func uint16(_ value: UInt16) -> Value { number(2, value) }
    static func uint32(_ value: UInt32) -> Value { number(4, value) }
    static func int32(_ value: Int32) -> Value { number(5, value) }
    static func float32(_ value: Float) -> Value { number(6, value.bitPattern) }
    static func bool(_ value: UInt8) -> Value { number(7, value) }
    static func float64(_ value: Double) -> Value { number(12, value.bitPattern) }
    static func string(_ text: String) -> Value { string(Array(text.utf8)) }
    static func string(_ bytes: [UInt8], byteCount: UInt64? = nil) -> Value {
      Value(type: 8, bytes: [UInt8](byteCount ?? UInt64(bytes.count)) + bytes)
    }

    /// An array of equal-typed values; `type` and `count` override what follows from them.
    static func array(_ items: [Value], type: UInt32? = nil, count: UInt64? = nil) -> Value {
      let head = [UInt8](type ?? items[0].type) + [UInt8](count ?? UInt64(items.count))
      return Value(type: 9, bytes: head + items.flatMap(\.bytes))
    }
  }

  /// A tensor info and its data; `rank` and `offset` override what follows from the rest.
  struct Tensor {
    var name: [UInt8]
    var dimensions: [UInt64]
    var type: UInt32 = 0
    var data: [UInt8]
    var rank: UInt32?
    var offset: UInt64?

    init(_ name: String, _ dimensions: [UInt64], type: UInt32 = 0, byteCount: Int) {
      self.name = Array(name.utf8)
      self.dimensions = dimensions
      self.type = type
      // No byte is zero: padding cannot be taken for data.
      self.data = (0..<byteCount).map { UInt8($0 % 255 + 1) }
    }
  }

  var magic: [UInt8] = Array("GGUF".utf8)
  var version: UInt32 = 3
  var tensorCount: UInt64?
  var keyCount: UInt64?
  var pairs: [(key: [UInt8], value: Value)] = []
  var tensors: [Tensor] = []
  var alignment = 32
  /// The bytes that are missing at the end.
  var cutByteCount = 0
  /// The bytes that follow the end.
  var tail: [UInt8] = []

  /// A small file without flaws: one key of each kind, tensors with and without padding.
  static var good: GGUFBytes {
    var file = GGUFBytes()
    file.add("general.name", .string("sample"))
    file.add("general.quantization_version", .uint32(2))
    file.add("test.flag", .bool(1))
    file.add("test.tokens", .array([.string("a"), .string([0xFF]), .string("")]))
    file.tensors = [
      Tensor("a.weight", [4, 2], byteCount: 32), Tensor("b.weight", [32], type: 8, byteCount: 34),
      Tensor("c.weight", [], byteCount: 4),
    ]
    return file
  }

  mutating func add(_ key: String, _ value: Value) { pairs.append((Array(key.utf8), value)) }

  var bytes: [UInt8] {
    var bytes = magic + [UInt8](version) + [UInt8](tensorCount ?? UInt64(tensors.count))
    bytes += [UInt8](keyCount ?? UInt64(pairs.count))
    for (key, value) in pairs {
      bytes += [UInt8](UInt64(key.count)) + key + [UInt8](value.type) + value.bytes
    }
    var data: [UInt8] = []
    for tensor in tensors {
      bytes += [UInt8](UInt64(tensor.name.count)) + tensor.name
      bytes += [UInt8](tensor.rank ?? UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { bytes += [UInt8](dimension) }
      bytes += [UInt8](tensor.type) + [UInt8](tensor.offset ?? UInt64(data.count))
      data += tensor.data
      data.pad(to: alignment)
    }
    bytes.pad(to: alignment)
    return (bytes + data).dropLast(cutByteCount) + tail
  }
}

extension [UInt8] {
  /// The bytes of a little-endian integer.
  init(_ value: some FixedWidthInteger) {
    self = []
    append(littleEndian: value)
  }

  fileprivate mutating func pad(to alignment: Int) {
    append(contentsOf: repeatElement(0, count: (alignment - count % alignment) % alignment))
  }
}
