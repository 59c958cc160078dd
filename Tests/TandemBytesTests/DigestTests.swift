import Synchronization
import TandemBytes
import Testing

@Suite struct DigestTests {
  @Test func `the SHA-256 of abc is the published one`() {
    let digest = SHA256Hasher.digest(of: Array("abc".utf8).rawSpan)
    #expect(
      digest.description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest(hexadecimal: digest.description) == digest)
  }

  @Test func `two messages hashed side by side have the digests that each has alone`() {
    let bytes = (0..<1 << 13).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 5) }
    for byteCount in Array(0...200) + [1023, 4096] {
      let first = bytes.rawSpan.extracting(3..<3 + byteCount)
      let second = bytes.rawSpan.extracting(4000..<4000 + byteCount)
      let pair = SHA256Hasher.digests(of: first, second)
      #expect(pair.0 == SHA256Hasher.digest(of: first), "\(byteCount) bytes")
      #expect(pair.1 == SHA256Hasher.digest(of: second), "\(byteCount) bytes")
    }
  }

  @Test(arguments: [0, 1, 2, 5, 64, 131])
  func `digests of ranges come in their order, beside other work`(count: Int) {
    let bytes = (0..<1 << 12).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 3) }
    let isDone = Mutex(false)
    let digests = BlockDigest.digests(of: bytes.rawSpan, count: count) {
      // The last has another length.
      $0 * 16..<$0 * 16 + ($0 == count - 1 ? 9 : 16)
    } beside: {
      isDone.withLock { $0 = true }
    }
    #expect(isDone.withLock { $0 })
    #expect(
      digests
        == (0..<count).map {
          let end = $0 * 16 + ($0 == count - 1 ? 9 : 16)
          return SHA256Hasher.digest(of: bytes.rawSpan.extracting($0 * 16..<end))
        })
  }

  @Test func `the block digest of nothing is the SHA-256 of nothing`() {
    #expect(BlockDigest.digest(of: RawSpan()) == SHA256Hasher.digest(of: RawSpan()))
  }

  @Test(arguments: [1, 1 << 20, (1 << 20) + 1, 3 << 20])
  func `the block digest is SHA-256 over the blocks' SHA-256`(byteCount: Int) {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    var root = SHA256Hasher()
    for start in stride(from: 0, to: byteCount, by: 1 << 20) {
      let block = bytes.rawSpan.extracting(start..<min(start + (1 << 20), byteCount))
      root.update(SHA256Hasher.digest(of: block))
    }
    #expect(BlockDigest.digest(of: bytes.rawSpan) == root.finalize())
  }
}
