import TandemBytes

/// The files that a member was made from, each as its segments (`schemas/bundle.md`, section 7).
public struct FileMap: Sendable {
  public struct File: Sendable {
    /// The path within the member's folder.
    public let path: String
    public let segments: [Segment]

    /// The sum of the segments.
    public let byteCount: Int

    /// nil if the file would have more than 2^63-1 bytes.
    init?(path: String, segments: [Segment]) {
      var byteCount = 0
      for segment in segments {
        let (sum, overflow) = byteCount.addingReportingOverflow(segment.byteCount)
        if overflow { return nil }
        byteCount = sum
      }
      self.path = path
      self.segments = segments
      self.byteCount = byteCount
    }
  }

  public let files: [File]
  /// The sum of the files.
  public let byteCount: Int

  private static let headByteCount = 8
  private static let fileByteCount = 24
  private static let segmentByteCount = 24

  private enum Kind: UInt32 {
    case zeros, section, payload
  }

  /// The section's plain bytes; the paths' places in the strings pool are given.
  static func bytes(
    _ files: [(path: StringReference, segments: [Segment])]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(files.count))
    var first = 0
    for file in files {
      bytes.append(littleEndian: file.path.offset)
      bytes.append(littleEndian: file.path.byteCount)
      bytes.append(littleEndian: UInt64(first))
      bytes.append(littleEndian: UInt64(file.segments.count))
      first += file.segments.count
    }
    for segment in files.lazy.flatMap(\.segments) {
      let (kind, index, start): (Kind, Int, Int) =
        switch segment {
        case .zeros: (.zeros, 0, 0)
        case .section(let index, let range): (.section, index, range.lowerBound)
        case .payload(let index, let range): (.payload, index, range.lowerBound)
        }
      bytes.append(littleEndian: kind.rawValue)
      bytes.append(littleEndian: UInt32(index))
      bytes.append(littleEndian: UInt64(start))
      bytes.append(littleEndian: UInt64(segment.byteCount))
    }
    return bytes
  }

  /// The plain bytes of a map.
  static func byteCount(files: Int, segments: Int) -> Int {
    headByteCount + files * fileByteCount + segments * segmentByteCount
  }

  /// Reads and checks a section's plain bytes against the bundle that it belongs to.
  ///
  /// - Parameter limit: The most bytes of all files together.
  /// - Returns: nil if a range lies outside what it refers to, if the segments are not covered
  ///   exactly, if a path could lead outside a folder, or if the files have more bytes than allowed.
  init?(_ bytes: RawSpan, directory: borrowing BundleDirectory, byteCountLimit limit: Int) {
    guard bytes.byteCount >= Self.headByteCount else { return nil }
    let fileCount = bytes.littleEndian(UInt64.self, at: 0)
    guard fileCount <= UInt64((bytes.byteCount - Self.headByteCount) / Self.fileByteCount) else {
      return nil
    }
    let segmentsStart = Self.headByteCount + Int(fileCount) * Self.fileByteCount
    let segmentBytes = bytes.byteCount - segmentsStart
    guard segmentBytes % Self.segmentByteCount == 0 else { return nil }
    let segmentCount = segmentBytes / Self.segmentByteCount
    var files: [File] = []
    var paths: Set<ExactText> = []
    var next = 0
    var total = 0
    for index in 0..<Int(fileCount) {
      let record = Self.headByteCount + index * Self.fileByteCount
      let reference = StringReference(
        offset: bytes.littleEndian(at: record), byteCount: bytes.littleEndian(at: record + 4))
      let first = bytes.littleEndian(UInt64.self, at: record + 8)
      let count = bytes.littleEndian(UInt64.self, at: record + 16)
      let pool = directory.bytes.byteCount - directory.stringsStart
      guard first == UInt64(next), count <= UInt64(segmentCount - next),
        Int(reference.offset) + Int(reference.byteCount) <= pool,
        directory.isOnBoundaries(reference)
      else { return nil }
      let path = directory.string(reference)
      guard Paths.isSafeRelative(path), paths.insert(ExactText(path)).inserted else { return nil }
      var segments: [Segment] = []
      segments.reserveCapacity(Int(count))
      for position in next..<next + Int(count) {
        let offset = segmentsStart + position * Self.segmentByteCount
        guard let segment = Self.segment(bytes, at: offset, directory) else { return nil }
        segments.append(segment)
      }
      next += Int(count)
      guard let file = File(path: path, segments: segments), file.byteCount <= limit - total else {
        return nil
      }
      total += file.byteCount
      files.append(file)
    }
    // A path that is another one's folder could not be written beside it.
    let isFolder = { (path: String) in
      path.utf8.indices.contains {
        path.utf8[$0] == UInt8(ascii: "/") && paths.contains(ExactText(String(path[..<$0])))
      }
    }
    guard next == segmentCount, !files.contains(where: { isFolder($0.path) }) else { return nil }
    self.files = files
    byteCount = total
  }

  private static func segment(
    _ bytes: RawSpan, at offset: Int, _ directory: borrowing BundleDirectory
  ) -> Segment? {
    let index = bytes.littleEndian(UInt32.self, at: offset + 4)
    let start = bytes.littleEndian(UInt64.self, at: offset + 8)
    let count = bytes.littleEndian(UInt64.self, at: offset + 16)
    guard count <= UInt64(Int.max), start <= UInt64(Int.max) - count else { return nil }
    let range = Int(start)..<Int(start + count)
    switch Kind(rawValue: bytes.littleEndian(at: offset)) {
    case nil: return nil
    case .zeros:
      let isAllowed = index == 0 && start == 0 && count <= UInt64(Segment.maximumZeroByteCount)
      return isAllowed ? .zeros(byteCount: Int(count)) : nil
    case .section:
      guard index < directory.sectionCount,
        start + count <= directory.section(Int(index)).byteCount,
        let kind = SectionKind(rawValue: directory.section(Int(index)).kind),
        kind.phase == 1, kind != .fileMap
      else { return nil }
      return .section(index: Int(index), range: range)
    case .payload:
      guard index < directory.payloadCount,
        start + count <= directory.payload(Int(index)).byteCount
      else { return nil }
      return .payload(index: Int(index), range: range)
    }
  }
}

extension BundlePlan {
  /// The plain bytes of a member's file map.
  public func fileMapByteCount(ofMember index: Int) -> Int {
    let files = sourceFiles.lazy.filter { $0.member == index }
    return FileMap.byteCount(
      files: files.count, segments: files.reduce(0) { $0 + $1.segments.count })
  }
}
