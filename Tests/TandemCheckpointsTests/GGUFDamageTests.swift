import Glibc
import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct GGUFDamageTests {
  let folder: TemporaryFolder
  let good = GGUFBytes.good.bytes

  init() throws { folder = try TemporaryFolder() }

  /// Reads bytes as a file and uses all that comes of it.
  ///
  /// - Returns: Whether there is a checkpoint.
  private func isReadable(_ bytes: [UInt8], isLenient: Bool) throws -> Bool {
    let path = try folder.write(bytes, to: "m.gguf")
    let reading = try GGUFReader.read(path: path, isLenient: isLenient)
    guard let checkpoint = reading.checkpoint else {
      #expect(reading.findings.hasErrors)
      return false
    }
    for tensor in checkpoint.tensors {
      #expect(tensor.byteRange.upperBound <= bytes.count)
      #expect(tensor.byteCount == tensor.shape.byteCount(of: tensor.type))
    }
    guard case .gguf(let metadata) = checkpoint.metadata else { return false }
    for case .array(let array) in metadata.entries.map(\.value) {
      metadata.forEachString(array) { _ = $0.lossyText }
      _ = metadata.unsignedElements(of: array)
      _ = metadata.doubleElements(of: array)
    }
    return true
  }

  @Test(arguments: [false, true])
  func `every change of one byte is read or refused`(isLenient: Bool) throws {
    var bytes = good
    var readableCount = 0
    for index in good.indices {
      // Each bit alone, and all.
      for mask in (0..<8).map({ UInt8(1 << $0) }) + [0xFF] {
        bytes[index] = good[index] ^ mask
        readableCount += try isReadable(bytes, isLenient: isLenient) ? 1 : 0
      }
      bytes[index] = good[index]
    }
    // Tensor data may be anything; so may names, numbers and, with a warning, padding.
    #expect(readableCount > 9 * 70 && readableCount < 9 * good.count)
  }

  @Test(arguments: [false, true])
  func `every truncation before the last tensor's end is refused`(isLenient: Bool) throws {
    let dataEnd = good.count - 28
    for count in good.indices {
      #expect(try isReadable(Array(good[..<count]), isLenient: isLenient) == (count >= dataEnd))
    }
  }

  @Test func `strings and arrays are accepted up to their limits`() throws {
    let string = 16 << 20
    #expect(try codes(of: .string([]), length: string, byteCount: string) == [])
    #expect(try codes(of: .string([]), length: string + 1, byteCount: string + 1) == ["GG008"])
    let array = GGUFBytes.Value.array([], type: 0)
    #expect(try codes(of: array, length: 64 << 20, byteCount: 64 << 20) == [])
    #expect(try codes(of: array, length: 64 << 20 + 1, byteCount: 64 << 20 + 1) == ["GG009"])
  }

  /// The codes of the findings on a file whose only value ends with a length and that many bytes.
  private func codes(
    of value: GGUFBytes.Value, length: Int, byteCount: Int
  ) throws -> [String] {
    var file = GGUFBytes()
    var value = value
    value.bytes.replaceSubrange(value.bytes.count - 8..<value.bytes.count, with: [UInt8](length))
    file.add("a", value)
    file.alignment = 1
    let path = try folder.write(file.bytes, to: "m.gguf")
    // The file is sparse: its bytes are zero and take no room.
    let multiple = (file.bytes.count + byteCount + 31) / 32 * 32
    #expect(truncate(path, multiple) == 0)
    return try GGUFReader.read(path: path, isLenient: false).findings.all.map(\.code)
  }

  @Test func `of a thousand equal findings two hundred are kept`() throws {
    var file = GGUFBytes()
    for _ in 0..<1000 { file.add("", .bool(7)) }
    let path = try folder.write(file.bytes, to: "m.gguf")
    let findings = try GGUFReader.read(path: path, isLenient: false).findings
    #expect(findings.counts == ["GG011": 1000, "GG013": 1000])
    #expect(findings.all.count == 2 * Findings.limitPerCode)
  }
}
