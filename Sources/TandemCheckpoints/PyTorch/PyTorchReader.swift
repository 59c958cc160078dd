public import TandemBytes

/// Reads files that `torch.save` and `torch.jit.save` write, and runs nothing of what is in them.
public enum PyTorchReader {
  /// Reads a file; of the tensors' data no byte is touched.
  ///
  /// Tensors are named by the keys that lead to them, joined by dots. Those that PyTorch stores
  /// with strides, deflated or big-endian have another form than in place.
  ///
  /// - Parameters:
  ///   - path: The file, which may have any name.
  ///   - isLenient: Whether objects of classes that are not known, nor known to be dangerous, are
  ///     kept as data, with a warning.
  /// - Returns: All findings, and the checkpoint unless one is an error.
  /// - Throws: ``FileError`` if there is no regular file that can be opened.
  /// - Complexity: O(*n* log *n*) in the bytes of the pickle and the number of entries.
  public static func read(
    path: String, isLenient: Bool
  ) throws(FileError) -> CheckpointReading {
    read(try MappedFile(path: path), isLenient: isLenient)
  }

  static func read(_ file: MappedFile, isLenient: Bool) -> CheckpointReading {
    let shard = PyTorchShard(file, fileIndex: 0, isLenient: isLenient)
    let checkpoint = Checkpoint(
      format: .pytorch, path: file.path,
      files: [
        TensorFile(
          name: Paths.name(file.path), file: file, headerByteCount: shard.headerByteCount)
      ],
      tensors: shard.tensors, metadata: .pytorch(shard.metadata.map { [$0] } ?? []))
    return CheckpointReading(checkpoint, shard.findings)
  }

  /// Tells by its first bytes whether a file may be PyTorch's.
  static func recognises(_ bytes: RawSpan) -> Bool {
    ZipArchive.recognises(bytes) || TorchStream.recognises(bytes)
  }
}
