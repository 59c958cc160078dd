import TandemBytes
@testable import TandemModels
import TandemTestSupport
import Testing

/// Damaged descriptions: whatever the bytes, there is a description or an error.
struct PairDamageTests {
  private func check(_ bytes: [UInt8]) -> Bool {
    let (description, findings) = PairDescription.parse(bytes.rawSpan, "PAIR.json")
    return description != nil || findings.hasErrors
  }

  @Test(arguments: ["tandem", "tandem-biases", "independent-mapped"])
  func `every truncation is an error`(_ name: String) throws {
    let text = try contents(of: Samples.path("good/pairs/\(name)/PAIR.json"))
    // The last byte ends the line.
    for count in 0..<text.count - 1 {
      let (description, findings) = PairDescription.parse(
        Array(text.prefix(count)).rawSpan, "PAIR.json")
      #expect(description == nil && findings.hasErrors)
    }
  }

  @Test(arguments: ["tandem", "tandem-biases", "independent-mapped"])
  func `every flipped bit is read or refused`(_ name: String) throws {
    var text = try contents(of: Samples.path("good/pairs/\(name)/PAIR.json"))
    for index in text.indices {
      for bit in 0..<8 {
        text[index] ^= 1 << bit
        #expect(check(text))
        text[index] ^= 1 << bit
      }
    }
  }
}
