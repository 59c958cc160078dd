import TandemBytes
import TandemJSON
import TandemTensors

extension ShardSet {
  /// Compares the index with the shards.
  mutating func compare() {
    guard !index.findings.hasErrors else {
      // With no map, or a part of one, every tensor and every file would be unknown to it.
      unlistedFiles = folder.names.filter { kind.holdsWeights($0) }
      return
    }
    compareNames()
    checkUnlistedFiles()
    if !findings.hasErrors {
      checkNumbers()
      checkTotalSize()
    }
  }

  /// Compares the tensors of the index with those of the shards that could be read.
  private mutating func compareNames() {
    var owners: [ExactText: Int] = [:]
    var repeated: Set<ExactText> = []
    let listed = Set(index.entries.map { ExactText($0.tensor) })
    for position in shards.indices {
      for tensor in shards[position].tensors ?? 0..<0 {
        let name = ExactText(tensors[tensor].name)
        if let other = owners[name] {
          repeated.insert(name)
          reportTensor(
            .tensorInTwoShards, tensor, in: position,
            "the tensor stands in '\(shards[other].name)' too")
          continue
        }
        owners[name] = position
        if !listed.contains(name) {
          reportTensor(
            .unlistedTensor, tensor, in: position, "the index does not name this tensor",
            remedy: "readers that go by the index leave it out")
        }
      }
    }
    for entry in index.entries {
      let position = shards[entry.shard].twin ?? entry.shard
      guard shards[position].tensors != nil else { continue }
      let name = ExactText(entry.tensor)
      let owner = owners[name]
      if owner == position || repeated.contains(name) { continue }
      let place = owner.map { ", but in '\(shards[$0].name)'" } ?? ""
      report(
        .missingTensor, entry.tensor, at: entry.offset,
        "the tensor is not in '\(shards[entry.shard].name)'\(place)")
    }
  }

  /// Checks that shards numbered `-00002-of-00003` are all there.
  private mutating func checkNumbers() {
    var numbers: [Int: Set<Int>] = [:]
    for shard in shards {
      guard let number = ShardNumber(shard.name) else { continue }
      numbers[number.total, default: []].insert(number.index)
    }
    let totals = numbers.keys.sorted().map(String.init).joined(separator: " and ")
    let claim = "the shards' names say that there are \(totals) of them"
    guard numbers.count < 2 else { return report(.numbering, nil, at: nil, claim) }
    guard let (total, indexes) = numbers.first else { return }
    if let missing = (1...max(total, 1)).first(where: { !indexes.contains($0) }) {
      report(.numbering, nil, at: nil, "\(claim), but the index names no number \(missing)")
    } else if indexes.count > total {
      report(.numbering, nil, at: nil, "\(claim), but \(indexes.count) have a number")
    }
  }

  /// Notes files of the shards' kind that lie beside a shard or the index, and that the index does not
  /// name.
  private mutating func checkUnlistedFiles() {
    let listed = Set(shards.map(\.name))
    let folders = Set(listed.map { Paths.folder($0) } + ["."])
    for name in folder.names where kind.holdsWeights(name) {
      guard !listed.contains(name), folders.contains(Paths.folder(name)) else { continue }
      unlistedFiles.append(name)
      let isSingle = name == kind.singleName
      findings.add(
        Finding(
          isSingle ? ShardIndexRule.indexAndSingleFile : .unlistedShard,
          in: folder.path(of: name), "the file is left out, because the index does not name it",
          remedy: isSingle ? "remove the one that is not meant" : nil))
    }
  }

  private mutating func checkTotalSize() {
    guard let stated = index.totalSize else { return }
    let sum = tensors.reduce(0) { $0 + $1.byteCount }
    let text: String
    switch stated.value {
    case .unsigned(let value):
      if value == UInt64(sum) { return }
      text = "\(value)"
    case .double(let value):
      if value == Double(sum) { return }
      text = "\(value)"
    case .negative(let value): text = "\(value)"
    case nil: text = "no integer of 64 bits"
    }
    report(
      .totalSize, nil, at: stated.offset,
      "total_size is \(text), the tensors have \(sum) bytes in all")
  }

  /// Notes a finding on a tensor of a shard.
  private mutating func reportTensor(
    _ rule: ShardIndexRule, _ tensor: Int, in position: Int, _ message: String,
    remedy: String? = nil
  ) {
    findings.add(
      Finding(
        rule, in: folder.path(of: shards[position].name), item: tensors[tensor].name.shortened,
        at: nameOffsets[tensor], message, remedy: remedy))
  }
}
