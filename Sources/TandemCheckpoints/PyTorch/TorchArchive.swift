import TandemBytes

/// Reads the zip archives that `torch.save` and `torch.jit.save` write.
///
/// All entries lie in one folder: `data.pkl`, the pickle; `data/0`, `data/1` …, the storages;
/// `version`, `byteorder`, and others that say nothing about tensors. A TorchScript archive has
/// programs in `code` and `constants.pkl` beside them.
struct TorchArchive {
  /// The largest text record, in bytes.
  private static let textByteLimit = 64
  /// The versions of the archive that PyTorch's own reader accepts.
  private static let versions = 1...10

  private(set) var findings = Findings()
  private let file: MappedFile
  private let isLenient: Bool

  init(_ file: MappedFile, isLenient: Bool) {
    self.file = file
    self.isLenient = isLenient
  }

  /// Tells whether an archive has what `torch.save` writes.
  static func recognises(_ archive: ZipArchive) -> Bool {
    archive.entries.contains { $0.name.hasSuffix("/data.pkl") }
  }

  mutating func read() -> PyTorchShard.Content? {
    guard let archive = ZipArchive(file, &findings) else { return nil }
    // As PyTorch does: the folder is that of the first entry.
    let folder = archive.entries.first?.name.utf8.prefix { $0 != UInt8(ascii: "/") }
    let prefix = folder.map { String(decoding: $0, as: UTF8.self) + "/" } ?? ""
    guard let entry = archive[prefix + "data.pkl"] else {
      let first = archive.entries.first.map { "; its first entry is '\($0.name.shortened)'" } ?? ""
      findings.add(
        Finding(
          PyTorchRule.noPickle, in: file.path,
          "the archive of \(archive.entries.count) entries holds no data.pkl where PyTorch writes it\(first)"
        ))
      return nil
    }
    do throws(Finding) {
      return try read(archive, entry, prefix)
    } catch {
      findings.add(error)
      return nil
    }
  }

  private mutating func read(
    _ archive: ZipArchive, _ entry: ZipEntry, _ prefix: String
  ) throws(Finding) -> PyTorchShard.Content? {
    let isTorchScript = archive[prefix + "constants.pkl"] != nil
    if isTorchScript {
      findings.add(
        Finding(
          PyTorchRule.torchScript, in: file.path,
          "the file holds a TorchScript program, of which only the tensors are read"))
    }
    try checkVersion(archive, prefix)
    let isBigEndian = try byteOrder(archive, prefix) == "big"
    let pickle = try pickle(archive, entry, isTorchScript: isTorchScript)
    var storages = TorchStorages(of: pickle, path: file.path)
    findings.add(contentsOf: storages.findings)
    if storages.findings.hasErrors { return nil }
    place(&storages, archive, prefix + "data/")
    checkStrays(storages, archive, prefix)
    return PyTorchShard.Content(
      pickle: pickle, storages: storages, isBigEndian: isBigEndian, isTorchScript: isTorchScript)
  }

  private mutating func pickle(
    _ archive: ZipArchive, _ entry: ZipEntry, isTorchScript: Bool
  ) throws(Finding) -> Pickle {
    let limit = min(PickleMachine.byteLimit, PickleMachine.memoryLimit(ofFile: file.byteCount))
    let bytes = try archive.plainBytes(of: entry, limit: limit)
    var machine = PickleMachine(
      bytes.rawSpan, of: file, fileOffset: entry.storedRange.lowerBound,
      isTorchScript: isTorchScript, isLenient: isLenient)
    let pickle: Pickle
    do throws(Finding) {
      pickle = try machine.run()
    } catch {
      machine.noteImports()
      findings.add(contentsOf: machine.findings)
      throw error
    }
    findings.add(contentsOf: machine.findings)
    guard pickle.bytes.count == bytes.count else {
      throw Finding(
        PyTorchRule.trailingBytes, in: file.path, item: entry.name,
        at: entry.storedRange.lowerBound + pickle.bytes.count,
        "\(bytes.count - pickle.bytes.count) bytes follow the pickle")
    }
    return pickle
  }

