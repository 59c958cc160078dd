internal import TandemBytes
internal import TandemTensors

/// Reads the shards of a split model and holds them against each other.
struct GGUFSplitModel {
  private let named: GGUFPart
  private let isLenient: Bool
  private var parts: [GGUFPart] = []
  private var findings = Findings()

  /// - Parameter part: The shard that the user named.
  init(_ part: GGUFPart, isLenient: Bool) {
    self.named = part
    self.isLenient = isLenient
  }

  /// Whether a file says, in its keys or its name, that it is one of several.
  static func isShard(_ part: GGUFPart) -> Bool {
    guard let metadata = part.content?.metadata else { return false }
    let count = metadata.splitCount
    return count.isPresent && count.value ?? 2 > 1 || GGUFShardName(part.file.path)?.count ?? 1 > 1
  }

  /// Reads all shards.
  mutating func reading() -> CheckpointReading {
    guard let name = GGUFShardName(named.file.path) else {
      reportNameless()
      return CheckpointReading(nil, findings)
    }
    // A wrong number of shards would send the search for them astray.
    guard checkCount(named, name) else {
      findings.add(contentsOf: named.findings)
      return CheckpointReading(nil, findings)
    }
    for number in 1...name.count { readShard(number, name) }
    guard parts.count == name.count, parts.allSatisfy({ $0.content != nil }) else {
      return CheckpointReading(nil, findings)
    }
    checkNames()
    checkTensorCounts()
    checkAlignments()
    return GGUFReader.reading(of: parts, path: named.file.path, findings)
  }

  private mutating func readShard(_ number: Int, _ name: GGUFShardName) {
    var part = named
    if number != name.number {
      let path = name.path(of: number)
      do throws(FileError) {
        part = GGUFPart(try MappedFile(path: path), fileIndex: number - 1, isLenient: isLenient)
      } catch {
        findings.add(
          Finding(
            GGUFRule.missingShard, in: path,
            "shard \(number) of \(name.count) cannot be read: \(error.reason)",
            remedy: "put all \(name.count) files into the same folder"))
        return
      }
      if part.content != nil { _ = checkCount(part, name) }
    }
    findings.add(contentsOf: part.findings)
    parts.append(part)
    checkNumber(part, number)
  }
}

extension GGUFSplitModel {
  private mutating func report(
    _ rule: GGUFRule, _ part: GGUFPart, _ item: String, _ message: String, remedy: String? = nil
  ) {
    let offset = part.content?.metadata.entry(item)?.byteRange.lowerBound
    findings.add(Finding(rule, in: part.file.path, item: item, at: offset, message, remedy: remedy))
  }

  private mutating func reportNameless() {
    findings.add(contentsOf: named.findings)
    guard let count = named.content?.metadata.splitCount else { return }
    let example = GGUFShardName.suffix(1, count.value ?? 2)
    report(
      .splitNumbers, named, "split.count",
      "split.count is \(count.phrase), the file's name does not end like '\(example)'",
      remedy: "give all files of the model back their names")
  }

  /// Checks that a shard and its name agree about the number of shards.
  private mutating func checkCount(_ part: GGUFPart, _ name: GGUFShardName) -> Bool {
    guard let count = part.content?.metadata.splitCount, count.value != name.count else {
      return true
    }
    report(
      .splitNumbers, part, "split.count",
      "split.count is \(count.phrase), the file's name says \(name.count)")
    return false
  }

  /// Checks that a shard and its name agree about its number.
  private mutating func checkNumber(_ part: GGUFPart, _ number: Int) {
    guard let stated = part.content?.metadata.splitNumber, stated.value != number - 1 else {
      return
    }
    report(
      .splitNumbers, part, "split.no",
      "split.no is \(stated.phrase), the file's name says \(number - 1), counted from 0")
  }

  private mutating func checkNames() {
    var owners: [ExactText: Int] = [:]
    for tensor in parts.lazy.compactMap(\.content).flatMap(\.tensors) {
      let owner = owners.updateValue(tensor.fileIndex, forKey: ExactText(tensor.name))
      guard let owner, owner != tensor.fileIndex else { continue }
      findings.add(
        Finding(
          GGUFRule.tensorInTwoShards, in: parts[tensor.fileIndex].file.path, item: tensor.name,
          "the tensor stands in '\(Paths.name(parts[owner].file.path))' too"))
    }
  }

  private mutating func checkTensorCounts() {
    let sum = parts.reduce(0) { $0 + ($1.content?.tensorCount ?? 0) }
    for part in parts {
      guard let stated = part.content?.metadata.splitTensorCount, stated.isPresent,
        stated.value != sum
      else { continue }
      report(
        .splitTensorCount, part, "split.tensors.count",
        "split.tensors.count is \(stated.phrase), the \(parts.count) shards hold \(sum) tensors")
    }
  }

  /// Checks that all shards that state an alignment state the same; one that states none has the
  /// default.
  private mutating func checkAlignments() {
    let key = "general.alignment"
    guard let first = parts.first?.content?.metadata.alignment else { return }
    for part in parts.dropFirst() {
      guard let metadata = part.content?.metadata, metadata[key] != nil,
        metadata.alignment != first
      else { continue }
      report(
        .splitNumbers, part, key,
        "the alignment is \(metadata.alignment), that of the first shard \(first)")
    }
  }
}

extension GGUFMetadata {
  /// A key about the split, whose type is part of the format.
  fileprivate struct SplitField {
    let isPresent: Bool
    /// Nil if the key is missing or its value has another type.
    let value: Int?
    /// The value, or why there is none.
    let phrase: String
  }

  fileprivate var splitCount: SplitField { field("split.count", .uint16) }
  fileprivate var splitNumber: SplitField { field("split.no", .uint16) }
  fileprivate var splitTensorCount: SplitField { field("split.tensors.count", .int32) }

  private func field(_ key: String, _ type: GGUFValueType) -> SplitField {
    guard let entry = entry(key) else {
      return SplitField(isPresent: false, value: nil, phrase: "missing")
    }
    guard entry.type == type, let value = int(key) else {
      let phrase = "of type \(entry.type) (\(type) is allowed)"
      return SplitField(isPresent: true, value: nil, phrase: phrase)
    }
    return SplitField(isPresent: true, value: value, phrase: "\(value)")
  }
}
