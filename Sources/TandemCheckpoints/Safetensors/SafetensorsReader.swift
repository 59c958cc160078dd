public import TandemBytes

/// Reads single safetensors files.
public enum SafetensorsReader {
  /// Reads a file and checks it completely; of the tensors' data no byte is touched.
  ///
  /// - Parameters:
  ///   - path: The file, which may have any name.
  ///   - isLenient: Whether whitespace may stand before the header's brace, which the format's text
  ///     forbids and its reference implementation allows.
  /// - Returns: All findings, and the checkpoint unless one is an error.
  /// - Throws: ``FileError`` if there is no regular file that can be opened.
  /// - Complexity: O(*n* log *n*) in the number of tensors.
  public static func read(
    path: String, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    read(try MappedFile(path: path), isLenient: isLenient)
  }

  static func read(_ file: MappedFile, isLenient: Bool) -> CheckpointReading {
    let shard = SafetensorsShard(file, fileIndex: 0, isLenient: isLenient)
    let name = Paths.name(file.path)
    let checkpoint = Checkpoint(
      format: .safetensors, path: file.path,
      files: [TensorFile(name: name, file: file, headerByteCount: shard.headerByteCount)],
      tensors: shard.tensors, metadata: .safetensors(shard.metadata.map { [$0] } ?? []))
    return CheckpointReading(checkpoint, shard.findings)
  }

  /// Tells by its content whether a file is meant to be safetensors: a JSON object begins behind
  /// eight bytes, or behind whitespace in a header as long as these bytes say.
  public static func recognises(_ bytes: RawSpan) -> Bool {
    let start = SafetensorsHeader.prefixByteCount
    guard bytes.byteCount > start + 1 else { return false }
    if bytes.byte(at: start) == UInt8(ascii: "{") {
      let next = bytes.byte(at: start + 1)
      return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
        || SafetensorsHeader.isWhitespace(next)
    }
    let stated = bytes.littleEndian(UInt64.self, at: 0)
    guard stated <= min(SafetensorsHeader.byteLimit, UInt64(bytes.byteCount - start)) else {
      return false
    }
    let header = start..<start + Int(stated)
    let first = header.first { !SafetensorsHeader.isWhitespace(bytes.byte(at: $0)) }
    return first.map { bytes.byte(at: $0) == UInt8(ascii: "{") } ?? false
  }
}
