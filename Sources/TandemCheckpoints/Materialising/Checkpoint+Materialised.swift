public import TandemBytes
import TandemTensors

extension Checkpoint {
  /// The most that tensors may take when they are put in place: a multiple of the files, so that a
  /// small file cannot fill a disk, and at least as much as nobody minds.
  public var materialByteLimit: Int {
    let bytes = files.lazy.map(\.file.byteCount).reduce(0, +)
    let (product, overflow) = bytes.multipliedReportingOverflow(by: 16)
    return overflow ? .max : max(product, 64 << 20)
  }

  /// The checkpoint with all tensors in place: row-major, little-endian, uncompressed.
  ///
  /// Tensors that are stored otherwise are decompressed, decoded, swapped and gathered into files
  /// without a name, which go when the checkpoint goes. Memory stays at a few MiB a core.
  ///
  /// - Parameter byteLimit: The most that may be written; ``materialByteLimit`` by default.
  /// - Returns: The checkpoint itself if all is in place already.
  /// - Throws: ``Finding`` if a tensor's bytes are damaged, would be over the limit or cannot be
  ///   written.
  /// - Complexity: O(*n*) in the bytes of the tensors that are not in place, on all cores.
  public func materialised(byteLimit: Int? = nil) throws(Finding) -> Checkpoint {
    var work = Materialising(self, byteLimit: byteLimit ?? materialByteLimit)
    do {
      return try work.checkpoint()
    } catch let finding as Finding {
      throw finding
    } catch {
      throw Finding(
        FileRule.noScratch, in: path, "tensors cannot be put in place: \(error)",
        remedy: "set TMPDIR to a folder with room")
    }
  }
}

extension Checkpoint {
  /// Why ``materialised(byteLimit:)`` would refuse before it writes anything; nil if it would not.
  public var materialLimitFinding: Finding? {
    do throws(Finding) {
      try Materialising(self, byteLimit: materialByteLimit).checkLimit()
      return nil
    } catch {
      return error
    }
  }
}

extension CheckpointReading {
  /// The reading with all tensors in place, or with the finding that says why that cannot be.
  public func materialised() -> CheckpointReading {
    guard let examinable else { return self }
    do throws(Finding) {
      return CheckpointReading(
        try examinable.materialised(), Findings(), onDocuments: findings)
    } catch {
      var findings = findings
      findings.add(error)
      return CheckpointReading(nil, findings)
    }
  }
}

/// Puts the tensors of a checkpoint in place, in two passes: compressed storages are decompressed
/// once each, then elements are brought in order.
private struct Materialising {
  private let source: Checkpoint
  private let byteLimit: Int
  private var files: [TensorFile]
  private var tensors: [TensorDescriptor]

  init(_ source: Checkpoint, byteLimit: Int) {
    self.source = source
    self.byteLimit = byteLimit
    files = source.files
    tensors = source.tensors
  }

  mutating func checkpoint() throws -> Checkpoint {
    if tensors.allSatisfy({ $0.form == .inPlace }) { return source }
    try checkLimit()
    try decompress()
    try arrange()
    return Checkpoint(
      format: source.format, path: source.path, files: files, tensors: tensors,
      metadata: source.metadata, documents: source.documents)
  }

  /// A compressed storage, and what it takes.
  private struct Storage: Hashable {
    let fileIndex: Int
    let range: Range<Int>
    let plainByteCount: Int

    init?(_ tensor: TensorDescriptor) {
      guard case .deflate(let plainByteCount) = tensor.form.compression else { return nil }
      fileIndex = tensor.fileIndex
      range = tensor.byteRange
      self.plainByteCount = plainByteCount
    }
  }

  func checkLimit() throws(Finding) {
    let arranged = tensors.lazy.filter(\.isArranged).map(\.byteCount)
    let plain = Set(tensors.compactMap(Storage.init)).map(\.plainByteCount)
    var sum = 0
    for byteCount in arranged + plain {
      let (next, overflow) = sum.addingReportingOverflow(byteCount)
      sum = overflow ? .max : next
    }
    guard sum <= byteLimit else {
      throw Finding(
        FileRule.tooLarge, in: source.path,
        "tensors that are compressed, strided or big-endian take \(sum) bytes once they are put in "
          + "place, at most \(byteLimit) are allowed",
        remedy: "save the file again "
          + (plain.isEmpty ? "with contiguous tensors" : "without compression"))
    }
  }

