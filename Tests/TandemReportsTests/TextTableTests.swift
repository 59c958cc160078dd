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

  @Test func `a table that is too wide leaves out columns in their order, and cuts no name`() {
    var table = TextTable([.name("tensor"), .text("type").leaving(2), .number("bytes").leaving(1)])
    for row in self.table.rows { table.add(row) }
    #expect(
      text(table, width: 46) == """
        tensor                                  type
        model.layers.0.self_attn.q_proj.weight  F32
        lm_head                                 BF16

        """)
    for width in [38, 5] {
      #expect(
        text(table, width: width) == """
          tensor
          model.layers.0.self_attn.q_proj.weight
          lm_head

          """)
    }
  }

  @Test func `long texts are shortened in the middle until the table fits`() {
    var table = TextTable([.name("field"), .long("value"), .number("n")])
    table.add(["rope_scaling", "the quick brown fox jumps over the lazy dog", "1"])
    #expect(
      text(table, width: 36) == """
        field         value                n
        rope_scaling  the quick… lazy dog  1

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
