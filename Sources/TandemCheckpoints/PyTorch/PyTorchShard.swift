import TandemBytes
import TandemTensors

/// One file of PyTorch: a checkpoint of its own, or a part of one.
struct PyTorchShard {
  private(set) var headerByteCount = 0
  /// In the order of their bytes; empty if a finding is an error.
  private(set) var tensors: [TensorDescriptor] = []
  /// The places of the instructions that make the tensors, in the same order.
  private(set) var nameOffsets: [Int] = []
  private(set) var metadata: PyTorchMetadata?
  private(set) var findings = Findings()

  /// What a container gives: the pickle, and where its storages are.
  struct Content {
    let pickle: Pickle
    let storages: TorchStorages
    var isBigEndian = false
    var isTorchScript = false
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - fileIndex: The file's index in the checkpoint.
  ///   - isLenient: Whether objects of unknown classes are kept as data.
  init(_ file: MappedFile, fileIndex: Int, isLenient: Bool) {
    let content: Content?
    if ZipArchive.recognises(file.bytes) {
      var archive = TorchArchive(file, isLenient: isLenient)
      content = archive.read()
      findings = archive.findings
    } else if TorchStream.recognises(file.bytes) {
      var stream = TorchStream(file, isLenient: isLenient)
      content = stream.read()
      findings = stream.findings
    } else {
      findings.add(FileSignature.finding(on: file))
      content = nil
    }
    if let content { take(content, fileIndex: fileIndex, path: file.path) }
    if findings.hasErrors {
      tensors = []
      nameOffsets = []
    }
  }

  private mutating func take(_ content: Content, fileIndex: Int, path: String) {
    let found = TorchContent(content, fileIndex: fileIndex, path: path)
    findings.add(contentsOf: found.findings)
    metadata = PyTorchMetadata(
      fileIndex: fileIndex, isTorchScript: content.isTorchScript, entries: found.entries)
    let order = (0..<UInt32(found.tensors.count)).sorted {
      let (left, right) = (found.tensors[Int($0)], found.tensors[Int($1)])
      return (left.descriptor.byteRange.lowerBound, left.offset)
        < (right.descriptor.byteRange.lowerBound, right.offset)
    }
    tensors = order.map { found.tensors[Int($0)].descriptor }
    nameOffsets = order.map { found.tensors[Int($0)].offset }
    headerByteCount = tensors.first?.byteRange.lowerBound ?? 0
    if found.tensors.isEmpty && !findings.hasErrors {
      findings.add(
        Finding(PyTorchRule.noTensors, in: path, "the file holds no tensors"))
    }
  }
}
