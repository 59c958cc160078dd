import TandemBundles
import TandemBytes
import TandemCheckpoints

/// Gives each tensor a payload, and equal tensors one together: tied embeddings, or those that a
/// pair shares.
///
/// Equal means byte for byte, and of those that are recoded, in the same way. Only tensors whose
/// size and some bytes agree are compared, so that the sources are hardly touched.
struct PayloadSharing {
  private(set) var payloads: [BundlePlan.Payload] = []
  /// The first payload with each fingerprint.
  private var first: [Fingerprint: Int] = [:]
  /// All payloads whose fingerprint is not theirs alone, by their bytes: hashing keeps many that
  /// look alike from being compared with each other.
  private var alike: [Content: Int] = [:]

  /// What makes two payloads one.
  private struct Content: Hashable {
    let digest: Digest
    let types: PayloadRecoding.Types?
  }

  /// Size and 192 bytes from three places.
  private struct Fingerprint: Hashable {
    let byteCount: Int
    let types: PayloadRecoding.Types?
    let sample: [UInt8]

    init(_ bytes: RawSpan, _ types: PayloadRecoding.Types?) {
      byteCount = bytes.byteCount
      self.types = types
      var sample: [UInt8] = []
      let length = min(64, bytes.byteCount)
      for start in [0, (bytes.byteCount - length) / 2, bytes.byteCount - length] {
        sample.append(bytes.extracting(start..<start + length))
      }
      self.sample = sample
    }
  }

  /// The payload of some bytes of a file, made new unless an equal one exists.
  ///
  /// - Parameters:
  ///   - recoding: What becomes of the bytes; nil if they stay.
  ///   - member: The member whose section a new payload goes to.
  mutating func payload(
    of range: Range<Int>, in file: MappedFile, _ recoding: PayloadRecoding?, member: Int
  ) -> Int {
    let bytes = file.bytes.extracting(range)
    let new = BundlePlan.Payload(file: file, range: range, member: member, making: recoding)
    let fingerprint = Fingerprint(bytes, recoding?.types)
    guard let twin = first[fingerprint] else {
      first[fingerprint] = payloads.count
      return add(new)
    }
    let other = payloads[twin]
    let otherDigest = SHA256Hasher.digest(of: other.file.bytes.extracting(other.range))
    alike[Content(digest: otherDigest, types: recoding?.types)] = twin
    let content = Content(digest: SHA256Hasher.digest(of: bytes), types: recoding?.types)
    if let equal = alike[content] { return equal }
    alike[content] = payloads.count
    return add(new)
  }

  private mutating func add(_ payload: BundlePlan.Payload) -> Int {
    payloads.append(payload)
    return payloads.count - 1
  }
}
