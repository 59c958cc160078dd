// The standard library normalises strings to compare them, but has not yet made that public.
@_spi(_Unicode) import Swift
import TandemBytes

extension [UInt8] {
  var isASCII: Bool { rawSpan.byteOffsets.allSatisfy { self[$0] < 0x80 } }

  /// The bytes, which are well-formed UTF-8, as a string.
  var unicodeText: String { rawSpan.lossyText }

  /// The text with characters replaced; nil leaves one as it is.
  func mapScalars(_ replacement: (Unicode.Scalar) -> String?) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    let text = rawSpan
    var offset = 0
    while offset < count {
      let (scalar, end) = text.scalar(at: offset)
      if let replacement = replacement(scalar) {
        result.append(contentsOf: replacement.utf8)
      } else {
        result.append(text.extracting(offset..<end))
      }
      offset = end
    }
    return result
  }

  /// The text with every occurrence of a byte string replaced, from left to right.
  ///
  /// - Complexity: O(*n* · *m*) in the bytes of both.
  func replacing(_ old: [UInt8], with new: [UInt8]) -> [UInt8] {
    guard let first = old.first, contains(first) else { return self }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var offset = 0
    while offset < count {
      if self[offset] == first, self[offset...].starts(with: old) {
        result += new
        offset += old.count
      } else {
        result.append(self[offset])
        offset += 1
      }
    }
    return result
  }
}

extension String {
  /// Normalisation form C.
  var composed: [UInt8] { Self.utf8(_nfc) }

  /// Normalisation form D.
  var decomposed: [UInt8] { Self.utf8(_nfd) }

  private static func utf8(_ scalars: some Sequence<Unicode.Scalar>) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in scalars {
      bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
    return bytes
  }
}
