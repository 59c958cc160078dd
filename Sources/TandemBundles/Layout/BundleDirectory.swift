import TandemBytes
import TandemTensors

/// The directory's bytes and its nine tables: the one way to the records, for the reader and for
/// the writer.
struct BundleDirectory: ~Escapable {
  let bytes: RawSpan
  /// The place of the directory in the file, for messages.
  let fileOffset: Int
  let tables: BundleTables

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, fileOffset: Int, tables: BundleTables) {
    self.bytes = bytes
    self.fileOffset = fileOffset
    self.tables = tables
  }

  var memberCount: Int { tables[.members].count }
  var tensorCount: Int { tables[.tensors].count }
  var payloadCount: Int { tables[.payloads].count }
  var sectionCount: Int { tables[.sections].count }
  var relationCount: Int { tables[.relations].count }

  /// Whether a string of the pool begins and ends between characters.
  func isOnBoundaries(_ reference: StringReference) -> Bool {
    isBoundary(reference.offset) && isBoundary(reference.offset + reference.byteCount)
  }

  private func isBoundary(_ offset: UInt32) -> Bool {
    let pool = tables[.strings]
    return Int(offset) == pool.count || bytes.byte(at: pool.start + Int(offset)) & 0xC0 != 0x80
  }

  /// Where the strings pool, the last table, starts.
  var stringsStart: Int { tables[.strings].start }

  func member(_ index: Int) -> MemberRecord {
    MemberRecord(bytes, at: tables[.members].offset(index))
  }

  @inline(__always)
  func tensor(_ index: Int) -> TensorRecord {
    TensorRecord(bytes, at: tables[.tensors].offset(index))
  }

  @inline(__always)
  func payload(_ index: Int) -> PayloadRecord {
    PayloadRecord(bytes, at: tables[.payloads].offset(index))
  }

  func section(_ index: Int) -> SectionRecord {
    SectionRecord(bytes, at: tables[.sections].offset(index))
  }

  func relation(_ index: Int) -> RelationRecord {
    RelationRecord(bytes, at: tables[.relations].offset(index))
  }

  func field(_ index: Int) -> FieldRecord { FieldRecord(bytes, at: tables[.fields].offset(index)) }

  func dimension(_ index: Int) -> UInt64 {
    bytes.littleEndian(at: tables[.dimensions].offset(index))
  }

  func value(_ index: Int) -> UInt64 { bytes.littleEndian(at: tables[.values].offset(index)) }

  /// A string's bytes; its reference must have been checked.
  @_lifetime(copy self)
  func text(_ reference: StringReference) -> RawSpan {
    let start = tables[.strings].start + Int(reference.offset)
    return bytes.extracting(start..<start + Int(reference.byteCount))
  }

  /// A string; its reference must have been checked.
  func string(_ reference: StringReference) -> String { text(reference).lossyText }

  /// A tensor's shape; its record must have been checked.
  func shape(_ tensor: TensorRecord) -> Shape {
    let first = Int(tensor.firstDimension)
    return Shape((first..<first + Int(tensor.rank)).map { Int(dimension($0)) })
  }

  /// A field's key and value; its record must have been checked.
  func fieldValue(_ index: Int) -> (key: String, value: FieldValue) {
    let record = field(index)
    return (string(record.key), value(of: record))
  }

  private func value(of record: FieldRecord) -> FieldValue {
    switch FieldRecord.Kind(rawValue: record.type) {
    case .unsigned, nil: .unsigned(record.value)
    case .signed: .signed(Int64(bitPattern: record.value))
    case .float: .float(Double(bitPattern: record.value))
    case .bool: .bool(record.value != 0)
    case .string:
      .string(string(StringReference(offset: UInt32(record.value), byteCount: record.count)))
    case .list:
      .list((0..<Int(record.count)).map { value(Int(record.value) + $0) })
    }
  }
}

/// Where a table's records lie within the directory.
struct BundleTable {
  /// The offset of the first record from the start of the directory.
  var start = 0
  /// The number of records.
  var count = 0
  var recordByteCount = 1

  var end: Int { start + count * recordByteCount }

  func offset(_ index: Int) -> Int { start + index * recordByteCount }
}

/// The nine tables by name, without an allocation.
///
/// Stored one by one: an `InlineArray` in a bundle keeps Swift 6.3 from returning an optional view
/// that borrows it.
struct BundleTables {
  private var members = BundleTable()
  private var tensors = BundleTable()
  private var payloads = BundleTable()
  private var sections = BundleTable()
  private var relations = BundleTable()
  private var fields = BundleTable()
  private var dimensions = BundleTable()
  private var values = BundleTable()
  private var strings = BundleTable()

  subscript(table: BundleLayout.Table) -> BundleTable {
    @inline(__always)
    get {
      switch table {
      case .members: members
      case .tensors: tensors
      case .payloads: payloads
      case .sections: sections
      case .relations: relations
      case .fields: fields
      case .dimensions: dimensions
      case .values: values
      case .strings: strings
      }
    }
    set {
      switch table {
      case .members: members = newValue
      case .tensors: tensors = newValue
      case .payloads: payloads = newValue
      case .sections: sections = newValue
      case .relations: relations = newValue
      case .fields: fields = newValue
      case .dimensions: dimensions = newValue
      case .values: values = newValue
      case .strings: strings = newValue
      }
    }
  }
}

extension BundleTables {
  /// Reads the table entries of a directory that this program has just made.
  init(trusting bytes: RawSpan) {
    self.init()
    for table in BundleLayout.Table.allCases {
      let entry = table.rawValue * BundleLayout.tableEntryByteCount
      self[table] = BundleTable(
        start: Int(bytes.littleEndian(UInt64.self, at: entry)),
        count: Int(bytes.littleEndian(UInt64.self, at: entry + 8)),
        recordByteCount: table.recordByteCount)
    }
  }
}
