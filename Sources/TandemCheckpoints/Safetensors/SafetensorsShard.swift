import TandemBytes
import TandemTensors

/// One safetensors file: a checkpoint of its own, or a part of one.
///
/// The file is a little-endian 64-bit length, a JSON header of that length, and the tensors' data
/// up to the end.
struct SafetensorsShard {
  let headerByteCount: Int
  /// In the order of their bytes; empty if a finding is an error.
  let tensors: [TensorDescriptor]
  let metadata: SafetensorsMetadata?
  /// The places of the tensors' names in the file, in the same order.
  let nameOffsets: [Int]
  let findings: Findings

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - fileIndex: The file's index in the checkpoint.
  ///   - isLenient: Whether whitespace may stand before the header's brace.
  init(_ file: MappedFile, fileIndex: Int, isLenient: Bool) {
    var header = SafetensorsHeader(file: file.path)
    let isComplete = Self.checkContent(of: file, &header) && header.read(file.bytes, isLenient)
    findings = header.findings
    guard isComplete, !findings.hasErrors else {
      headerByteCount = 0
      tensors = []
      nameOffsets = []
      metadata = nil
      return
    }
    let dataStart = header.dataStart
    headerByteCount = dataStart
    tensors = header.entries.compactMap { entry in
      guard let type = entry.type, let shape = entry.shape else { return nil }
      // Without a finding, begin and end lie in the file.
      let range = dataStart + Int(entry.begin)..<dataStart + Int(entry.end)
      return TensorDescriptor(
        name: entry.name, type: type, shape: shape, fileIndex: fileIndex, byteRange: range)
    }
    nameOffsets = header.entries.map(\.nameOffset)
    metadata = header.metadata.map { SafetensorsMetadata(fileIndex: fileIndex, pairs: $0) }
  }

  /// Notes a file that is empty or that is certainly something else, such as a pointer to the file
  /// that is meant.
  private static func checkContent(of file: MappedFile, _ header: inout SafetensorsHeader) -> Bool {
    let bytes = file.bytes
    if bytes.byteCount > 0 {
      if SafetensorsReader.recognises(bytes) { return true }
      let isLengthAbsurd =
        bytes.byteCount > SafetensorsHeader.prefixByteCount
        && bytes.littleEndian(UInt64.self, at: 0) > SafetensorsHeader.byteLimit
      if FileSignature(bytes) == nil && !isLengthAbsurd { return true }
    }
    header.findings.add(FileSignature.finding(on: file))
    return false
  }
}
