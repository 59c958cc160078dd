public import TandemBytes
internal import TandemTensors

/// Reads NumPy's `.npz` files: zip archives of `.npy` files, stored or deflated.
///
/// Each array has the name of its member, without the ending.
public enum NPZReader {
  /// Reads the directory of an archive and the header of every array.
  ///
  /// - Parameter isLenient: Whether elements of two bytes without a type are read as BF16.
  /// - Throws: ``FileError`` if the file cannot be opened. What its content breaks is in the
  ///   reading's findings.
  /// - Complexity: O(*n* log *n*) in the number of members; of each only the header is read, and
  ///   decompressed if need be.
  public static func read(
    path: String, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    read(try MappedFile(path: path), isLenient: isLenient)
  }

  static func read(_ file: MappedFile, isLenient: Bool) -> CheckpointReading {
    var findings = Findings()
    guard let archive = ZipArchive(file, &findings) else {
      return CheckpointReading(nil, findings)
    }
    var tensors: [TensorDescriptor] = []
    for entry in archive.entries {
      guard entry.name.hasSuffix(".npy") else {
        findings.add(
          Finding(
            NPZRule.notArray, in: file.path, item: entry.name.shortened,
            at: entry.storedRange.lowerBound, "the member's name does not end in '.npy'"))
        continue
      }
      if let tensor = tensor(entry, of: archive, isLenient: isLenient, &findings) {
        tensors.append(tensor)
      }
    }
    let checkpoint = Checkpoint(
      format: .npz, path: file.path,
      files: [TensorFile(name: Paths.name(file.path), file: file, headerByteCount: 0)],
      tensors: tensors, metadata: .absent)
    return CheckpointReading(checkpoint, findings)
  }

  /// Tells whether bytes begin with a zip archive's local header whose member is an `.npy` file.
  static func recognises(_ bytes: RawSpan) -> Bool {
    guard ZipArchive.recognises(bytes), bytes.byteCount >= 30 else { return false }
    let nameEnd = 30 + Int(bytes.littleEndian(UInt16.self, at: 26))
    guard nameEnd <= bytes.byteCount else { return false }
    return bytes.extracting(30..<nameEnd).lossyText.hasSuffix(".npy")
  }

  /// Reads the header of one member; nil if it is left out or has an error.
  private static func tensor(
    _ entry: ZipEntry, of archive: ZipArchive, isLenient: Bool, _ findings: inout Findings
  ) -> TensorDescriptor? {
    let isStored = entry.method == .stored
    let place = entry.storedRange.lowerBound
    var parser = NPYParser(
      path: archive.file.path, member: entry.name.shortened, start: isStored ? place : nil,
      isLenient: isLenient)
    let array: NPYArray?
    do throws(Finding) {
      let beginning = try archive.beginning(of: entry, byteCount: NPYParser.longestHeaderEnd)
      array = parser.array(beginning.rawSpan, byteCount: entry.plainByteCount)
    } catch {
      findings.add(error)
      return nil
    }
    // One array of texts must not keep the others from being read.
    let isText = parser.findings.firstError?.code == NumPyRule.elementType.rawValue
    if isText, let error = parser.findings.firstError {
      findings.add(
        Finding(
          NPZRule.leftOut, in: error.file, item: error.item, at: place,
          "\(error.message); the array is left out", remedy: error.remedy))
      return nil
    }
    findings.add(contentsOf: parser.findings)
    guard let array else { return nil }
    let name = NumPyReader.arrayName(entry.name)
    if isStored {
      let start = place + array.headerByteCount
      return TensorDescriptor(
        name: name, type: array.type, shape: array.shape, fileIndex: 0,
        byteRange: start..<start + array.byteCount, form: array.form)
    }
    return TensorDescriptor(
      name: name, type: array.type, shape: array.shape, fileIndex: 0,
      byteRange: entry.storedRange,
      form: StoredForm(
        compression: .deflate(plainByteCount: entry.plainByteCount),
        leadingByteCount: array.headerByteCount, isBigEndian: array.isBigEndian,
        strides: array.strides))
  }
}

extension ZipArchive {
  /// The first plain bytes of an entry, at most so many.
  fileprivate func beginning(of entry: ZipEntry, byteCount: Int) throws(Finding) -> [UInt8] {
    let stored = file.bytes.extracting(entry.storedRange)
    guard entry.method == .deflated else { return stored.extracting(first: byteCount).array }
    var inflater = Inflater(plainByteCount: entry.plainByteCount)
    do throws(Inflater.Failure) {
      return try inflater.next(from: stored, atMost: byteCount)
    } catch {
      throw Finding(
        ZipRule.damaged, in: file.path, item: entry.name.shortened,
        at: entry.storedRange.lowerBound, "\(error), it has \(entry.plainByteCount)")
    }
  }
}
