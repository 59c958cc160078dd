import TandemBytes

/// The parts of a zip archive to be written (APPNOTE.TXT 6.3), with stored entries only.
///
/// 64-bit numbers appear where 32 bits do not hold a number, and nowhere else.
enum ZipOutput {
  /// An entry.
  struct Record {
    let name: [UInt8]
    let byteCount: Int
    /// The place of the local header.
    let offset: Int
    /// The local header's extra field, as long as the alignment of the data needs.
    private let extra: [UInt8]

    /// - Parameter alignment: Of the entry's bytes.
    init(name: String, byteCount: Int, at offset: Int, alignment: Int) {
      self.name = Array(name.utf8)
      self.byteCount = byteCount
      self.offset = offset
      let large = byteCount >= UInt32.max ? zip64Extra([byteCount, byteCount]) : []
      let unpadded = offset &+ 30 &+ self.name.count &+ large.count
      extra = large + padding(from: unpadded, to: alignment)
    }

    /// The place of the entry's bytes.
    var dataOffset: Int { offset &+ 30 &+ name.count &+ extra.count }

    func localHeader(_ checksum: UInt32) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.append(littleEndian: UInt32(0x0403_4B50))
      appendCommon(checksum, isDirectory: false, to: &bytes)
      bytes.append(littleEndian: UInt16(name.count))
      bytes.append(littleEndian: UInt16(extra.count))
      return bytes + name + extra
    }

    func directoryRecord(_ checksum: UInt32) -> [UInt8] {
      let extra = directoryExtra
      var bytes: [UInt8] = []
      bytes.append(littleEndian: UInt32(0x0201_4B50))
      // Made by: version 4.5, on no particular system.
      bytes.append(littleEndian: UInt16(45))
      appendCommon(checksum, isDirectory: true, to: &bytes)
      bytes.append(littleEndian: UInt16(name.count))
      bytes.append(littleEndian: UInt16(extra.count))
      // Comment, disk and attributes: none.
      bytes += [UInt8](repeating: 0, count: 10)
      bytes.append(littleEndian: saturated(offset))
      return bytes + name + extra
    }

    var directoryByteCount: Int { 46 + name.count + directoryExtra.count }

    private var directoryExtra: [UInt8] {
      let sizes = byteCount >= UInt32.max ? [byteCount, byteCount] : []
      let numbers = sizes + (offset >= UInt32.max ? [offset] : [])
      return numbers.isEmpty ? [] : zip64Extra(numbers)
    }

    /// The fields that local header and directory share, up to the sizes.
    private func appendCommon(_ checksum: UInt32, isDirectory: Bool, to bytes: inout [UInt8]) {
      let needs64 = byteCount >= UInt32.max || (isDirectory && offset >= UInt32.max)
      bytes.append(littleEndian: UInt16(needs64 ? 45 : 20))
      // Bit 11: the name is UTF-8.
      bytes.append(littleEndian: UInt16(name.allSatisfy { $0 < 0x80 } ? 0 : 1 << 11))
      // Stored, at midnight of 1980-01-01.
      bytes += [0, 0, 0, 0, 0x21, 0]
      bytes.append(littleEndian: checksum)
      bytes.append(littleEndian: saturated(byteCount))
      bytes.append(littleEndian: saturated(byteCount))
    }
  }

  /// The directory and the end records.
  struct Directory {
    let offset: Int
    let end: Int
    private let byteCount: Int
    private let entryCount: Int

    /// nil past 2^63-1.
    init?(of records: [Record], at offset: Int) {
      byteCount = records.reduce(0) { $0 + $1.directoryByteCount }
      entryCount = records.count
      self.offset = offset
      guard let stop = offset.adding(byteCount),
        let end = stop.adding(Self.needs64(offset, byteCount, entryCount) ? 56 + 20 + 22 : 22)
      else { return nil }
      self.end = end
    }

    private static func needs64(_ offset: Int, _ byteCount: Int, _ entryCount: Int) -> Bool {
      offset >= UInt32.max || byteCount >= UInt32.max || entryCount >= UInt16.max
    }

    func bytes(of records: [Record], checksums: [UInt32]) -> [UInt8] {
      var bytes = zip(records, checksums).flatMap { $0.directoryRecord($1) }
      let count = UInt16(min(entryCount, Int(UInt16.max)))
      if Self.needs64(offset, byteCount, entryCount) { append64(to: &bytes) }
      bytes.append(littleEndian: UInt32(0x0605_4B50))
      bytes += [0, 0, 0, 0]
      bytes.append(littleEndian: count)
      bytes.append(littleEndian: count)
      bytes.append(littleEndian: saturated(byteCount))
      bytes.append(littleEndian: saturated(offset))
      return bytes + [0, 0]
    }

    /// The 64-bit end record and its locator.
    private func append64(to bytes: inout [UInt8]) {
      let place = offset + bytes.count
      bytes.append(littleEndian: UInt32(0x0606_4B50))
      bytes.append(littleEndian: UInt64(44))
      bytes.append(littleEndian: UInt16(45))
      bytes.append(littleEndian: UInt16(45))
      bytes += [UInt8](repeating: 0, count: 8)
      for number in [entryCount, entryCount, byteCount, offset] {
        bytes.append(littleEndian: UInt64(number))
      }
      bytes.append(littleEndian: UInt32(0x0706_4B50))
      bytes.append(littleEndian: UInt32(0))
      bytes.append(littleEndian: UInt64(place))
      bytes.append(littleEndian: UInt32(1))
    }
  }
}

/// 32 bits, all of them set if the number needs more: then it stands elsewhere.
private func saturated(_ number: Int) -> UInt32 { UInt32(clamping: number) }

/// The extra field with 64-bit numbers.
private func zip64Extra(_ numbers: [Int]) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.append(littleEndian: UInt16(1))
  bytes.append(littleEndian: UInt16(8 * numbers.count))
  for number in numbers { bytes.append(littleEndian: UInt64(number)) }
  return bytes
}

/// An extra field that pads to an alignment, as Android's zipalign writes it: its id, its length,
/// the alignment, and zeros.
private func padding(from offset: Int, to alignment: Int) -> [UInt8] {
  let rest = (alignment - offset % alignment) % alignment
  if rest == 0 { return [] }
  let byteCount = rest < 6 ? rest + alignment : rest
  var bytes: [UInt8] = []
  bytes.append(littleEndian: UInt16(0xD935))
  bytes.append(littleEndian: UInt16(byteCount - 4))
  bytes.append(littleEndian: UInt16(alignment))
  return bytes + [UInt8](repeating: 0, count: byteCount - 6)
}
