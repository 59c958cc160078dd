import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct SafetensorsDamageTests {
  @Test func `a file that is cut anywhere has an error`() throws {
    let folder = try TemporaryFolder()
    let bytes = SafetensorsBytes.good.bytes
    for count in bytes.indices {
      let reading = try folder.reading(Array(bytes[..<count]))
      #expect(reading.findings.hasErrors && reading.checkpoint == nil, "\(count) bytes")
    }
  }

  @Test(arguments: 0..<8)
  func `a file with any bit flipped is read or refused, and what is read lies in the file`(
    bit: Int
  ) throws {
    let folder = try TemporaryFolder()
    let good = SafetensorsBytes.good.bytes
    for index in good.indices {
      var bytes = good
      bytes[index] ^= 1 << bit
      for isLenient in [false, true] {
        let reading = try folder.reading(bytes, isLenient: isLenient)
        #expect((reading.checkpoint == nil) == reading.findings.hasErrors)
        for tensor in reading.checkpoint?.tensors ?? [] {
          #expect(tensor.byteRange.upperBound <= bytes.count)
          #expect(tensor.shape.byteCount(of: tensor.type) == tensor.byteCount)
        }
        // The length, and with it the place of the data, has no second truth.
        if index < 8 { #expect(reading.checkpoint == nil) }
      }
    }
  }

  @Test(arguments: [UInt8(0), 0x20, 0x22, 0x7F, 0x80, 0xFF])
  func `a header with any byte replaced is read or refused`(byte: UInt8) throws {
    let folder = try TemporaryFolder()
    let good = SafetensorsBytes.good.bytes
    for index in 8..<120 {
      var bytes = good
      bytes[index] = byte
      let reading = try folder.reading(bytes)
      #expect((reading.checkpoint == nil) == reading.findings.hasErrors)
    }
  }
}
