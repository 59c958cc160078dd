import Testing

/// The good file with one flaw, and the whole finding that it makes.
struct GGUFFlaw: CustomTestStringConvertible {
  let finding: String
  let isLenient: Bool
  let file: GGUFBytes

  init(
    _ finding: String, isLenient: Bool = false, _ change: (inout GGUFBytes) -> Void
  ) {
    self.finding = finding
    self.isLenient = isLenient
    var file = GGUFBytes.good
    change(&file)
    self.file = file
  }

  var testDescription: String { String(finding.dropFirst("m.gguf".count)) }

  static let all = header + keys + values + tensors + layout

  /// What is wrong before the first key.
  static let header = [
    GGUFFlaw(
      "m.gguf at byte 0: the file has 23 bytes, a GGUF file has at least 24; "
        + "copy or download the file again, it is not complete [GG001]"
    ) { $0.cutByteCount = $0.bytes.count - 23 },
    GGUFFlaw("m.gguf at byte 0: the file begins with 47 47 55 47, GGUF with 47 47 55 46 [GG002]") {
      $0.magic = Array("GGUG".utf8)
    },
    GGUFFlaw(
      "m.gguf at byte 0: the file begins with 74 6A 67 67 (GGJT, an older format), "
        + "GGUF with 47 47 55 46; convert the model again from its source [GG002]"
    ) { $0.magic = Array("tjgg".utf8) },
    GGUFFlaw(
      "m.gguf at byte 4: the version is 1, 2 and 3 can be read; "
        + "convert the model again from its source [GG003]"
    ) { $0.version = 1 },
    GGUFFlaw("m.gguf at byte 4: the version is 4, 2 and 3 can be read [GG003]") { $0.version = 4 },
    GGUFFlaw(
      "m.gguf at byte 4: the version is 50331648, 3 in a big-endian file; "
        + "little-endian files can be read; convert it with gguf-convert-endian [GG004]"
    ) { $0.version = 0x0300_0000 },
    GGUFFlaw(
      "m.gguf at byte 8: the tensor count is 18446744073709551615, "
        + "the 424 bytes after the fixed header hold at most 17 [GG005]"
    ) { $0.tensorCount = .max },
    GGUFFlaw(
      "m.gguf at byte 16: the key count is 33, "
        + "the 424 bytes after the fixed header hold at most 32 [GG006]"
    ) { $0.keyCount = 33 },
  ]
}
