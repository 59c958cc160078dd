import TandemBytes
import TandemTensors

/// The shards that an index names, read and compared with it.
struct ShardSet {
  /// What is known of a shard of the index.
  struct Shard {
    let name: String
    /// Its tensors in ``ShardSet/tensors``; nil if it is missing or broken.
    var tensors: Range<Int>?
    /// The shard that is the same file, if it was read before this one.
    var twin: Int?
  }

  let folder: CheckpointFolder
  let index: ShardIndex
  let kind: WeightKind
  /// In the order of the index.
  var shards: [Shard]
  /// The shards that were read, in the order of their paths.
  private(set) var files: [TensorFile] = []
  private(set) var tensors: [TensorDescriptor] = []
  /// The places of the tensors' names in their files.
  private(set) var nameOffsets: [Int] = []
  /// The shards' own descriptions, in the same order.
  private(set) var read: [WeightShard] = []
  /// Files of the shards' kind that the index does not name, and that have a finding for it.
  var unlistedFiles: [String] = []
  var findings: Findings

  /// Reads the shards that an index names.
  ///
  /// - Throws: ``FileError`` if a file that is there cannot be opened.
  init(
    _ index: ShardIndex, _ kind: WeightKind, in folder: CheckpointFolder, isLenient: Bool
  ) throws(FileError) {
    self.folder = folder
    self.kind = kind
    self.index = index
    shards = index.shards.map { Shard(name: $0.name) }
    findings = index.findings
    var first: [FileIdentity: Int] = [:]
    // By path, so that the checkpoint is the same in whatever order the index names its tensors.
    for position in shards.indices.sorted(by: { shards[$0].name < shards[$1].name }) {
      guard isPresent(position), let file = try folder.open(shards[position].name, &findings) else {
        continue
      }
      if let other = first[file.identity] {
        noteTwin(position, of: other)
      } else {
        first[file.identity] = position
        read(file, as: position, isLenient: isLenient)
      }
    }
    compare()
  }

  private mutating func read(_ file: MappedFile, as position: Int, isLenient: Bool) {
    let shard = kind.read(file, fileIndex: files.count, isLenient: isLenient)
    findings.add(contentsOf: shard.findings)
    if !shard.findings.hasErrors {
      shards[position].tensors = tensors.count..<tensors.count + shard.tensors.count
    }
    files.append(
      TensorFile(
        name: shards[position].name, file: file, headerByteCount: shard.headerByteCount))
    tensors += shard.tensors
    nameOffsets += shard.nameOffsets
    read.append(shard)
  }

  private mutating func noteTwin(_ position: Int, of other: Int) {
    shards[position].twin = other
    report(
      .tensorInTwoShards, shards[position].name, at: index.shards[position].offset,
      "the shard is the same file as '\(shards[other].name.shortened)'")
  }

  /// Checks that the path of a shard may be followed and leads to a regular file.
  private mutating func isPresent(_ position: Int) -> Bool {
    let name = shards[position].name
    let offset = index.shards[position].offset
    if let flaw = RelativePath.flaw(of: name) {
      report(
        .unsafePath, name, at: offset, "a shard's path must lead below the folder, but \(flaw)")
      return false
    }
    guard name.hasSuffix(kind.suffix) else {
      report(
        .otherKind, name, at: offset, "a shard's name must end in '\(kind.suffix)'",
        remedy: "files of other kinds may run code when they are loaded")
      return false
    }
    do throws(FileError) {
      if try FileStatus(path: folder.path(of: name)).kind == .regular { return true }
      report(.missingShard, name, at: offset, "the shard is no regular file")
    } catch {
      report(
        .missingShard, name, at: offset, "the shard cannot be opened: \(error.reason)",
        remedy: "download it, or the whole model again")
    }
    return false
  }

  /// Notes a finding on the index.
  mutating func report(
    _ rule: ShardIndexRule, _ item: String?, at offset: Int?, _ message: String,
    remedy: String? = nil
  ) {
    findings.add(
      Finding(rule, in: index.path, item: item?.shortened, at: offset, message, remedy: remedy))
  }
}
