import Foundation
import TandemBytes
import Testing

@Suite struct ProcessMemoryTests {
  @Test func `pages of a mapped file are counted, also of one in memory alone`() throws {
    let path = "/dev/shm/tandem-test-\(ProcessInfo.processInfo.processIdentifier)"
    let byteCount = 16 << 20
    try Data(count: byteCount).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try MappedFile(path: path)
    let before = try #require(ProcessMemory.now)
    var sum = 0
    for page in 0..<byteCount / 4096 { sum += Int(file.bytes.byte(at: page * 4096)) }
    let after = try #require(ProcessMemory.now)
    #expect(sum == 0)
    #expect(after.mappedByteCount - before.mappedByteCount > byteCount / 2)
  }
}
