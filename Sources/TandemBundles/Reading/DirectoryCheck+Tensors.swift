import TandemBytes
import TandemTensors

extension DirectoryCheck {
  /// Checks the tensors of a member: names, types, shapes, payloads.
  ///
  /// Most of the time of opening a bundle of many tensors goes by here: the loop touches a few
  /// registers, and a finding is put into words behind it.
  func checkTensors(of member: MemberRecord) throws(Finding) {
    let first = Int(member.firstTensor)
    let range = first..<first + Int(member.tensorCount)
    guard let (index, flaw) = TensorTables(directory).firstFlaw(in: range) else { return }
    throw finding(of: flaw, index)
  }

  private func finding(of flaw: TensorFlaw, _ index: Int) -> Finding {
    let tensor = directory.tensor(index)
    func named(_ message: String) -> Finding {
      finding(.tensor, .tensors, index, directory.string(tensor.name), message)
    }
    switch flaw {
    case .noName: return finding(.tensor, .tensors, index, "tensor \(index)", "has no name")
    case .nameRange: return stringFlaw(tensor.name, .tensors, index)
    case .repeated: return named("stands twice in its member")
    case .unordered: return named("stands after a name that follows it")
    case .type: return named("has element type \(tensor.type), which is not known")
    case .dimensions:
      return named(
        "has \(tensor.rank) dimensions at \(tensor.firstDimension) of "
          + "\(directory.tables[.dimensions].count); at most \(BundleLayout.maximumRank) are allowed"
      )
    case .payload:
      return named("has payload \(tensor.payload) of \(directory.payloadCount)")
    case .elementCount: return named("has more than 2^63-1 elements")
    case .block(let elementCount):
      return named("does not fill whole blocks of \(elementCount) elements")
    case .byteCount(let needed):
      let payload = directory.payload(Int(tensor.payload))
      return named(
        "needs \(needed.map(String.init) ?? "more than 2^64") bytes, its payload has "
          + "\(payload.byteCount)")
    }
  }
}

/// What may be wrong with a tensor's record.
private enum TensorFlaw {
  case noName, nameRange, repeated, unordered
  case type, dimensions, payload, elementCount
  /// The elements of the type's block.
  case block(Int)
  /// The bytes that the shape needs; nil if 64 bits do not hold them.
  case byteCount(UInt64?)
}

/// The tables that a tensor's record points into, without the rest of the directory.
private struct TensorTables: ~Escapable {
  private let bytes: RawSpan
  private let tensors: BundleTable
  private let payloads: BundleTable
  private let dimensions: BundleTable
  private let strings: BundleTable

  @_lifetime(copy directory)
  init(_ directory: borrowing BundleDirectory) {
    bytes = directory.bytes
    tensors = directory.tables[.tensors]
    payloads = directory.tables[.payloads]
    dimensions = directory.tables[.dimensions]
    strings = directory.tables[.strings]
  }

  func firstFlaw(in range: Range<Int>) -> (index: Int, flaw: TensorFlaw)? {
    var nameBefore = StringReference(offset: 0, byteCount: 0)
    var type = (number: ElementType.u8.rawValue, block: ElementType.u8.block, isSubByte: false)
    for index in range {
      let tensor = TensorRecord(bytes, at: tensors.offset(index))
      if let flaw = flaw(ofName: tensor.name, behind: nameBefore) { return (index, flaw) }
      nameBefore = tensor.name
      // Neighbours mostly have one type.
      if tensor.type != type.number {
        guard let known = ElementType(rawValue: tensor.type) else { return (index, .type) }
        type = (tensor.type, known.block, known.isSubByte)
      }
      if let flaw = flaw(of: tensor, type.block, isSubByte: type.isSubByte) { return (index, flaw) }
    }
    return nil
  }

  @inline(__always)
  private func flaw(
    ofName name: StringReference, behind before: StringReference
  ) -> TensorFlaw? {
    if name.byteCount == 0 { return .noName }
    let end = Int(name.offset) + Int(name.byteCount)
    if end > strings.count || isInsideCharacter(Int(name.offset)) || isInsideCharacter(end) {
      return .nameRange
    }
    // The first has an empty name before it, which precedes all.
    let order = text(before).compare(text(name))
    return order < 0 ? nil : order == 0 ? .repeated : .unordered
  }

  @inline(__always)
  private func isInsideCharacter(_ offset: Int) -> Bool {
    offset != strings.count && bytes.byte(at: strings.start + offset) & 0xC0 == 0x80
  }

  @inline(__always)
  @_lifetime(copy self)
  private func text(_ name: StringReference) -> RawSpan {
    let start = strings.start + Int(name.offset)
    return bytes.extracting(start..<start + Int(name.byteCount))
  }

  /// Checks shape and payload, without building the shape.
  @inline(__always)
  private func flaw(
    of tensor: TensorRecord, _ block: ElementType.Block, isSubByte: Bool
  ) -> TensorFlaw? {
    let end = Int(tensor.firstDimension) + Int(tensor.rank)
    if Int(tensor.rank) > BundleLayout.maximumRank || end > dimensions.count { return .dimensions }
    if tensor.payload >= payloads.count { return .payload }
    var product: UInt64 = 1
    var row: UInt64 = 1
    var isEmpty = false
    for position in Int(tensor.firstDimension)..<end {
      row = bytes.littleEndian(at: dimensions.offset(position))
      if row == 0 {
        isEmpty = true
        continue
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: row)
      if overflow || next > UInt64(Int.max) { return .elementCount }
      product = next
    }
    var blockCount = product
    if block.elementCount > 1 {
      let filled = isSubByte ? (isEmpty ? 0 : product) : row
      if filled % UInt64(block.elementCount) != 0 { return .block(block.elementCount) }
      blockCount = product / UInt64(block.elementCount)
    }
    let (needed, overflow) = blockCount.multipliedReportingOverflow(by: UInt64(block.byteCount))
    let stored = PayloadRecord(bytes, at: payloads.offset(Int(tensor.payload))).byteCount
    if overflow { return .byteCount(nil) }
    if needed > UInt64(Int.max) || (isEmpty ? 0 : needed) != stored { return .byteCount(needed) }
    return nil
  }
}
