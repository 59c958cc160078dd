import TandemBytes
import TandemCheckpoints
import TandemTestSupport
import Testing

@Suite struct SafetensorsFindingTests {
  @Test(arguments: SafetensorsFlaw.header + SafetensorsFlaw.entries + SafetensorsFlaw.places)
  func `a flaw is named with its place, what was found and what is allowed`(
    flaw: SafetensorsFlaw
  ) throws {
    let folder = try TemporaryFolder()
    let reading = try folder.reading(flaw.file.bytes)
    #expect(reading.messages(in: folder) == flaw.messages)
  }
}
