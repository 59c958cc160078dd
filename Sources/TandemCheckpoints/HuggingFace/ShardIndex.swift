import TandemBytes
import TandemJSON

/// An index as read: which shard holds which tensor.
///
///     {"metadata": {"total_size": 90}, "weight_map": {"a": "model-00001-of-00002.safetensors", …}}
struct ShardIndex {
  /// A pair of the map.
  struct Entry {
    let tensor: String
    /// The index of the shard in ``ShardIndex/shards``.
    let shard: Int
    /// The place of the tensor's name in the index file.
    let offset: Int
  }

  /// The sum of the tensors' bytes, as the index has it.
  struct TotalSize {
    /// Nil if it is no number, or none of 64 bits.
    let value: JSONNumber?
    let offset: Int
  }

  /// A file that the map names.
  struct Shard {
    /// The path as it stands in the map.
    let name: String
    /// The place of the first tensor that is mapped to it, in the index file.
    let offset: Int
  }

  /// The path of the index, for findings.
  let path: String
  /// In the order of the file.
  private(set) var entries: [Entry] = []
  /// In the order of their first mention.
  private(set) var shards: [Shard] = []
  /// `metadata.total_size`.
  private(set) var totalSize: TotalSize?
  private(set) var findings = Findings()
  private var shardIndexes: [ExactText: Int] = [:]
  private var hasMap = false

  /// Reads an index.
  ///
  /// - Complexity: O(*n*) in the number of bytes.
  init(_ file: MappedFile) {
    path = file.path
    var json = JSONReader(file.bytes)
    do throws(JSONFailure) {
      try read(&json)
      try json.end()
      if !hasMap { report(.notIndex, nil, at: 0, "the index has no weight_map") }
      if entries.isEmpty && !findings.hasErrors {
        report(.emptyMap, nil, at: 0, "the weight_map is empty")
      }
    } catch {
      let rule: ShardIndexRule = error.kind == .duplicateKey ? .badMap : .notIndex
      report(rule, nil, at: error.offset, "the index cannot be read: \(error.message)")
    }
  }

  private mutating func read(_ json: inout JSONReader) throws(JSONFailure) {
    var keys: Set<ExactText> = []
    try json.beginObject()
    while let key = try json.nextKey() {
      let offset = json.keyOffset
      let isNew = keys.insert(ExactText(key)).inserted
      if !isNew {
        report(.badMap, nil, at: offset, "the key '\(key.shortened)' stands twice in the index")
      }
      if key == "weight_map" && isNew {
        try readMap(&json)
      } else if key == "metadata" && isNew {
        try readMetadata(&json)
      } else {
        try JSONKeys.check(&json)
      }
    }
  }

  private mutating func readMap(_ json: inout JSONReader) throws(JSONFailure) {
    hasMap = true
    let kind = try json.peek()
    guard kind == .object else {
      report(.notIndex, nil, at: json.offset, "weight_map is \(kind), an object is expected")
      return try json.skipValue()
    }
    var tensors: Set<ExactText> = []
    try json.beginObject()
    while let tensor = try json.nextKey() {
      let offset = json.keyOffset
      if !tensors.insert(ExactText(tensor)).inserted {
        report(.badMap, tensor, at: offset, "the tensor stands twice in the weight_map")
        try json.skipValue()
        continue
      }
      let kind = try json.peek()
      guard kind == .string else {
        report(
          .badMap, tensor, at: json.offset,
          "the tensor's shard is \(kind), the path of a file is expected")
        try json.skipValue()
        continue
      }
      let shard = shardIndex(of: try json.string(), at: offset)
      entries.append(Entry(tensor: tensor, shard: shard, offset: offset))
    }
  }

  private mutating func readMetadata(_ json: inout JSONReader) throws(JSONFailure) {
    guard try json.peek() == .object else { return try JSONKeys.check(&json) }
    var keys: Set<ExactText> = []
    try json.beginObject()
    while let key = try json.nextKey() {
      let offset = json.keyOffset
      if !keys.insert(ExactText(key)).inserted {
        report(.badMap, nil, at: offset, "the key '\(key.shortened)' stands twice in the metadata")
      }
      if key == "total_size", totalSize == nil {
        totalSize = TotalSize(value: try readNumber(&json), offset: offset)
      } else {
        try JSONKeys.check(&json)
      }
    }
  }

  /// Reads a number; moves over another value, and over a number that has no value in 64 bits.
  private func readNumber(_ json: inout JSONReader) throws(JSONFailure) -> JSONNumber? {
    guard try json.peek() == .number else {
      try JSONKeys.check(&json)
      return nil
    }
    do throws(JSONFailure) {
      return try json.number()
    } catch {
      guard error.kind == .unexpectedValue else { throw error }
      try json.skipValue()
      return nil
    }
  }

  private mutating func shardIndex(of name: String, at offset: Int) -> Int {
    if let index = shardIndexes[ExactText(name)] { return index }
    shardIndexes[ExactText(name)] = shards.count
    shards.append(Shard(name: name, offset: offset))
    return shards.count - 1
  }

  private mutating func report(
    _ rule: ShardIndexRule, _ item: String?, at offset: Int, _ message: @autoclosure () -> String
  ) {
    findings.add(rule) { Finding(rule, in: path, item: item?.shortened, at: offset, message()) }
  }
}
