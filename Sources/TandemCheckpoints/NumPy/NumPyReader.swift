public import TandemBytes
internal import TandemTensors

// An `.npy` file consists of, one after the other and without gaps:
//
//  1. the magic 93 "NUMPY", 6 bytes;
//  2. the version, two bytes: 1.0, 2.0 or 3.0;
//  3. the byte count of the header, u16 in version 1.0, u32 later, little-endian;
//  4. the header, a Python dictionary literal of `descr`, `fortran_order` and `shape`, padded with
//     spaces and ended by a newline so that the data begin at a multiple of 64 (once of 16);
//  5. the elements: row-major, or with the first dimension contiguous if `fortran_order` is True.
//
// Source: numpy/lib/format.py (NEP 1).

/// Reads NumPy's `.npy` files strictly.
public enum NumPyReader {
  /// Reads the header of a file.
  ///
  /// The array gets the name of the file, without its ending.
  ///
  /// - Parameter isLenient: Whether elements of two bytes without a type are read as BF16.
  /// - Throws: ``FileError`` if the file cannot be opened. What its content breaks is in the
  ///   reading's findings.
  public static func read(
    path: String, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    read(try MappedFile(path: path), isLenient: isLenient)
  }

  static func read(_ file: MappedFile, isLenient: Bool) -> CheckpointReading {
    var parser = NPYParser(path: file.path, isLenient: isLenient)
    let array = parser.array(file.bytes, byteCount: file.byteCount)
    guard let array else { return CheckpointReading(nil, parser.findings) }
    let fileName = Paths.name(file.path)
    let end = array.headerByteCount + array.byteCount
    let tensor = TensorDescriptor(
      name: arrayName(fileName), type: array.type, shape: array.shape, fileIndex: 0,
      byteRange: array.headerByteCount..<end, form: array.form)
    let checkpoint = Checkpoint(
      format: .npy, path: file.path,
      files: [TensorFile(name: fileName, file: file, headerByteCount: array.headerByteCount)],
      tensors: [tensor], metadata: .absent)
    return CheckpointReading(checkpoint, parser.findings)
  }

  /// Tells whether bytes begin with the magic.
  static func recognises(_ bytes: RawSpan) -> Bool { bytes.starts(with: NPYParser.magic) }

  /// A file's or member's name without `.npy`.
  static func arrayName(_ fileName: String) -> String {
    let ending = ".npy"
    let hasEnding = fileName.hasSuffix(ending) && fileName.utf8.count > ending.utf8.count
    return hasEnding ? String(fileName.dropLast(ending.count)) : fileName
  }
}

extension NPYArray {
  /// How the elements come from the stored bytes.
  var form: StoredForm { StoredForm(isBigEndian: isBigEndian, strides: strides) }
}
