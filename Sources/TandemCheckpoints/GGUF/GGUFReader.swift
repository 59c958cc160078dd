public import TandemBytes
internal import TandemTensors

// A GGUF file of version 2 or 3 is little-endian and consists of, one after the other and without
// gaps:
//
//  1. the magic "GGUF", 4 bytes;
//  2. the version, u32;
//  3. the number of tensors, u64;
//  4. the number of key–value pairs, u64;
//  5. the pairs, each:
//     a. the key, a string;
//     b. the type of the value, u32 (`GGUFValueType`);
//     c. the value: a number of that type; a bool, one byte that is 0 or 1; a string; or an array,
//     which is the type
//        of its elements, u32 (no arrays), their number, u64, and the elements;
//  6. the tensor infos, each:
//     a. the name, a string of at most 63 bytes;
//     b. the number of dimensions, u32, at most 4;
//     c. the dimensions, u64 each, innermost (contiguous) first;
//     d. the type of the elements, u32 (`GGUFType`);
//     e. the offset of the data from the beginning of 8, u64;
//  7. zero bytes up to a multiple of the alignment: the value of `general.alignment`, or 32;
//  8. the data of the tensors in the order of their infos, each followed by zero bytes up to a
//    multiple of the
//     alignment.
//
// A string is the number of its bytes, u64, and the bytes, without a NUL. A file without tensors
// may end after 6. A model may be split into files `NAME-00001-of-00003.gguf` …; each is a GGUF
// file by itself, says its number (from 0), the number of files and of all tensors in `split.no`,
// `split.count` and `split.tensors.count`; the model's metadata stands in the first.

/// Reads GGUF files, also split ones, strictly.
public enum GGUFReader {
  /// Reads the header of a file, and those of the other shards if it is one of a split model.
  ///
  /// - Parameters:
  ///   - path: The file; of a split model, any of its shards.
  ///   - isLenient: Whether tensor data may lie anywhere, as long as it is aligned and does not
  ///     overlap.
  /// - Throws: ``FileError`` if the file cannot be opened. What its content breaks is in the
  ///   reading's findings.
  /// - Complexity: O(*n*) in the bytes of the header.
  public static func read(
    path: String, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    let file = try MappedFile(path: path)
    let shardNumber = GGUFShardName(path)?.number ?? 1
    let part = GGUFPart(file, fileIndex: shardNumber - 1, isLenient: isLenient)
    if GGUFSplitModel.isShard(part) {
      var model = GGUFSplitModel(part, isLenient: isLenient)
      return model.reading()
    }
    return reading(of: [part], path: path, part.findings)
  }

  /// Tells whether bytes begin with the magic of GGUF or of one of its relatives.
  ///
  /// The latter cannot be read, but ``read(path:isLenient:)`` says what they are.
  static func recognises(_ bytes: RawSpan) -> Bool {
    GGUFMagic.isGGUF(bytes) || GGUFMagic.relative(bytes) != nil
  }

  /// Makes a reading of all files of a model.
  static func reading(
    of parts: [GGUFPart], path: String, _ findings: Findings
  ) -> CheckpointReading {
    var findings = findings
    let contents = parts.compactMap(\.content)
    guard let first = contents.first, contents.count == parts.count else {
      return CheckpointReading(nil, findings)
    }
    let tensors = contents.flatMap(\.tensors)
    let quantisedCount = tensors.count { $0.type.isQuantised }
    if quantisedCount > 0 && first.metadata["general.quantization_version"] == nil {
      let key = "general.quantization_version"
      findings.add(
        Finding(
          GGUFRule.quantisationVersion, in: parts[0].file.path, item: key,
          "\(quantisedCount) of \(tensors.count) tensors are quantised, the key is missing",
          remedy: "add it with the value 2"))
    }
    let files = contents.map(\.file)
    let checkpoint = Checkpoint(
      format: .gguf, path: path, files: files, tensors: tensors, metadata: .gguf(first.metadata))
    return CheckpointReading(checkpoint, findings)
  }
}
