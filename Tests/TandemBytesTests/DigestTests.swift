import TandemBytes
import Testing

@Suite struct DigestTests {
  @Test func `the SHA-256 of abc is the published one`() {
    let digest = SHA256Hasher.digest(of: Array("abc".utf8).rawSpan)
    #expect(
      digest.description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Digest(hexadecimal: digest.description) == digest)
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
