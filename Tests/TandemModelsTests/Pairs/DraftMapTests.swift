@testable import TandemModels
import Testing

struct DraftMapTests {
  private func flaw(
    _ values: [Int], _ convention: PairDescription.DraftMapConvention, of count: Int
  ) -> String? {
    switch DraftMap(values, convention).flaw(tokenCount: count) {
    case nil: nil
    case .outOfRange(let entry, let target):
      "entry \(entry) is \(target.map(String.init) ?? "too large")"
    case .repeated(let entry, let first, let target): "\(first) and \(entry) are \(target)"
    }
  }

  @Test func `ids are targets, offsets are added to the entry's number`() {
    #expect(DraftMap([3, 1], .id).targets == [3, 1])
    #expect(DraftMap([3, 1], .offset).targets == [3, 2])
    #expect(DraftMap([], .offset).targets == [])
  }

  @Test func `each entry leads to a token of its own`() {
    #expect(flaw([0, 1, 2], .id, of: 3) == nil)
    #expect(flaw([0, 0, 0], .offset, of: 3) == nil)
    #expect(flaw([0, 0, 0], .id, of: 3) == "0 and 1 are 0")
    #expect(flaw([0, 1, 2], .offset, of: 3) == "entry 2 is 4")
    #expect(flaw([-1], .id, of: 3) == "entry 0 is -1")
    #expect(flaw([0, .max], .offset, of: 3) == "entry 1 is too large")
  }
}
