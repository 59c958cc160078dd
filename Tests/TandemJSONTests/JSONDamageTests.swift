import TandemBytes
import TandemJSON
import Testing

@Suite struct JSONDamageTests {
  private let text = Array(
    #"""
    {"a": [0, -12, 3.5e-7, 18446744073709551615], "\u00e9\n\ud83d\ude00": "é😀\\", "n": null,
     "t": true, "f": false, "o": {"p": {}, "q": []}}
    """#.utf8)

  @Test func `the undamaged text is accepted`() {
    #expect(agreement(on: text) == true)
  }

  @Test func `every truncation is refused by both`() {
    for count in text.indices {
      #expect(agreement(on: Array(text[..<count])) == false, "cut to \(count) bytes")
    }
  }

  @Test func `reader and tree agree on every change of one byte`() {
    var changed = text
    var acceptedCount = 0
    for index in text.indices {
      for byte in UInt8.min ... .max where byte != text[index] {
        changed[index] = byte
        let accepted = agreement(on: changed)
        #expect(accepted != nil, "byte \(index) is \(byte)")
        acceptedCount += accepted == true ? 1 : 0
      }
      changed[index] = text[index]
    }
    #expect(acceptedCount > 1000)
  }

  @Test func `reader and tree agree on every deletion and repetition of one byte`() {
    for index in text.indices {
      var changed = text
      changed.remove(at: index)
      #expect(agreement(on: changed) != nil, "byte \(index) is missing")
      changed = text
      changed.insert(text[index], at: index)
      #expect(agreement(on: changed) != nil, "byte \(index) is doubled")
    }
  }

  /// Whether both accept the text, with equal content, or both refuse it; nil if they disagree.
  private func agreement(on bytes: [UInt8]) -> Bool? {
    let skipping = skippingFailure(bytes)
    do throws(JSONFailure) {
      let tree = JSONOutput(try JSONDocument(parsing: bytes.rawSpan).root).text(pretty: false)
      let read = try JSONOutput(reading: bytes).text(pretty: false)
      return skipping == nil && read.utf8.elementsEqual(tree.utf8) ? true : nil
    } catch {
      if error.kind == .syntax { return skipping == error ? false : nil }
      // Equal keys and large numbers are refused by the tree alone, before anything that follows.
      return skipping?.offset ?? .max > error.offset ? false : nil
    }
  }
}