  // MARK: Records

  private func checkVersion(_ archive: ZipArchive, _ prefix: String) throws(Finding) {
    // The second name is older.
    guard let entry = archive[prefix + "version"] ?? archive[prefix + ".data/version"] else {
      return
    }
    let text = try text(of: entry, in: archive)
    guard let version = Int(text), Self.versions ~= version else {
      throw Finding(
        PyTorchRule.badRecord, in: file.path, item: entry.name, at: entry.storedRange.lowerBound,
        "the version is '\(text.shortened)', 1 to 10 can be read")
    }
  }

  private func byteOrder(_ archive: ZipArchive, _ prefix: String) throws(Finding) -> String {
    guard let entry = archive[prefix + "byteorder"] else { return "little" }
    let text = try text(of: entry, in: archive)
    guard text == "little" || text == "big" else {
      throw Finding(
        PyTorchRule.badRecord, in: file.path, item: entry.name, at: entry.storedRange.lowerBound,
        "the byte order is '\(text.shortened)', it can be 'little' or 'big'")
    }
    return text
  }

  /// A small record without the line feed at its end.
  private func text(of entry: ZipEntry, in archive: ZipArchive) throws(Finding) -> String {
    let bytes = try archive.plainBytes(of: entry, limit: Self.textByteLimit)
    let end = bytes.last == 0x0A ? bytes.count - 1 : bytes.count
    return bytes.rawSpan.extracting(0..<end).lossyText
  }

  // MARK: Storages

  /// Finds the entry of each storage, whose size must be what its tensors say.
  private mutating func place(
    _ storages: inout TorchStorages, _ archive: ZipArchive, _ prefix: String
  ) {
    for (index, storage) in storages.all.enumerated() {
      guard let entry = archive[prefix + storage.key] else {
        findings.add(
          Finding(
            PyTorchRule.missingStorage, in: file.path, item: storage.key.shortened,
            at: storage.offset, "the archive has no entry '\((prefix + storage.key).shortened)'"))
        continue
      }
      guard entry.plainByteCount == storage.byteCount else {
        findings.add(
          Finding(
            PyTorchRule.storageSize, in: file.path, item: entry.name.shortened,
            at: entry.storedRange.lowerBound,
            "the storage has \(entry.plainByteCount) bytes, its tensors say \(storage.byteCount)"))
        continue
      }
      storages.place(
        index,
        at: TorchStorage.Place(range: entry.storedRange, isDeflated: entry.method == .deflated))
    }
  }

  /// Notes entries that nothing refers to: what they hold is not shown.
  private mutating func checkStrays(
    _ storages: TorchStorages, _ archive: ZipArchive, _ prefix: String
  ) {
    for entry in archive.entries {
      let isStray: Bool
      if entry.name.hasPrefix(prefix + "data/") {
        isStray = storages.index(of: String(entry.name.dropFirst(prefix.count + 5))) == nil
      } else {
        isStray = !Self.isRecord(entry.name, prefix)
      }
      guard isStray else { continue }
      findings.add(PyTorchRule.strayEntry) {
        Finding(
          PyTorchRule.strayEntry, in: file.path, item: entry.name.shortened,
          at: entry.storedRange.lowerBound, "no tensor uses the entry, and PyTorch writes none such"
        )
      }
    }
  }

  /// What lies in an archive beside storages.
  private static func isRecord(_ name: String, _ prefix: String) -> Bool {
    guard name.hasPrefix(prefix) else { return false }
    let rest = name.dropFirst(prefix.count)
    let names: Set = [
      "data.pkl", "version", "byteorder", ".format_version", ".storage_alignment", "constants.pkl",
      "model.json", "attributes.pkl", "bytecode.pkl", "mobile_debug_handles.pkl",
    ]
    return names.contains(String(rest))
      || [".data/", "code/", "constants/", "extra/"].contains { rest.hasPrefix($0) }
  }
}
