import Foundation
import TandemBytes
import TandemTestSupport
import Testing

@Suite struct CommandTests {
  private let folder: TemporaryFolder
  private let bundle: String

  init() throws {
    folder = try TemporaryFolder()
    bundle = "\(folder.path)/tiny.tandem"
  }

  private func run(_ arguments: String...) throws -> ToolRun { try run(arguments) }

  private func run(_ arguments: [String]) throws -> ToolRun {
    try ToolRun(arguments, in: Samples.folder)
  }

  /// Packs a sample into ``bundle``.
  private func pack(_ sample: String = "good/huggingface/tiny-llama") throws {
    let run = try run("pack", sample, "-o", bundle)
    try #require(run.exitCode == 0, "\(run.errors)")
  }

  @Test func `a dry run writes nothing`() throws {
    let pack = try run("pack", "good/huggingface/tiny-llama", "-o", bundle, "--dry-run")
    #expect(pack.exitCode == 0 && pack.output.contains("would be packed"))
    var names = try folder.names
    #expect(names == [])
    try self.pack()
    let unpack = try run("unpack", bundle, "-o", "\(folder.path)/out", "--dry-run")
    #expect(unpack.exitCode == 0 && unpack.output.contains("would be written"))
    names = try folder.names
    #expect(names == ["tiny.tandem"])
  }

  @Test(arguments: [false, true])
  func `packing says what of the folder is left out`(_ isDryRun: Bool) throws {
    let model = "\(folder.path)/model"
    let source = "\(Samples.folder)/good/huggingface/tiny-llama"
    try Paths.createFolder("\(model)/2_Dense")
    for name in try Paths.names(in: source) {
      try folder.write(contents(of: "\(source)/\(name)"), to: "model/\(name)")
    }
    try folder.write([1], to: "model/2_Dense/model.safetensors")
    try folder.write([1], to: "model/.hidden")
    let run = try run(
      ["pack", model, "-o", bundle] + (isDryRun ? ["--dry-run"] : []))
    #expect(run.exitCode == 0 && run.errors.contains("1 warning"), "\(run.errors)")
    #expect(run.output.contains("left out"), "\(run.output)")
    #expect(run.output.contains("2_Dense/model.safetensors, .hidden"), "\(run.output)")
  }

