import TandemBundles
import TandemBytes
import TandemCheckpoints

/// Gives each tensor a payload, and equal tensors one together: tied embeddings, or those that a
/// pair shares.
///
/// Equal means byte for byte. Only tensors whose size and some bytes agree are compared, so that
/// the sources are hardly touched.
struct PayloadSharing {
  private(set) var payloads: [BundlePlan.Payload] = []
  /// The first payload with each fingerprint.
  private var first: [Fingerprint: Int] = [:]
  /// All payloads whose fingerprint is not theirs alone, by their bytes: hashing keeps many that
  /// look alike from being compared with each other.
  private var alike: [Digest: Int] = [:]

  /// Size and 192 bytes from three places.
  private struct Fingerprint: Hashable {
    let byteCount: Int
    let sample: [UInt8]

    init(_ bytes: RawSpan) {
      byteCount = bytes.byteCount
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
  /// - Parameter member: The member whose section a new payload goes to.
  mutating func payload(of range: Range<Int>, in file: MappedFile, member: Int) -> Int {
    let bytes = file.bytes.extracting(range)
    let fingerprint = Fingerprint(bytes)
    guard let twin = first[fingerprint] else {
      first[fingerprint] = payloads.count
      return add(range, in: file, member)
    }
    let other = payloads[twin]
    alike[SHA256Hasher.digest(of: other.file.bytes.extracting(other.range))] = twin
    let digest = SHA256Hasher.digest(of: bytes)
    if let equal = alike[digest] { return equal }
    alike[digest] = payloads.count
    return add(range, in: file, member)
  }

  private mutating func add(_ range: Range<Int>, in file: MappedFile, _ member: Int) -> Int {
    payloads.append(BundlePlan.Payload(file: file, range: range, member: member))
    return payloads.count - 1
  }
}
