import TandemTestSupport
import Testing

/// Whole texts, as a person sees them.
@Suite struct SnapshotTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let arguments: [String]

    init(_ name: String, _ arguments: String...) {
      self.name = name
      self.arguments = arguments
    }

    var testDescription: String { name }

    static let help: [Case] =
      [
        Case("help", "--help"), Case("help-bench-open", "bench", "open", "--help"),
        Case("help-bench-products", "bench", "products", "--help"),
        Case("help-bench-decode", "bench", "decode", "--help"),
        Case("help-bench-perplexity", "bench", "perplexity", "--help"),
      ]
      + [
        "inspect", "validate", "diff", "convert", "pack", "unpack", "verify", "tokenize", "run",
        "probe",
        "bench",
      ].map {
        Case("help-\($0)", $0, "--help")
      }

    static let usage = [
      Case("usage-no-path", "inspect"), Case("usage-unknown-option", "verify", "x", "--fast"),
      Case("usage-unknown-command", "inspekt", "x"),
      Case("usage-sort", "inspect", "x", "--sort", "colour"),
      Case("usage-context", "inspect", "x", "--context", "0"),
      Case("usage-json-and-markdown", "inspect", "x", "--json", "--markdown"),
      Case("usage-path-and-roles", "validate", "x", "--primary", "y"),
      Case("usage-nothing", "validate"),
      Case("usage-no-primary", "pack", "--secondary", "s", "-o", "o"),
      Case("usage-near-command", "inspec", "x"), Case("usage-bench-command", "bench", "opn", "x"),
      Case("usage-help-command", "help", "nope"),
      Case("usage-negative", "run", "x", "--max-tokens", "-1"),
      Case("usage-temperature", "run", "x", "--temperature", "-1"),
      Case("usage-no-number", "run", "x", "--context", "abc"),
      Case("usage-size", "convert", "x", "y.gguf", "--shard-size", "5gigs"),
      Case("usage-small-size", "convert", "x", "y.gguf", "--shard-size", "10"),
      Case("usage-keep", "convert", "x", "y.gguf", "--keep", "foo=bar"),
      Case("usage-no-output", "pack", "x"),
      Case("usage-no-format", "convert", "x", "y.bin"),
      Case("usage-type", "convert", "x", "y.gguf", "--dtype", "f12"),
      Case("usage-part", "convert", "x", "y.gguf", "--part", "3/2", "--shard-size", "1GB"),
      Case("usage-part-of-one", "convert", "x", "y.gguf", "--part", "1/2"),
      Case("usage-shards-of-npz", "convert", "x", "y.npz", "--shard-size", "1GB"),
    ]

    static let inspect = [
      Case("inspect-gguf", "inspect", "good/gguf/tiny-llama.gguf"),
      Case("inspect-split", "inspect", "good/gguf/tiny-00001-of-00002.gguf"),
      Case(
        "inspect-folder", "inspect", "good/huggingface/tiny-gemma2", "--context", "64", "--batch",
        "4"),
      Case("inspect-lent-embedding", "inspect", "good/pairs/tandem-borrowing-head/secondary"),
      Case("inspect-no-config", "inspect", "good/gguf/types-plain.gguf"),
      Case("inspect-markdown", "inspect", "good/huggingface/micro-llama", "--markdown"),
      Case("inspect-json", "inspect", "good/huggingface/micro-llama", "--json"),
      Case(
        "inspect-filter", "inspect", "good/gguf/tiny-llama.gguf", "--filter", "blk.*.ffn_*",
        "--sort", "size"),
      Case("inspect-no-match", "inspect", "good/gguf/tiny-llama.gguf", "--filter", "nothing"),
      Case("inspect-by-type", "inspect", "good/gguf/types-k.gguf", "--sort", "dtype"),
      Case("inspect-warning", "inspect", "hostile/gguf/GG028-q8-0.gguf"),
      Case("inspect-missing", "inspect", "no-such-file"),
      Case("inspect-broken", "inspect", "hostile/safetensors/ST013-range-short.safetensors"),
      Case("inspect-pair", "inspect", "good/pairs/tandem/PAIR.json"),
    ]

    static let validate = [
      Case("validate-good", "validate", "good/huggingface/tiny-llama"),
      Case("validate-json", "validate", "hostile/gguf/GG001-magic-only.gguf", "--json"),
      Case("validate-text", "validate", "hostile/files/FI002-text"),
      Case("validate-pair", "validate", "good/pairs/tandem/PAIR.json"),
      Case(
        "validate-roles", "validate", "--primary", "good/pairs/independent/primary", "--secondary",
        "good/pairs/independent/secondary"),
      Case("validate-role-not-there", "validate", "--primary", "no-such-file"),
      Case("pack-refused", "pack", "hostile/gguf/GG001-magic-only.gguf", "-o", "/tmp/no.tandem"),
      Case("pack-dry-run", "pack", "good/pairs/tandem/PAIR.json", "-o", "pair.tandem", "--dry-run"),
      Case(
        "convert-dry-run", "convert", "good/gguf/types-plain.gguf", "plain.safetensors",
        "--dry-run"),
      Case(
        "convert-quantise", "convert", "good/gguf/tiny-llama-f16.gguf", "small.gguf", "--quantize",
        "q4_k_m", "--keep", "output*=f16", "--dry-run"),
      Case(
        "convert-refused", "convert", "good/huggingface/tiny-llama", "tiny.npz", "--exclude",
        "*.mlp.*", "--filter", "nothing"),
      Case(
        "convert-quantise-safetensors", "convert", "good/gguf/tiny-llama-f16.gguf",
        "small.safetensors", "--quantize", "q4_0"),
      Case("convert-quantised-to-folder", "convert", "good/gguf/tiny-llama.gguf", "folder"),
      Case("convert-pair", "convert", "good/pairs/tandem/PAIR.json", "x.gguf"),
      Case("convert-broken", "convert", "hostile/gguf/GG001-magic-only.gguf", "x.safetensors"),
      Case("verify-no-bundle", "verify", "good/gguf/tiny-llama.gguf"),
      Case("unpack-no-bundle", "unpack", "good/gguf/tiny-llama.gguf", "-o", "/tmp/no"),
    ]
  }

  @Test(arguments: Case.help) func `help says enough`(_ example: Case) throws {
    try Snapshot.check(example.name, example.arguments)
  }

  @Test(arguments: Case.usage) func `wrong arguments are exit code 2`(_ example: Case) throws {
    try Snapshot.check(example.name, example.arguments)
    let run = try ToolRun(example.arguments)
    #expect(run.exitCode == 2 && run.errors.hasPrefix("tandem: "))
    #expect(run.output.isEmpty != example.arguments.contains("--json"))
  }

  @Test(arguments: Case.inspect) func inspect(_ example: Case) throws {
    try Snapshot.check(example.name, example.arguments)
  }

  @Test(arguments: Case.validate) func validate(_ example: Case) throws {
    try Snapshot.check(example.name, example.arguments)
  }
}
