import TandemBytes

/// Reads what `torch.save` wrote before version 1.6: pickles and storages one after the other.
///
/// The pickles are a magic number, a version, facts about the machine, the object, and the list of
/// storage keys; for each key follow the number of its elements, i64, and the elements. Numbers are
/// little-endian on every machine.
struct TorchStream {
  /// 0x1950A86A20F9469CFC6C, little-endian.
  private static let magic: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]
  private static let version = 1001

  private(set) var findings = Findings()
  private let file: MappedFile
  private let isLenient: Bool
  /// The place of the next pickle.
  private var position = 0

  init(_ file: MappedFile, isLenient: Bool) {
    self.file = file
    self.isLenient = isLenient
  }

  /// Tells whether bytes begin a pickle of protocol 2 to 5: PyTorch's, or one that says so itself
  /// when it is read.
  static func recognises(_ bytes: RawSpan) -> Bool {
    bytes.byteCount > 2 && bytes.byte(at: 0) == 0x80 && 2...5 ~= bytes.byte(at: 1)
  }

  mutating func read() -> PyTorchShard.Content? {
    do throws(Finding) {
      try checkMagic()
      try checkHeader()
      let object = try next()
      let keys = try next()
      var storages = TorchStorages(of: object, path: file.path)
      findings.add(contentsOf: storages.findings)
      if findings.hasErrors { return nil }
      try place(&storages, keys)
      return PyTorchShard.Content(pickle: object, storages: storages)
    } catch {
      findings.add(error)
      return nil
    }
  }

  /// What a file that is no checkpoint would run if Python unpickled it.
  ///
  /// The oldest protocols begin with no sign of their own, so any file may be such a pickle.
  ///
  /// - Returns: nil unless something would be called.
  static func calls(in file: MappedFile, isLenient: Bool) -> Findings? {
    guard FileSignature(file.bytes) == nil else { return nil }
    var stream = TorchStream(file, isLenient: isLenient)
    do throws(Finding) { try stream.checkMagic() } catch { stream.findings.add(error) }
    let codes: Set = [PyTorchRule.runsCode.rawValue, PyTorchRule.unknownGlobal.rawValue]
    return stream.findings.counts.keys.contains(where: codes.contains) ? stream.findings : nil
  }

  /// Reads a pickle and moves behind it.
  private mutating func next() throws(Finding) -> Pickle {
    let file = file
    var machine = PickleMachine(
      file.bytes.extracting(position..<file.byteCount), of: file, fileOffset: position,
      isLenient: isLenient)
    do throws(Finding) {
      let pickle = try machine.run()
      findings.add(contentsOf: machine.findings)
      position += pickle.bytes.count
      return pickle
    } catch {
      machine.noteImports()
      findings.add(contentsOf: machine.findings)
      throw error
    }
  }

  /// The magic number must stand there as a number, not be computed.
  private mutating func checkMagic() throws(Finding) {
    let pickle = try next()
    if case .long(let range) = pickle.number(pickle.root), pickle.objects.count == 0,
      pickle.bytes[range].elementsEqual(Self.magic)
    {
      return
    }
    throw finding(
      .notLegacy, at: 0,
      "the file begins with a pickle that is not the magic number of PyTorch's old format",
      remedy: "save the tensors with torch.save or as safetensors")
  }

  private mutating func checkHeader() throws(Finding) {
    let start = position
    let version = try next()
    guard version.int(version.root) == Self.version else {
      throw finding(.legacyHeader, at: start, "the version is not \(Self.version)")
    }
    let place = position
    let facts = try next()
    guard facts.object(facts.root)?.kind == .dictionary else {
      throw finding(
        .legacyHeader, at: place, "the facts about the machine are no dictionary")
    }
  }

  /// Finds the storages in the order of the keys; they fill the rest of the file.
  private mutating func place(
    _ storages: inout TorchStorages, _ keys: Pickle
  ) throws(Finding) {
    guard let elements = keys.elements(keys.root) else {
      throw finding(.legacyKeys, at: keys.fileOffset, "the list of storages is no list")
    }
    for element in elements {
      guard let key = keys.text(element), let index = storages.index(of: key),
        storages.all[index].place == nil
      else {
        let name = keys.text(element).map { "'\($0.shortened)'" } ?? "no text"
        throw finding(
          .legacyKeys, at: keys.fileOffset,
          "the list of storages holds \(name), which no tensor has, or twice")
      }
      let storage = storages.all[index]
      var cursor = ByteCursor(file.bytes.extracting(position..<file.byteCount))
      guard let count = cursor.next(UInt64.self), count == UInt64(storage.elementCount),
        let range = cursor.skip(UInt64(storage.byteCount))
      else {
        throw finding(
          .legacyData, key, at: position,
          "the storage has not the \(storage.elementCount) elements of its tensors, "
            + "\(cursor.remaining) bytes remain", remedy: SafetensorsHeader.download)
      }
      storages.place(
        index,
        at: TorchStorage.Place(
          range: position + range.lowerBound..<position + range.upperBound, isDeflated: false))
      position += range.upperBound
    }
    if let missing = storages.all.first(where: { $0.place == nil }) {
      throw finding(
        .missingStorage, missing.key, at: keys.fileOffset,
        "the list of storages does not name this one")
    }
    guard position == file.byteCount else {
      throw finding(
        .legacyData, at: position, "\(file.byteCount - position) bytes follow the last storage")
    }
  }

  private func finding(
    _ rule: PyTorchRule, _ item: String? = nil, at offset: Int, _ message: String,
    remedy: String? = nil
  ) -> Finding {
    Finding(rule, in: file.path, item: item?.shortened, at: offset, message, remedy: remedy)
  }
}