  // MARK: Decompressing

  /// Decompresses each storage once; its tensors then lie in the new file.
  private mutating func decompress() throws {
    let tensorOf = Dictionary(
      tensors.compactMap { tensor in Storage(tensor).map { ($0, tensor.name) } },
      uniquingKeysWith: { first, _ in first })
    if tensorOf.isEmpty { return }
    let storages = tensorOf.keys.sorted {
      ($0.fileIndex, $0.range.lowerBound) < ($1.fileIndex, $1.range.lowerBound)
    }
    var layout = ScratchLayout()
    let places = storages.map { layout.place(byteCount: $0.plainByteCount) }
    let scratch = try ScratchFile(byteCount: layout.byteCount)
    let sources = files
    let failures = FirstFailure()
    concurrently(storages.count) { number in
      let storage = storages[number]
      failures.attempt {
        try Self.inflate(
          storage, in: sources[storage.fileIndex].file, tensorOf[storage] ?? "", to: scratch,
          at: places[number].lowerBound)
      }
    }
    try failures.rethrow()
    let index = try add(scratch)
    let placeOf = Dictionary(uniqueKeysWithValues: zip(storages, places))
    for (number, tensor) in tensors.enumerated() {
      guard let storage = Storage(tensor), let place = placeOf[storage] else { continue }
      let form = tensor.form.plain
      let start = place.lowerBound + tensor.form.leadingByteCount
      // The reader has checked that the elements lie in the storage.
      let end = form == .inPlace ? start + tensor.byteCount : place.upperBound
      tensors[number] = TensorDescriptor(
        name: tensor.name, type: tensor.type, shape: tensor.shape, fileIndex: index,
        byteRange: start..<end, form: form)
    }
  }

  private static func inflate(
    _ storage: Storage, in file: MappedFile, _ name: String, to scratch: ScratchFile,
    at start: Int
  ) throws {
    var inflater = Inflater(plainByteCount: storage.plainByteCount)
    var offset = start
    repeat {
      let piece: [UInt8]
      do throws(Inflater.Failure) {
        piece = try inflater.next(
          from: file.bytes.extracting(storage.range), atMost: ScratchFile.pieceByteCount)
      } catch {
        throw Finding(
          ZipRule.damaged, in: file.path, item: name, at: storage.range.lowerBound,
          "\(error), it has \(storage.plainByteCount)")
      }
      try scratch.write(piece.rawSpan, at: offset)
      offset += piece.count
    } while inflater.remaining > 0
  }

  // MARK: Arranging

  /// Writes the elements of each tensor that is not in place yet in order.
  private mutating func arrange() throws {
    let numbers = tensors.indices.filter { tensors[$0].form != .inPlace }
    if numbers.isEmpty { return }
    var layout = ScratchLayout()
    let places = numbers.map { layout.place(byteCount: tensors[$0].byteCount) }
    let scratch = try ScratchFile(byteCount: layout.byteCount)
    let arrangements = zip(numbers, places).flatMap { number, place in
      ElementArrangement.pieces(of: tensors[number], at: place.lowerBound)
    }
    let sources = files
    let failures = FirstFailure()
    concurrently(arrangements.count) { index in
      let piece = arrangements[index]
      failures.attempt {
        try piece.write(from: sources[piece.tensor.fileIndex].file, to: scratch)
      }
    }
    try failures.rethrow()
    let index = try add(scratch)
    for (number, place) in zip(numbers, places) {
      let tensor = tensors[number]
      tensors[number] = TensorDescriptor(
        name: tensor.name, type: tensor.type, shape: tensor.shape, fileIndex: index,
        byteRange: place)
    }
  }

  /// Maps a file that has been written, and returns its index.
  private mutating func add(_ scratch: ScratchFile) throws(FileError) -> Int {
    let file = try scratch.mapped(as: source.path)
    files.append(TensorFile(scratch: file))
    return files.count - 1
  }
}

extension StoredForm {
  /// The form without its compression.
  fileprivate var plain: StoredForm {
    StoredForm(coding: coding, isBigEndian: isBigEndian, strides: strides)
  }
}

extension TensorDescriptor {
  /// Whether elements must be brought in order, once they are decompressed.
  fileprivate var isArranged: Bool {
    (form.compression == .none ? form : form.plain) != .inPlace
  }
}
