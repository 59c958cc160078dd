public import TandemBundles
public import TandemBytes

/// Writes the source files of a bundle's members again, bit for bit.
public struct Unpacker {
  /// A file that will be written.
  public struct File: Sendable {
    public let path: String
    /// The member that it belongs to.
    public let member: String
    public let byteCount: Int
    fileprivate let segments: [Segment]
  }

  private let bundle: TandemBundle
  private let folder: String
  /// What will be written, in order.
  public let files: [File]

  /// Plans what to write for some members.
  ///
  /// - Parameter folder: Each member's files go to a folder of its name in here.
  /// - Throws: ``Finding`` if a member's file map is damaged, or its name leads out of the folder.
  public init(
    _ bundle: TandemBundle, members: [BundleMember], to folder: String
  ) throws(Finding) {
    self.bundle = bundle
    self.folder = folder
    var files: [File] = []
    for member in members {
      guard Paths.isSafeName(member.name) else {
        throw Finding(
          BundleRule.fileMap, in: bundle.file.path, item: member.name,
          "the member's name cannot be the name of a folder")
      }
      for file in try bundle.sourceFiles(of: member) {
        files.append(
          File(
            path: Paths.join(Paths.join(folder, member.name), file.path), member: member.name,
            byteCount: file.byteCount, segments: file.segments))
      }
    }
    self.files = files
  }

  /// The bytes of all files.
  public var byteCount: Int { Self.total(files.lazy.map(\.byteCount)) }

  /// A sum that stops at the largest integer: file maps may say anything.
  private static func total(_ counts: some Sequence<Int>) -> Int {
    counts.reduce(0) {
      let (sum, overflow) = $0.addingReportingOverflow($1)
      return overflow ? .max : sum
    }
  }

  /// Refuses to go on if a file could not be written, would be written through a link out of the
  /// folder or over the bundle, or if the disk is too small, before any is written.
  private func checkTargets(replacing: Bool) throws(FileError) {
    var replaced: [Int] = []
    var checkedFolders: Set<ExactText> = []
    for file in files {
      try checkFolders(of: file, &checkedFolders)
      guard try OutputFile.entryExists(file.path, replacing: replacing) else { continue }
      guard let status = try? FileStatus(path: file.path) else { continue }
      if status.identity == bundle.file.identity {
        throw FileError(file.path, "write", reason: "it is the bundle that is unpacked")
      }
      replaced.append(status.byteCount)
    }
    try checkRoom(replacing: Self.total(replaced))
  }

  /// Checks the folders between the target folder and a file.
  private func checkFolders(
    of file: File, _ checked: inout Set<ExactText>
  ) throws(FileError) {
    var path = Paths.folder(file.path)
    while path.utf8.count > folder.utf8.count, path != ".",
      checked.insert(ExactText(path)).inserted
    {
      if let kind = try? FileStatus(unfollowed: path).kind, kind != .folder {
        throw FileError(path, "write into the folder", reason: "it is \(kind.phrase)")
      }
      path = Paths.folder(path)
    }
  }

  private func checkRoom(replacing replacedByteCount: Int) throws(FileError) {
    var place = folder
    while (try? FileStatus(path: place)) == nil, Paths.folder(place) != place {
      place = Paths.folder(place)
    }
    guard try FileStatus(path: place).kind == .folder else {
      throw FileError(place, "write into the folder", reason: "it is no folder")
    }
    guard let available = Paths.availableByteCount(in: place) else { return }
    let (room, overflow) = available.addingReportingOverflow(replacedByteCount)
    guard overflow || byteCount <= room else {
      throw FileError(
        folder, "unpack \(byteCount) bytes", reason: "\(available) bytes are free on the disk")
    }
  }

  /// Writes the files, checking every digest on the way.
  ///
  /// - Throws: ``Finding`` if the bundle is damaged, ``FileError`` if a file cannot be written;
  ///   files before it are complete, and no empty folder is left.
  public func write(
    replacing: Bool, progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) throws {
    try checkTargets(replacing: replacing)
    let checked = CheckedBlocks(of: bundle)
    var folders = NewFolders()
    do {
      for file in files {
        try folders.create(Paths.folder(file.path))
        try write(file, replacing: replacing, checked, progress)
      }
    } catch {
      folders.removeEmpty()
      throw error
    }
    folders.keep()
  }

  private func write(
    _ file: File, replacing: Bool, _ checked: CheckedBlocks,
    _ progress: @escaping @Sendable (Int) -> Void
  ) throws {
    let output = try OutputFile(path: file.path, replacing: replacing)
    try output.reserve(file.byteCount)
    var offset = 0
    var copies: [PayloadCopy] = []
    for segment in file.segments {
      switch segment {
      case .zeros, .section: break
      case .payload(let index, let range):
        copies.append(PayloadCopy(payload: index, range: range, target: offset))
      }
      offset += segment.byteCount
    }
    try bundle.copy(copies, to: output, checked: checked, progress: progress)
    try writeSections(of: file, to: output)
    try output.commit()
  }

  /// Writes what lies between payloads; after them, because copying those fills gaps with zeros.
  private func writeSections(of file: File, to output: OutputFile) throws {
    var parts: [Int: [(range: Range<Int>, target: Int)]] = [:]
    var offset = 0
    for segment in file.segments {
      if case .section(let index, let range) = segment {
        parts[index, default: []].append((range, offset))
      }
      offset += segment.byteCount
    }
    let sections = bundle.sections
    // Section by section, so that the plain bytes of one only are in memory; what is stored plain
    // may be large, and is not copied.
    for (index, parts) in parts.sorted(by: { $0.key < $1.key }) {
      let section = sections[index]
      if section.isCompressed {
        let bytes = try bundle.plainBytes(of: section)
        try write(parts, of: bytes.rawSpan, to: output)
      } else {
        try bundle.checkDigest(of: section)
        try write(parts, of: bundle.file.bytes.extracting(section.storedRange), to: output)
      }
    }
  }

  private func write(
    _ parts: [(range: Range<Int>, target: Int)], of bytes: RawSpan, to output: OutputFile
  ) throws {
    for part in parts { try output.write(bytes.extracting(part.range), at: part.target) }
  }
}
