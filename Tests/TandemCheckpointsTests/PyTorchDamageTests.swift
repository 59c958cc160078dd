import TandemBytes
import TandemCheckpoints
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct PyTorchDamageTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func sample(_ name: String) -> [UInt8] {
    let sample = CheckpointSample.all(in: "good/pytorch").first { $0.name == name }
    return (try? contents(of: sample?.path ?? "")) ?? []
  }

  /// Reads bytes as a file and uses all that comes of it.
  ///
  /// - Returns: Whether there is a checkpoint.
  private func isReadable(_ bytes: [UInt8], isLenient: Bool = true) throws -> Bool {
    let path = try folder.write(bytes, to: "m.pt")
    let reading = try PyTorchReader.read(path: path, isLenient: isLenient)
    guard let checkpoint = reading.checkpoint else {
      #expect(reading.findings.hasErrors)
      return false
    }
    for tensor in checkpoint.tensors {
      #expect(tensor.byteRange.upperBound <= bytes.count)
      #expect(tensor.byteCount == tensor.shape.byteCount(of: tensor.type))
    }
    _ = checkpoint.checksumFindings()
    // A changed shape may ask for more than the limit allows; nothing larger is written.
    if let placed = try? checkpoint.materialised(byteLimit: 1 << 20) {
      for tensor in placed.tensors where tensor.byteCount > 0 {
        let file = placed.files[tensor.fileIndex].file
        #expect(tensor.byteRange.upperBound <= file.byteCount)
        #expect(file.bytes.extracting(tensor.byteRange).array.count == tensor.byteCount)
      }
    }
    return true
  }

  @Test(arguments: ["plain.pt", "plain-legacy.pt", "deflated.pt", "zip64.pt", "views-legacy.pt"])
  func `every change of one byte is read or refused`(name: String) throws {
    let good = Self.sample(name)
    var bytes = good
    var readableCount = 0
    for index in good.indices {
      for mask in [0x01, 0x80, 0xFF] as [UInt8] {
        bytes[index] = good[index] ^ mask
        readableCount += try isReadable(bytes) ? 1 : 0
      }
      bytes[index] = good[index]
    }
    // Tensor data may be anything, and so may times and versions in a zip's headers.
    #expect(readableCount > 3 * 32 && readableCount < 3 * good.count / 2)
  }

  @Test(arguments: ["plain.pt", "plain-legacy.pt", "deflated.pt", "protocol-4.pt"])
  func `every truncation is refused`(name: String) throws {
    let good = Self.sample(name)
    for count in good.indices.dropFirst() { #expect(try !isReadable(Array(good[..<count]))) }
    #expect(try isReadable(good))
  }

  @Test func `an expansion over the limit is a finding and writes nothing`() throws {
    let path = CheckpointSample.all(in: "good/pytorch").first { $0.name == "views.pt" }?.path
    let checkpoint = try CheckpointReading.read(path: #require(path), isLenient: false).get()
    let finding = #expect(throws: Finding.self) { try checkpoint.materialised(byteLimit: 71) }
    #expect(finding?.code == "FI004")
    #expect(try checkpoint.materialised(byteLimit: 72).tensors.count == 5)
  }
}
