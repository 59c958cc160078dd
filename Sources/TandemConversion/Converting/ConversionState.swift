import TandemBytes
import TandemCheckpoints
import TandemJSON
import TandemTensors

/// What a conversion into several files has finished, as a small file beside them says until all
/// are there.
///
/// A run that was killed is taken up by the next one with the same plan: a file is kept if it is
/// named here under that plan and its bytes still have their digest.
struct ConversionState {
  let path: String
  /// Names the plan: source, tool, and everything that decides a byte of the output.
  let plan: Digest
  /// Files by name that are written, or were about to get their name, and the digests of what was
  /// meant to be written.
  private(set) var finished: [String: Digest] = [:]

  /// The state of the plan's own part, empty if nothing was begun.
  init(of plan: ConversionPlan, _ digest: Digest) {
    let part = plan.options.part
    path = Self.prefix(plan) + "\(part.number)-of-\(part.count).json"
    self.plan = digest
    if let earlier = Self.read(path), earlier.plan == digest { finished = earlier.finished }
  }

  private init(path: String, plan: Digest, finished: [String: Digest]) {
    self.path = path
    self.plan = plan
    self.finished = finished
  }

  /// Notes a file that is written.
  mutating func finish(_ name: String, _ digest: Digest) throws(FileError) {
    finished[name] = digest
    let files = finished.sorted { $0.key < $1.key }
    let value = JSONOutput.object([
      ("tool", .string(Release.tool)), ("plan", .string(plan.description)),
      ("finished", .object(files.map { ($0.key, .string($0.value.description)) })),
    ])
    let output = try OutputFile(path: path, replacing: true)
    try output.write(Array((value.text(pretty: true) + "\n").utf8).rawSpan, at: 0)
    try output.commit()
  }

  /// The states of all parts of a plan.
  static func all(of plan: ConversionPlan, _ digest: Digest) -> [ConversionState] {
    let prefix = Self.prefix(plan)
    let folder = Paths.folder(prefix)
    let names = (try? Paths.names(in: folder)) ?? []
    return names.filter { $0.hasPrefix(Paths.name(prefix)) && $0.hasSuffix(".json") }
      .compactMap { read(Paths.join(folder, $0)) }.filter { $0.plan == digest }
  }

  /// The names of files that an earlier run with the same plan has finished.
  static func finishedFiles(of plan: ConversionPlan) -> Set<String> {
    guard plan.files.count > 1 else { return [] }
    return Set(all(of: plan, plan.digest).flatMap(\.finished.keys))
  }

  private static func prefix(_ plan: ConversionPlan) -> String {
    let stem = ShardPlan.stem(plan.output, plan.options.format)
    return Paths.join(Paths.folder(stem), ".\(Paths.name(stem)).tandem-")
  }

  /// A state that was written before; nil if there is none that can be read.
  private static func read(_ path: String) -> ConversionState? {
    guard let file = try? MappedFile(path: path),
      let root = try? JSONDocument(parsing: file.bytes).root,
      let plan = root["plan"]?.string.flatMap({ Digest(hexadecimal: $0) }),
      let files = root["finished"]
    else { return nil }
    var finished: [String: Digest] = [:]
    for (name, value) in files.members {
      finished[name] = value.string.flatMap { Digest(hexadecimal: $0) }
    }
    return ConversionState(path: path, plan: plan, finished: finished)
  }
}

extension ConversionPlan {
  /// Names everything that decides the bytes of the output and how they are hashed.
  ///
  /// - Complexity: O(bytes of all headers); tensors are not read. A source that changed is told by
  ///   its files' sizes, headers and times.
  var digest: Digest {
    var hasher = SHA256Hasher()
    hasher.update(counted: Release.tool)
    hasher.update(littleEndian: UInt64(options.memoryByteCount))
    hasher.update(littleEndian: UInt64(coreCount))
    for source in source.files {
      let status = try? FileStatus(path: source.file.path)
      hasher.update(littleEndian: UInt64(source.file.byteCount))
      hasher.update(littleEndian: UInt64(status?.modificationTime ?? 0))
      hasher.update(source.file.bytes.extracting(0..<source.headerByteCount))
    }
    for tensor in tensors {
      hasher.update(counted: tensor.sourceName)
      hasher.update(counted: "\(tensor.change)")
      hasher.update(littleEndian: UInt64(tensor.output.type.rawValue))
    }
    for file in files {
      hasher.update(counted: file.name)
      for piece in file.layout.frame(checksums: file.tensors.map { _ in 0 }) {
        hasher.update(piece.bytes.rawSpan)
      }
    }
    return hasher.finalize()
  }
}