  @Test func `a file that exists is replaced with force only`() throws {
    try folder.write([1, 2, 3], to: "tiny.tandem")
    let refused = try run("pack", "good/huggingface/tiny-llama", "-o", bundle)
    #expect(
      refused
        == ToolRun(
          exitCode: 2,
          errors: "tandem: \(bundle): cannot write: it exists; --force replaces it\n"))
    var bytes = try contents(of: bundle)
    #expect(bytes == [1, 2, 3])
    let forced = try run("pack", "good/huggingface/tiny-llama", "-o", bundle, "--force")
    #expect(forced.exitCode == 0)
    bytes = try contents(of: bundle)
    #expect(bytes.count > 4096)
  }

  @Test func `unpacking touches nothing if one file exists`() throws {
    try pack()
    let out = "\(folder.path)/out"
    try Paths.createFolder("\(out)/primary")
    try folder.write([1], to: "out/primary/tokenizer.json")
    let refused = try run("unpack", bundle, "-o", out)
    #expect(
      refused.exitCode == 2 && refused.errors.contains("tokenizer.json: cannot write: it exists"))
    let names = try Paths.names(in: "\(out)/primary")
    #expect(names == ["tokenizer.json"])
    let forced = try run("unpack", bundle, "-o", out, "--force")
    #expect(forced.exitCode == 0)
  }

  @Test func `unpacking does not write through a link, and leaves no empty folder`() throws {
    try pack()
    let out = "\(folder.path)/out"
    try Paths.createFolder("\(folder.path)/elsewhere")
    try Paths.createFolder(out)
    try folder.link("out/primary", to: "\(folder.path)/elsewhere")
    let linked = try run("unpack", bundle, "-o", out, "--force")
    #expect(
      linked
        == ToolRun(
          exitCode: 2,
          errors:
            "tandem: \(out)/primary: cannot write into the folder: it is a symbolic link\n"))
    var names = try Paths.names(in: "\(folder.path)/elsewhere")
    #expect(names == [])
    var bytes = try contents(of: bundle)
    // A damaged file map stops the work before the first file is there.
    for offset in bytes.count * 3 / 4..<bytes.count { bytes[offset] = 0 }
    try folder.write(bytes, to: "tiny.tandem")
    let damaged = try run("unpack", bundle, "-o", "\(folder.path)/new/out")
    #expect(damaged.exitCode == 2)
    names = try folder.names
    #expect(names == ["elsewhere", "out", "tiny.tandem"])
  }

  @Test func `a member that is not there is named with those that are`() throws {
    try pack()
    let run = try run("unpack", bundle, "-o", "\(folder.path)/out", "--member", "drafter")
    #expect(run.exitCode == 2)
    let reason = "the bundle has no such member, only 'primary', 'tokenizer'"
    #expect(run.errors == "tandem: \(bundle): cannot unpack 'drafter': \(reason)\n")
  }

  @Test func `a member whose files belong to another says so`() throws {
    try pack()
    let out = "\(folder.path)/out"
    let run = try run("unpack", bundle, "-o", out, "--member", "tokenizer")
    let reason = "the member has no files of its own; the files with it belong to 'primary'"
    #expect(
      run
        == ToolRun(exitCode: 2, errors: "tandem: \(bundle): cannot unpack 'tokenizer': \(reason)\n")
    )
  }

  @Test func `unpacking refuses a folder without a name`() throws {
    try pack()
    let run = try run("unpack", bundle, "-o", "")
    #expect(run.exitCode == 2 && run.errors.contains("the folder to write to has no name"))
  }

  @Test func `unpacking replaces neither its bundle nor a folder, and then writes nothing`() throws
  {
    try pack()
    let primary = "\(folder.path)/out/primary"
    try Paths.createFolder("\(primary)/tokenizer.json")
    let onFolder = try run("unpack", bundle, "-o", "\(folder.path)/out", "--force")
    #expect(onFolder.exitCode == 2 && onFolder.errors.contains("cannot write: it is a folder"))
    var names = try Paths.names(in: primary)
    #expect(names == ["tokenizer.json"])
    try FileManager.default.removeItem(atPath: "\(primary)/tokenizer.json")
    let bytes = try contents(of: bundle)
    let inside = try folder.write(bytes, to: "out/primary/tokenizer.json")
    let onItself = try run("unpack", inside, "-o", "\(folder.path)/out", "--force")
    #expect(onItself.errors.contains("cannot write: it is the bundle that is unpacked"))
    names = try Paths.names(in: primary)
    #expect(onItself.exitCode == 2 && names == ["tokenizer.json"])
  }

  @Test(arguments: [[], ["bench"]])
  func `no command is exit code 2`(_ arguments: [String]) throws {
    let run = try run(arguments)
    #expect(run.exitCode == 2 && run.output.isEmpty)
    #expect(run.errors.hasPrefix("tandem: what is missing is a command\n"), "\(run.errors)")
  }

  @Test func `a changed bit is found by verify, by its place`() throws {
    try pack()
    var bytes = try contents(of: bundle)
    bytes[bytes.count / 2] ^= 1
    try folder.write(bytes, to: "tiny.tandem")
    let verify = try run("verify", bundle)
    #expect(verify.exitCode == 1 && verify.output.contains("error TB020"))
    let unpack = try run("unpack", bundle, "-o", "\(folder.path)/out")
    #expect(unpack.exitCode == 2 && unpack.errors.contains("TB020"))
    let left = try folder.names
    #expect(left == ["tiny.tandem"])
  }

  @Test func `a bundle is inspected, validated and measured`() throws {
    try pack("good/pairs/tandem/PAIR.json")
    let inspect = try run("inspect", bundle)
    #expect(inspect.exitCode == 0)
    for part in ["Members", "Relation tandem: secondary → primary", "Sections", "Memory for"] {
      #expect(inspect.output.contains(part), "\(part)")
    }
    let validate = try run("validate", bundle, "--values")
    #expect(validate.exitCode == 0, "\(validate.output)")
    let bench = try run("bench", "open", bundle, "--repetitions", "3", "--json")
    #expect(bench.exitCode == 0 && bench.output.contains("\"repetitions\": 3"))
    let again = try run("pack", bundle, "-o", "\(folder.path)/2.tandem")
    #expect(again.exitCode == 2 && again.errors.contains("it is a bundle already"))
  }

  @Test func `a bundle's member is converted, and only one that is named where there are several`()
    throws
  {
    try pack("good/pairs/tandem/PAIR.json")
    let target = "\(folder.path)/member.safetensors"
    let refused = try run("convert", bundle, target)
    #expect(refused.exitCode == 2 && refused.errors.contains("--member chooses one of 'primary'"))
    let converted = try run("convert", bundle, target, "--member", "primary", "--json")
    #expect(converted.exitCode == 0 && converted.output.contains("\"written\": true"))
    let diff = try run("validate", target)
    #expect(diff.exitCode == 0)
    let unknown = try run("convert", bundle, target, "--member", "tertiary", "--force")
    #expect(unknown.exitCode == 2)
  }

  @Test func `a conversion that cannot be is exit code 1 and leaves nothing`() throws {
    let run = try run(
      "convert", "good/huggingface/tiny-llama", "\(folder.path)/tiny.npz", "--json")
    #expect(run.exitCode == 1 && run.output.contains("\"valid\": false"))
    let names = try folder.names
    #expect(names == [])
  }

  @Test func `a conversion says what of its values changed`() throws {
    let header =
      #"{"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
      + #""w":{"dtype":"F32","shape":[3],"data_offsets":[8,20]}}"#
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(header.utf8.count))
    bytes += Array(header.utf8)
    bytes.append(littleEndian: Int64(1 << 53 + 1))
    for value: Float in [-1, .nan, 1] { bytes.append(littleEndian: value.bitPattern) }
    let source = try folder.write(bytes, to: "in.safetensors")
    let run = try run(
      "convert", source, "\(folder.path)/out.safetensors", "--keep", "n=f64", "--keep", "w=u8")
    let expected = """
        values   changed in 2 tensors of 2; 1 value out of the range of the new type; 1 NaN became a number

      Largest errors
        tensor  to   largest error  out of range  became 0  NaN lost
        w       U8               0             1         0         1
        n       F64           1.00             0         0         0
      """
    #expect(run.exitCode == 0 && run.output.contains(expected), "\(run.output)")
  }

  @Test func `diff ends with 0 without a difference and with 1 otherwise`() throws {
    try pack()
    let same = try run("diff", "good/huggingface/tiny-llama", bundle)
    #expect(same.exitCode == 0 && same.output.contains("no difference"), "\(same.output)")
    let other = try run("diff", "good/huggingface/tiny-llama", "good/huggingface/tiny-qwen2")
    #expect(other.exitCode == 1 && other.output.contains("Only in the second"))
    let missing = try run("diff", "good/huggingface/tiny-llama", "nothing")
    #expect(missing.exitCode == 2)
    let filtered = try run(
      "diff", "good/huggingface/tiny-llama", bundle, "--filter", "*norm*", "--json")
    #expect(filtered.exitCode == 0 && filtered.output.contains("\"same\": true"))
  }

  @Test func `what is no bundle is told to be packed first, if it can be`() throws {
    let model = "good/gguf/tiny-llama.gguf"
    for command in [["verify"], ["unpack", "-o", "x"], ["bench", "open"], ["run", "-p", "x"]] {
      let good = try ToolRun(command + [model], in: Samples.folder)
      let advice =
        command[0] == "unpack"
        ? "there is nothing to unpack" : "pack it first: tandem pack \(model) -o FILE.tandem"
      #expect(
        good.exitCode == 2 && good.errors.contains("it is a GGUF file, no bundle; \(advice)"),
        "\(command): \(good.errors)")
      let empty = try ToolRun(command + ["hostile/files/FI001-empty"], in: Samples.folder)
      #expect(empty.exitCode != 0 && !empty.errors.contains("pack it"), "\(empty.errors)")
    }
  }

  @Test func `damage in a bundle is not passed on`() throws {
    try pack()
    var bytes = try contents(of: bundle)
    let embedding = try contents(
      of: "\(Samples.folder)/good/huggingface/tiny-llama/model.safetensors")
    // Somewhere in the tensors, which are there as they are in the source.
    let piece = embedding[(embedding.count - 64)...]
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: piece) })
    bytes[place] ^= 1
    let damaged = "\(folder.path)/damaged.tandem"
    try folder.write(bytes, to: "damaged.tandem")
    let output = "\(folder.path)/out.gguf"
    for arguments in [
      ["convert", damaged, output], ["convert", damaged, output, "--as-is"],
      ["diff", damaged, damaged], ["unpack", damaged, "-o", output],
      ["unpack", damaged, "-o", output, "--to", "gguf"],
    ] {
      let run = try run(arguments)
      #expect(run.exitCode != 0, "\(arguments)")
      #expect((run.output + run.errors).contains("TB020"), "\(arguments): \(run.errors)")
    }
    let names = try folder.names
    #expect(names == ["damaged.tandem", "tiny.tandem"])
  }

  @Test(arguments: ["tandem-borrowing", "tandem-borrowing-head", "independent-mapped"])
  func `a bundle is as good as the pair that it was packed of`(_ pair: String) throws {
    try pack("good/pairs/\(pair)/PAIR.json")
    let run = try run("validate", bundle)
    #expect(run.exitCode == 0, "\(run.output)")
  }

  @Test func `a member without tensors or shape is not run`() throws {
    try pack()
    let tokenizer = try run("bench", "decode", bundle, "--member", "tokenizer")
    #expect(
      tokenizer.exitCode == 2
        && tokenizer.errors.contains("of its members only 'primary' have tensors"),
      "\(tokenizer.errors)")
    let folder = "\(folder.path)/bare"
    try Paths.createFolder(folder)
    let weights = try contents(
      of: "\(Samples.folder)/good/huggingface/tiny-llama/model.safetensors")
    try self.folder.write(weights, to: "bare/model.safetensors")
    let tokens = try contents(of: "\(Samples.folder)/good/huggingface/tiny-llama/tokenizer.json")
    try self.folder.write(tokens, to: "bare/tokenizer.json")
    _ = try run("pack", folder, "-o", bundle, "--force")
    let bare = try run("run", bundle, "-p", "x")
    #expect(
      bare.exitCode == 2 && bare.errors.contains("packed without a config.json"), "\(bare.errors)")
  }

  @Test func `ids beyond the vocabulary, bad UTF-8 and messages without a role are refused`() throws
  {
    let model = "good/huggingface/tiny-llama"
    func tokenize(_ input: [UInt8], _ options: String...) throws -> ToolRun {
      try ToolRun(["tokenize", model] + options, in: Samples.folder, input: input)
    }
    #expect(
      try tokenize(Array("5 96".utf8), "--decode")
        == ToolRun(
          exitCode: 2,
          errors: "tandem: standard input: cannot read ids: 96 is beyond the vocabulary; "
            + "allowed are 0 to 95\n"))
    #expect(try tokenize(Array("5 95".utf8), "--decode").exitCode == 0)
    #expect(
      try tokenize([0x61, 0xFF], "--ids")
        == ToolRun(
          exitCode: 2,
          errors: "tandem: standard input: cannot read a text: it is not UTF-8 at byte 1; "
            + "--lossy reads such bytes as U+FFFD\n"))
    #expect(try tokenize([0x61, 0xFF], "--ids", "--lossy").exitCode == 0)
    let chat = try tokenize(Array(#"[{"rol": "user", "content": "x"}]"#.utf8), "--chat")
    #expect(
      chat
        == ToolRun(
          exitCode: 2,
          errors: "tandem: standard input: cannot read a conversation: message 0 has no 'role'\n"))
  }

  @Test func `positions beyond those of the training are warned of`() throws {
    try pack()
    let warning = "the model was trained for 128 positions"
    let inspect = try run("inspect", bundle, "--context", "129")
    #expect(inspect.exitCode == 0 && inspect.errors.contains(warning))
    let within = try run("inspect", bundle, "--context", "128")
    #expect(within.errors == "")
    let long = try run(
      "run", bundle, "--context", "129", "--max-tokens", "0", "-p",
      String(repeating: "a", count: 400))
    #expect(long.errors.contains(warning), "\(long.errors)")
  }

  @Test func `an output whose folder is missing is refused with the folder`() throws {
    let run = try run("pack", "good/huggingface/tiny-llama", "-o", "\(folder.path)/no/x.tandem")
    #expect(
      run
        == ToolRun(
          exitCode: 2,
          errors: "tandem: \(folder.path)/no/x.tandem: cannot write: the folder \(folder.path)/no "
            + "does not exist; make it first\n"))
  }

  @Test func `a description of a pair is known by its content`() throws {
    try folder.write(
      Array(#"{"kind": "tandm", "primary": {"path": "a"}}"#.utf8), to: "other.json")
    let pair = try run("validate", "\(folder.path)/other.json")
    #expect(pair.exitCode == 1 && pair.output.contains("error PAIR004"), "\(pair.output)")
    let config = try run("validate", "good/huggingface/tiny-llama/config.json")
    #expect(
      config.exitCode == 1
        && config.output.contains("→ name its folder, 'good/huggingface/tiny-llama'"),
      "\(config.output)")
  }

  @Test(arguments: [
    ("good/huggingface", "name one of its folders: '"),
    ("good/pairs/tandem", "name 'good/pairs/tandem/PAIR.json'"),
  ])
  func `a folder of models names what to name`(_ path: String, _ advice: String) throws {
    let run = try run("validate", path)
    #expect(run.exitCode == 1 && run.output.contains(advice), "\(run.output)")
  }

  @Test func `a name of a hub is told that nothing is downloaded`() throws {
    let run = try run("inspect", "owner/model")
    #expect(run.exitCode == 2 && run.errors.contains("nothing is downloaded"), "\(run.errors)")
  }

  @Test func `metadata are shown if asked for`() throws {
    let text = try run("inspect", "good/gguf/tiny-llama.gguf", "--metadata")
    for part in ["Metadata", "general.architecture", "tokenizer.ggml.tokens", "96: "] {
      #expect(text.output.contains(part), "\(part)")
    }
    let json = try run("inspect", "good/gguf/tiny-llama.gguf", "--metadata", "--json")
    #expect(json.output.contains(#"{"key":"general.architecture","value":"llama"}"#))
  }

  @Test func `validating a bundle says what is not read`() throws {
    try pack()
    #expect(try run("validate", bundle).errors.contains("tensor data were not read"))
    #expect(try run("validate", bundle, "--values").errors == "")
  }

  @Test func `strict makes warnings count`() throws {
    let sample = "hostile/gguf/GG028-q8-0.gguf"
    let plain = try run("validate", sample)
    #expect(plain.exitCode == 0 && plain.output.contains("warning GG028"))
    let strict = try run("validate", sample, "--strict")
    #expect(strict.exitCode == 1)
  }

  @Test(arguments: [false, true])
  func `a reader that goes away ends the run quietly`(_ ignoresPipeSignal: Bool) throws {
    let run = try ToolRun(
      ["inspect", "good/gguf/tiny-llama.gguf"], in: Samples.folder, output: .brokenPipe,
      ignoresPipeSignal: ignoresPipeSignal)
    #expect(run == ToolRun(exitCode: 128 + 13))
  }

  @Test(arguments: [["--help"], ["inspect", "good/gguf/tiny-llama.gguf"]])
  func `a full disk under standard output is said`(_ arguments: [String]) throws {
    let run = try ToolRun(arguments, in: Samples.folder, output: .file("/dev/full"))
    #expect(
      run
        == ToolRun(
          exitCode: 2,
          errors: "tandem: standard output: cannot write: no space is left on the device\n"))
  }

  @Test func `the version is one line`() throws {
    let run = try run("--version")
    #expect(run == ToolRun(exitCode: 0, output: "\(Release.version)\n"))
  }

  @Test func `completion scripts know the commands`() throws {
    for shell in ["bash", "zsh", "fish"] {
      let run = try run("--generate-completion-script", shell)
      #expect(run.exitCode == 0 && run.output.contains("unpack"), "\(shell)")
    }
  }

  @Test func `a path in the working folder is recorded by its folder's name`() throws {
    let source = "\(Samples.folder)/good/huggingface/tiny-llama"
    let run = try ToolRun(["pack", ".", "-o", bundle], in: source)
    #expect(run.exitCode == 0 && run.output.contains("tiny-llama"), "\(run.output)\(run.errors)")
  }
}
