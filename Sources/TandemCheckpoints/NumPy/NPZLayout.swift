public import TandemBytes
import TandemTensors

/// An archive of NumPy arrays laid out: stored entries `NAME.npy`, whose elements begin at multiples
/// of 64 bytes, so that they can be mapped.
///
/// Time stamps are the earliest that a zip archive can have, because the same tensors must give the
/// same bytes.
public struct NPZLayout: TensorFileLayout {
  public let places: [Range<Int>]
  public let byteCount: Int
  public var needsChecksums: Bool { true }
  private let entries: [NPZEntry]
  private let directory: ZipOutput.Directory

  /// Lays an archive out.
  ///
  /// - Parameters:
  ///   - tensors: In the order of the file.
  ///   - path: The file, for findings.
  ///   - findings: What NumPy cannot say is added.
  /// - Returns: nil if a finding is an error.
  /// - Complexity: O(*n*) in the number of tensors.
  public init?(_ tensors: [OutputTensor], path: String, _ findings: inout Findings) {
    var check = LayoutCheck(path: path)
    for tensor in tensors { check.checkNPZ(tensor) }
    check.checkTypes(
      of: tensors, NPZOutputRule.noType, format: "NumPy",
      remedy: "--dtype f32 or f16 makes it one that NumPy has"
    ) { $0.numPyName != nil }
    check.checkNames(of: tensors, NPZOutputRule.duplicateName)
    var entries: [NPZEntry] = []
    var end: Int? = 0
    for tensor in tensors {
      guard let start = end, let type = tensor.type.numPyName else { break }
      let entry = NPZEntry(tensor, type: type, at: start)
      end = entry.end
      entries.append(entry)
    }
    let directory = end.flatMap { ZipOutput.Directory(of: entries.map(\.record), at: $0) }
    if directory == nil {
      check.report(NPZOutputRule.tooLarge, nil, "it would have over 2^63-1 bytes")
    }
    findings.add(contentsOf: check.findings)
    guard let directory, !check.findings.hasErrors else { return nil }
    self.directory = directory
    self.entries = entries
    places = entries.map(\.dataRange)
    byteCount = directory.end
  }

  /// The entries' headers and the directory.
  ///
  /// - Precondition: There is a checksum for each tensor.
  public func frame(checksums: [UInt32]) -> [FilePiece] {
    precondition(checksums.count == entries.count, "NPZLayout: a tensor has no checksum")
    let whole = zip(entries, checksums).map { $0.checksum(ofData: $1) }
    let records = entries.map(\.record)
    var pieces = zip(entries, whole).map { entry, checksum in
      FilePiece(
        offset: entry.record.offset, bytes: entry.record.localHeader(checksum) + entry.header)
    }
    pieces.append(
      FilePiece(offset: directory.offset, bytes: directory.bytes(of: records, checksums: whole)))
    return pieces
  }
}

/// An array of an archive, and its place.
private struct NPZEntry {
  let record: ZipOutput.Record
  /// The array's own header.
  let header: [UInt8]
  private let dataByteCount: Int

  init(_ tensor: OutputTensor, type: String, at offset: Int) {
    header = NPYOutput.header(type: type, shape: tensor.shape)
    dataByteCount = tensor.byteCount
    record = ZipOutput.Record(
      name: tensor.name + ".npy", byteCount: header.count.adding(tensor.byteCount) ?? .max,
      at: offset, alignment: 64)
  }

  var dataRange: Range<Int> {
    let start = record.dataOffset + header.count
    return start..<start + dataByteCount
  }

  /// Where the next entry begins; nil past 2^63-1.
  var end: Int? { record.dataOffset.adding(record.byteCount) }

  /// The checksum of header and data.
  func checksum(ofData checksum: UInt32) -> UInt32 {
    CRC32.joined(CRC32.checksum(of: header.rawSpan), checksum, byteCount: dataByteCount)
  }
}

extension LayoutCheck {
  fileprivate mutating func checkNPZ(_ tensor: OutputTensor) {
    checkName(of: tensor, NPZOutputRule.badName, limit: 65_000)
    if !Paths.isSafeRelative(tensor.name.replacing(":", with: "_")) {
      report(
        NPZOutputRule.badName, tensor,
        "the name is no plain relative path, as names in archives are",
        remedy: "give it another one: --rename FROM=TO")
    }
    if tensor.shape.rank > 64 {
      report(
        NPZOutputRule.noType, tensor,
        "the tensor has \(tensor.shape.rank) dimensions, NumPy has at most 64")
    }
  }
}
