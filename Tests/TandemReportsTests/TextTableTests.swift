import Testing

@testable import TandemReports

@Suite struct TextTableTests {
  private var table: TextTable {
    var table = TextTable([.name("tensor"), .text("type"), .number("bytes")])
    table.add(["model.layers.0.self_attn.q_proj.weight", "F32", "12"])
    table.add(["lm_head", "BF16", "1234"])
    return table
  }

  private func text(_ table: TextTable, width: Int? = nil) -> String {
    var text = ""
    table.write(TextLayout(width: width)) { text += $0 }
    return text
  }

  @Test func `columns are aligned, numbers on the right`() {
    #expect(
      text(table) == """
        tensor                                  type  bytes
        model.layers.0.self_attn.q_proj.weight  F32      12
        lm_head                                 BF16   1234

        """)
  }

  @Test func `names are shortened in the middle until the table fits`() {
    #expect(
      text(table, width: 30) == """
        tensor             type  bytes
        model.la…j.weight  F32      12
        lm_head            BF16   1234

        """)
  }

  @Test func `a terminal that is too narrow for all gets the shortest names`() {
    #expect(
      text(table, width: 5) == """
        tensor    type  bytes
        mode…ght  F32      12
        lm_head   BF16   1234

        """)
  }

  @Test func `wide characters take two columns, combining marks none`() {
    var table = TextTable([.name("name"), .number("n")])
    table.add(["模型", "1"])
    table.add(["e\u{301}a", "2"])
    table.add(["🦙", "3"])
    #expect(text(table) == "name  n\n模型  1\ne\u{301}a    2\n🦙    3\n")
  }

  @Test func `no line ends with spaces`() {
    var table = TextTable([.name("a"), .text("b")])
    table.add(["x", ""])
    #expect(text(table) == "a  b\nx\n")
  }

  @Test(arguments: [
    (8, "abc…hij"), (7, "abc…hij"), (6, "abc…ij"), (2, "a…"), (1, "…"), (0, ""),
  ])
  func `shortening keeps both ends`(_ width: Int, _ expected: String) {
    let text = width == 8 ? "abc…hij" : "abcdefghij"
    #expect(DisplayWidth.shortened(text, to: width) == expected)
  }

  @Test func `a wide character is not cut in half`() {
    #expect(DisplayWidth.shortened("模型模型", to: 6) == "模…型")
  }
}
