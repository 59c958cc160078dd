import TandemBytes

/// Writes small zip archives of stored entries.
enum ZipFile {
  static func archive(_ entries: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for (name, data) in entries {
      let offset = bytes.count
      append(0x0403_4B50, words: [20], to: &bytes)
      appendFacts(name, data, to: &bytes)
      bytes += Array(name.utf8) + data
      append(0x0201_4B50, words: [20, 20], to: &directory)
      appendFacts(name, data, to: &directory)
      // Comment length, disk, attributes.
      directory += [UInt8](repeating: 0, count: 10)
      directory.append(littleEndian: UInt32(offset))
      directory += Array(name.utf8)
    }
    let place = (byteCount: UInt32(directory.count), offset: UInt32(bytes.count))
    bytes += directory
    let count = UInt16(entries.count)
    append(0x0605_4B50, words: [0, 0, count, count], to: &bytes)
    bytes.append(littleEndian: place.byteCount)
    bytes.append(littleEndian: place.offset)
    bytes.append(littleEndian: UInt16(0))
    return bytes
  }

  private static func append(_ signature: UInt32, words: [UInt16], to bytes: inout [UInt8]) {
    bytes.append(littleEndian: signature)
    for word in words { bytes.append(littleEndian: word) }
  }

  /// Flags, method, time, date, checksum, sizes, and the lengths of name and extra field.
  private static func appendFacts(_ name: String, _ data: [UInt8], to bytes: inout [UInt8]) {
    bytes += [UInt8](repeating: 0, count: 8)
    bytes.append(littleEndian: CRC32.checksum(of: data.rawSpan))
    bytes.append(littleEndian: UInt32(data.count))
    bytes.append(littleEndian: UInt32(data.count))
    bytes.append(littleEndian: UInt16(name.utf8.count))
    bytes.append(littleEndian: UInt16(0))
  }
}
