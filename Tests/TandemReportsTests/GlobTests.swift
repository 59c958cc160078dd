import Testing

import TandemTensors

@Suite struct GlobTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let pattern: String
    let name: String
    let matches: Bool

    init(_ pattern: String, _ name: String, _ matches: Bool) {
      self.pattern = pattern
      self.name = name
      self.matches = matches
    }

    var testDescription: String { "\(pattern) and \(name)" }
  }

  @Test(arguments: [
    Case("", "", true), Case("", "a", false), Case("*", "", true), Case("*", "a.b", true),
    Case("a?c", "abc", true), Case("a?c", "ac", false), Case("*.weight", "a.weight", true),
    Case("*.weight", "a.weight.bias", false), Case("*a*b*", "xxaxxbxx", true),
    Case("*a*b*", "xxbxxaxx", false), Case("blk.[0-3].*", "blk.2.w", true),
    Case("blk.[0-3].*", "blk.4.w", false), Case("[!a]b", "cb", true), Case("[!a]b", "ab", false),
    Case("[]]", "]", true), Case("[a", "[a", true), Case("[z-a]", "b", false),
    Case("a[-]b", "a-b", true),
  ])
  func `patterns match whole names`(_ example: Case) {
    #expect(Glob(example.pattern).matches(example.name) == example.matches)
  }

  @Test func `many stars cost no more than length times length`() {
    let pattern = Glob(String(repeating: "*a", count: 200) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 5000)))
  }
}
