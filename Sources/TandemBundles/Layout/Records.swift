import TandemBytes

/// The directory's records as they stand in the file; `schemas/bundle.md`, sections 4.1 to 4.6, has
/// the offsets.
///
/// Reading one never fails: a record's bytes lie inside its table. What they say is checked by
/// ``DirectoryCheck``.

struct StringReference {
  var offset: UInt32
  var byteCount: UInt32
}

struct MemberRecord {
  var role: UInt32
  var name: StringReference
  var firstTensor: UInt32
  var tensorCount: UInt32
  var firstField: UInt32
  var fieldCount: UInt32
  var tokenizer: UInt32
  var tensorSetDigest: Digest
  var configDigest: Digest
  var tokenizerDigest: Digest

  init(_ bytes: RawSpan, at offset: Int) {
    role = bytes.littleEndian(at: offset)
    name = StringReference(
      offset: bytes.littleEndian(at: offset + 4), byteCount: bytes.littleEndian(at: offset + 8))
    firstTensor = bytes.littleEndian(at: offset + 12)
    tensorCount = bytes.littleEndian(at: offset + 16)
    firstField = bytes.littleEndian(at: offset + 20)
    fieldCount = bytes.littleEndian(at: offset + 24)
    tokenizer = bytes.littleEndian(at: offset + 28)
    tensorSetDigest = Digest(bytes, at: offset + 32)
    configDigest = Digest(bytes, at: offset + 64)
    tokenizerDigest = Digest(bytes, at: offset + 96)
  }
}

struct TensorRecord {
  var name: StringReference
  var type: UInt8
  var rank: UInt8
  var firstDimension: UInt32
  var payload: UInt32

  @inline(__always)
  init(_ bytes: RawSpan, at offset: Int) {
    // Two loads: opening a bundle reads every tensor's record.
    let first = bytes.littleEndian(UInt64.self, at: offset)
    let second = bytes.littleEndian(UInt64.self, at: offset + 8)
    name = StringReference(
      offset: UInt32(truncatingIfNeeded: first), byteCount: UInt32(first >> 32 & 0xFFFF))
    type = UInt8(truncatingIfNeeded: first >> 48)
    rank = UInt8(truncatingIfNeeded: first >> 56)
    firstDimension = UInt32(truncatingIfNeeded: second)
    payload = UInt32(truncatingIfNeeded: second >> 32)
  }
}

struct PayloadRecord {
  var offset: UInt64
  var byteCount: UInt64
  var firstBlock: UInt32
  var encoding: UInt32

  @inline(__always)
  init(_ bytes: RawSpan, at offset: Int) {
    self.offset = bytes.littleEndian(at: offset)
    byteCount = bytes.littleEndian(at: offset + 8)
    let last = bytes.littleEndian(UInt64.self, at: offset + 16)
    firstBlock = UInt32(truncatingIfNeeded: last)
    encoding = UInt32(truncatingIfNeeded: last >> 32)
  }
}

struct SectionRecord {
  static let compressedFlag: UInt32 = 1

  var kind: UInt32
  var flags: UInt32
  var name: StringReference
  var member: UInt32
  var reserved: UInt32
  var offset: UInt64
  var storedByteCount: UInt64
  var byteCount: UInt64
  var digest: Digest

  init(_ bytes: RawSpan, at offset: Int) {
    kind = bytes.littleEndian(at: offset)
    flags = bytes.littleEndian(at: offset + 4)
    name = StringReference(
      offset: bytes.littleEndian(at: offset + 8), byteCount: bytes.littleEndian(at: offset + 12))
    member = bytes.littleEndian(at: offset + 16)
    reserved = bytes.littleEndian(at: offset + 20)
    self.offset = bytes.littleEndian(at: offset + 24)
    storedByteCount = bytes.littleEndian(at: offset + 32)
    byteCount = bytes.littleEndian(at: offset + 40)
    digest = Digest(bytes, at: offset + 48)
  }
}

struct RelationRecord {
  var kind: StringReference
  var from: UInt32
  var to: UInt32
  var firstField: UInt32
  var fieldCount: UInt32

  init(_ bytes: RawSpan, at offset: Int) {
    kind = StringReference(
      offset: bytes.littleEndian(at: offset), byteCount: bytes.littleEndian(at: offset + 4))
    from = bytes.littleEndian(at: offset + 8)
    to = bytes.littleEndian(at: offset + 12)
    firstField = bytes.littleEndian(at: offset + 16)
    fieldCount = bytes.littleEndian(at: offset + 20)
  }
}

struct FieldRecord {
  enum Kind: UInt16 {
    case unsigned = 1
    case signed, float, bool, string, list
  }

  var key: StringReference
  var type: UInt16
  var value: UInt64
  var count: UInt32
  var reserved: UInt32

  init(_ bytes: RawSpan, at offset: Int) {
    key = StringReference(
      offset: bytes.littleEndian(at: offset),
      byteCount: UInt32(bytes.littleEndian(UInt16.self, at: offset + 4)))
    type = bytes.littleEndian(at: offset + 6)
    value = bytes.littleEndian(at: offset + 8)
    count = bytes.littleEndian(at: offset + 16)
    reserved = bytes.littleEndian(at: offset + 20)
  }
}
