import TandemBytes
import TandemCheckpoints
import TandemTensors
import Testing

@Suite struct SafetensorsSampleTests {
  @Test(arguments: CheckpointSample.all(in: "good/safetensors"))
  func `a good sample has nothing but notes`(sample: CheckpointSample) throws {
    let reading = try CheckpointReading.read(path: sample.path, isLenient: false)
    let checkpoint = try reading.get()
    #expect(reading.findings.worstSeverity ?? .note == .note)
    #expect(checkpoint.format == .safetensors)
    for tensor in checkpoint.tensors {
      #expect(tensor.shape.byteCount(of: tensor.type) == tensor.byteCount)
    }
    #expect(checkpoint.files[0].headerByteCount <= checkpoint.files[0].file.byteCount)
  }

  @Test(arguments: CheckpointSample.all(in: "hostile/safetensors"))
  func `a hostile sample has the finding that it is named after, and none as bad`(
    sample: CheckpointSample
  ) throws {
    let findings = try CheckpointReading.read(path: sample.path, isLenient: false).findings
    // Two tensors of one name may well have one range.
    let worst = findings.worstCodes.subtracting(sample.name.hasPrefix("ST006") ? ["ST016"] : [])
    #expect(worst == [sample.code], "\(findings.all.map(\.description))")
  }

  @Test func `there are samples`() {
    #expect(CheckpointSample.all(in: "good/safetensors").count >= 20)
    #expect(CheckpointSample.all(in: "hostile/safetensors").count >= 170)
  }
}
