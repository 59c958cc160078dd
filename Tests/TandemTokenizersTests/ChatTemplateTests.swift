import TandemTokenizers
import Testing

@Suite struct ChatTemplateTests {
  private func render(
    _ source: String, _ variables: [(name: String, value: TemplateValue)] = []
  ) throws -> String {
    try ChatTemplate(source).render(variables)
  }

  private func failure(_ source: String) -> TemplateFailure? {
    do {
      _ = try render(source)
      return nil
    } catch let failure as TemplateFailure {
      return failure
    } catch {
      return nil
    }
  }

  @Test func `a conversation becomes a text`() throws {
    let source = """
      {% for message in messages %}
      <|{{ message['role'] }}|>{{ message.content | trim }}{{ eos_token }}
      {% endfor %}
      {% if add_generation_prompt %}<|assistant|>{% endif %}
      """
    let messages = TemplateValue.list([
      .map([("role", .string("user")), ("content", .string(" Hi \n"))])
    ])
    let text = try render(
      source,
      [
        ("messages", messages), ("eos_token", .string("</s>")),
        ("add_generation_prompt", .bool(true)),
      ]
    )
    #expect(text == "<|user|>Hi</s>\n<|assistant|>")
  }

  @Test(arguments: [
    ("a\n {% include 'x' %}", "line 2, column 5: the statement 'include' is not known"),
    ("{{ x | frobnicate }}", "line 1, column 8: the filter 'frobnicate' is not known"),
    ("{% if x is sameas y %}{% endif %}", "line 1, column 12: the test 'sameas' is not known"),
    ("{% for x in y recursive %}{% endfor %}", "line 1, column 15: a recursive loop is not known"),
    ("é{% if x %}", "line 1, column 5: 'if' has no 'endif'"),
    ("{{ 1 +", "line 1, column 1: the tag has no end '}}'"),
    ("{{ }}", "line 1, column 4: a value is expected, found the tag's end"),
    ("{{ a b }}", "line 1, column 6: the tag's end is expected, found 'b'"),
    ("{{ f(1) }}", "line 1, column 5: the function 'f' is not known"),
    ("{{ x.y }}", "line 1, column 5: 'x' is undefined and has no 'y'"),
    ("{{ 9223372036854775807 + 1 }}", "line 1, column 24: the result is no 64-bit integer"),
    ("{{ -9223372036854775807 - 2 }}", "line 1, column 25: the result is no 64-bit integer"),
    (
      "{{ (-9223372036854775807 - 1) // -1 }}", "line 1, column 31: the result is no 64-bit integer"
    ),
    ("{{ 1 % 0 }}", "line 1, column 6: the divisor is zero"),
  ])
  func `what is not known or not allowed is named with its place`(
    source: String, message: String
  ) {
    #expect(failure(source)?.description == message)
  }

  @Test func `a template may refuse its input`() {
    let raised = failure("{{ raise_exception('roles must ' ~ 'alternate') }}")
    #expect(raised?.message == "roles must alternate" && raised?.isRaised == true)
  }

  /// Templates that would not end, or fill the memory or the stack.
  static let endless = [
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% set ns = namespace(s='x') %}{% for a in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "{% set ns = namespace(s='x') %}{% for a in range(100) %}{% set ns.s = ns.s.replace('x', 'xx') %}{% endfor %}",
    "{{ 'x' * 9223372036854775807 }}", "{{ 'xx' * 9223372036854775807 }}",
    "{{ range(9223372036854775807) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set ns = namespace(l=[]) %}{% for a in range(1000) %}{% set ns.l = [ns.l] %}{% endfor %}",
    "{% set ns = namespace(l=[1]) %}{% for a in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
    "{% set ns = namespace(l=[1]) %}{% for a in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l == ns.l }}",
    "{% set ns = namespace(l=[1]) %}{% for a in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
    "{% set s %}{% for a in range(100000) %}{% for b in range(100000) %}xxxxxxxx{% endfor %}{% endfor %}{% endset %}",
    "{{ range(100000) | list | unique | list }}",
    "{{ 'a' | indent(9223372036854775807) }}", "{{ {'a': 1} | tojson(indent=100000000) }}",
    String(repeating: "(", count: 100_000), "{{ " + String(repeating: "(", count: 10_000),
    "{{ " + String(repeating: "[", count: 10_000) + "}}",
    "{{ " + String(repeating: "not ", count: 10_000) + "x }}",
    "{{ " + String(repeating: "-", count: 10_000) + "1 }}",
    "{{ 1" + String(repeating: " + 1", count: 10_000) + " }}",
    "{{ x" + String(repeating: "|trim", count: 10_000) + " }}",
    "{{ 1" + String(repeating: " if 1 else 2", count: 10_000) + " }}",
    String(repeating: "{% if 1 %}", count: 10_000),
    String(repeating: "{% for a in b %}", count: 10_000),
    String(repeating: "{% macro m() %}", count: 10_000), String(repeating: "x", count: 2 << 20),
  ]

  @Test(arguments: endless.indices)
  func `a hostile template ends`(index: Int) throws {
    let source = Self.endless[index]
    // One of them is a text without tags, which is no template error.
    let isPlain = source.allSatisfy { $0 == "(" }
    #expect((failure(source) != nil) != isPlain)
  }

  @Test func `every cut and every changed byte of a template ends in a text or a failure`() throws {
    let source = """
      {%- macro m(a, b=1) -%}{{ a ~ b }}{%- endmacro -%}
      {% set ns = namespace(x=[1, 'a', {'k': none}]) %}{# c #}{% raw %}{{ {% endraw %}
      {% for k, v in {'a': 1}.items() if v is not none %}{{ loop.index }}{{ m(k, b=v) | upper }}
      {%- else %}{% break %}{% endfor %}{{ ns.x[0:2] | tojson(indent=1) if ns.x else -1.5e3 // 2 }}
      """
    let bytes = Array(source.utf8)
    var sources = bytes.indices.map { String(decoding: bytes[..<$0], as: UTF8.self) }
    for index in bytes.indices {
      for byte: UInt8 in [0x00, 0x22, 0x25, 0x2D, 0x7B, 0x7D, 0xFF] {
        var copy = bytes
        copy[index] = byte
        sources.append(String(decoding: copy, as: UTF8.self))
      }
    }
    for source in sources { _ = try? render(source) }
  }
}
