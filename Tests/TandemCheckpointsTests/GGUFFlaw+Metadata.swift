private let incomplete = "copy or download the file again, it is not complete"
/// Where the first pair after those of the good file begins.
private let next = 189

extension GGUFFlaw {
  static let keys = [
    GGUFFlaw("m.gguf: '' at byte \(next): the key is empty [GG011]") { $0.add("", .uint32(1)) },
    GGUFFlaw(
      "m.gguf: '\(String(repeating: "k", count: 60))…' at byte \(next): "
        + "the key has 65536 bytes, at most 65535 are allowed [GG011]"
    ) { $0.add(String(repeating: "k", count: 65_536), .uint32(1)) },
    GGUFFlaw("m.gguf: 'a\u{FFFD}' at byte \(next): the key is not UTF-8 [GG011]") {
      $0.pairs.append((Array("a".utf8) + [0xFF], .uint32(1)))
    },
    GGUFFlaw(
      "m.gguf: 'a\\u{7}b' at byte \(next): the key holds the control character U+0007 [GG011]"
    ) { $0.add("a\u{7}b", .uint32(1)) },
    GGUFFlaw(
      "m.gguf: 'a\\u{202e}b' at byte \(next): the key holds the control character U+202E [GG011]"
    ) { $0.add("a\u{202E}b", .uint32(1)) },
    GGUFFlaw(
      "m.gguf: 'test.flag' at byte \(next): the key stands twice, first at byte 106 [GG012]"
    ) { $0.add("test.flag", .bool(0)) },
    GGUFFlaw(
      "m.gguf: 'Test.flag' at byte \(next): "
        + "the key is not made of words of a-z, 0-9, _ and - joined by single dots [GG026]"
    ) { $0.add("Test.flag", .bool(0)) },
    GGUFFlaw(
      "m.gguf: 'test..flag' at byte \(next): "
        + "the key is not made of words of a-z, 0-9, _ and - joined by single dots [GG026]"
    ) { $0.add("test..flag", .bool(0)) },
  ]

  static let values = [
    GGUFFlaw(
      "m.gguf: 'a.b' at byte 39: the value takes 4 bytes, 3 remain; \(incomplete) [GG007]"
    ) {
      $0.pairs = [(Array("a.b".utf8), .uint32(1))]
      $0.tensors = []
      $0.cutByteCount = 64 - 42
    },
    GGUFFlaw(
      "m.gguf: 'a' at byte 210: the string takes 4611686018427387904 bytes, 270 remain; "
        + "\(incomplete) [GG007]"
    ) { $0.add("a", .string(Array("text".utf8), byteCount: 1 << 62)) },
    GGUFFlaw(
      "m.gguf: 'a' at byte 231: element 1 takes 1000 bytes, 249 remain; \(incomplete) [GG007]"
    ) { $0.add("a", .array([.string("b"), .string([], byteCount: 1000)])) },
    GGUFFlaw(
      "m.gguf: 'a' at byte 202: the array has 1152921504606846976 elements of type uint8, "
        + "266 bytes remain; \(incomplete) [GG009]"
    ) { $0.add("a", .array([.number(0, UInt8(1))], count: 1 << 60)) },
    GGUFFlaw(
      "m.gguf: 'a' at byte 202: the elements are arrays; "
        + "numbers, bools and strings are allowed [GG010]"
    ) { $0.add("a", .array([.array([.bool(1)])])) },
    GGUFFlaw("m.gguf: 'a' at byte 202: the bool is 2, 0 and 1 are allowed [GG013]") {
      $0.add("a", .bool(2))
    },
    GGUFFlaw("m.gguf: 'a' at byte 215: element 1 is 255, 0 and 1 are allowed [GG013]") {
      $0.add("a", .array([.bool(1), .bool(255), .bool(9)]))
    },
    GGUFFlaw("m.gguf: 'a' at byte 198: the value type is 13, 0 to 12 are allowed [GG014]") {
      $0.add("a", .number(13, UInt32(0)))
    },
    GGUFFlaw(
      "m.gguf: 'a' at byte 202: the type of the elements is 99, 0 to 12 are allowed [GG014]"
    ) { $0.add("a", .array([], type: 99)) },
    GGUFFlaw(
      "m.gguf: 'general.alignment' at byte \(next): "
        + "the alignment is 24, a power of two from 1 to 1048576 is allowed [GG015]"
    ) { $0.add("general.alignment", .uint32(24)) },
    GGUFFlaw(
      "m.gguf: 'general.alignment' at byte \(next): "
        + "the alignment is of type int32, uint32 is allowed [GG015]"
    ) { $0.add("general.alignment", .int32(32)) },
    GGUFFlaw(
      "m.gguf: 'general.alignment' at byte \(next): the alignment is 4, "
        + "GGUF asks for a multiple of 8; write the file again with an alignment of 32 [GG027]"
    ) {
      $0.add("general.alignment", .uint32(4))
      $0.alignment = 4
    },
    GGUFFlaw(
      "m.gguf: 'a' at byte 202: the string is not UTF-8; "
        + "its ill-formed parts are read as U+FFFD [GG029]"
    ) { $0.add("a", .string([0x61, 0xFF])) },
  ]
}
