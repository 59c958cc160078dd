private let incomplete = "copy or download the file again, it is not complete"
/// Where the infos of the tensors a.weight, b.weight and c.weight begin.
private let (a, b, c) = (189, 237, 277)

extension GGUFFlaw {
  static let tensors = [
    GGUFFlaw("m.gguf: '' at byte \(b): the name is empty [GG016]") { $0.tensors[1].name = [] },
    GGUFFlaw(
      "m.gguf: '\(String(repeating: "n", count: 60))…' at byte \(b): "
        + "the name has 64 bytes, at most 63 are allowed [GG016]"
    ) { $0.tensors[1].name = Array(repeating: UInt8(ascii: "n"), count: 64) },
    GGUFFlaw(
      "m.gguf: 'b\\u{0}' at byte \(b): the name holds the control character U+0000 [GG016]"
    ) { $0.tensors[1].name = [0x62, 0] },
    GGUFFlaw(
      "m.gguf: 'a.weight' at byte \(c): another tensor has the same name, at byte \(a) [GG017]"
    ) { $0.tensors[2].name = $0.tensors[0].name },
    GGUFFlaw("m.gguf: 'a.weight' at byte \(a): the rank is 5, at most 4 is allowed [GG018]") {
      $0.tensors[0].dimensions = [4, 2, 1, 1, 1]
    },
    GGUFFlaw(
      "m.gguf: 'a.weight' at byte \(a): "
        + "dimension 1 is 9223372036854775808, at most 2^63-1 is allowed [GG019]"
    ) { $0.tensors[0].dimensions = [4, 1 << 63] },
    GGUFFlaw(
      "m.gguf: 'a.weight' at byte \(a): the shape [4, 4611686018427387904] "
        + "has more elements than the 2^63-1 that are allowed [GG019]"
    ) { $0.tensors[0].dimensions = [1 << 62, 4] },
    GGUFFlaw(
      "m.gguf: 'a.weight' at byte \(a): the shape [4611686018427387904, 1] "
        + "takes more bytes of F32 than the 2^63-1 that are allowed [GG019]"
    ) { $0.tensors[0].dimensions = [1, 1 << 62] },
    GGUFFlaw(
      "m.gguf: 'a.weight' at byte \(a): the type is 31 (Q4_0_4_4), which ggml has removed; "
        + "quantise the model again to another type [GG020]"
    ) { $0.tensors[0].type = 31 },
    GGUFFlaw(
      "m.gguf: 'a.weight' at byte \(a): "
        + "the type is 255, ggml's types from 0 to 42 can be read [GG020]"
    ) { $0.tensors[0].type = 255 },
    GGUFFlaw(
      "m.gguf: 'b.weight' at byte \(b): "
        + "rows of 33 elements do not consist of whole Q8_0 blocks of 32 [GG021]"
    ) { $0.tensors[1].dimensions = [33] },
    GGUFFlaw(
      "m.gguf: 'general.quantization_version': "
        + "1 of 3 tensors are quantised, the key is missing; add it with the value 2 [GG028]"
    ) { $0.pairs.remove(at: 1) },
  ]

  static let layout = [
    GGUFFlaw(
      "m.gguf: 'b.weight' at byte \(b): the offset is 64, the running sum with alignment 32 is 32; "
        + "write the file again, or read it with --lenient [GG022]"
    ) {
      $0.tensors[0].data += [UInt8](repeating: 0, count: 32)
    },
    GGUFFlaw(
      "m.gguf: 'b.weight' at byte \(b): "
        + "the offset is 40, multiples of the alignment 32 are allowed [GG022]", isLenient: true
    ) { $0.tensors[1].offset = 40 },
    GGUFFlaw(
      "m.gguf: 'b.weight' at byte 320: "
        + "the data overlaps that of 'c.weight', which ends at byte 324 [GG022]", isLenient: true
    ) {
      $0.tensors[2].offset = 0
      $0.tensors[1].offset = 0
      $0.tensors[0].offset = 96
    },
    GGUFFlaw(
      "m.gguf: 'c.weight' at byte \(c): the data, 4 bytes at offset 96 from byte 320, "
        + "goes past the end of the file at byte 419; \(incomplete) [GG023]"
    ) { $0.cutByteCount = 29 },
    GGUFFlaw(
      "m.gguf: 'a.weight' at byte \(a): the data, 32 bytes at offset 0 from byte 320, "
        + "goes past the end of the file at byte 310; so does that of 2 more tensors; \(incomplete) [GG023]"
    ) { $0.cutByteCount = 138 },
    GGUFFlaw(
      "m.gguf at byte 447: the file ends at byte 447, the padding of the last tensor at 448; "
        + "append 1 zero bytes [GG024]"
    ) { $0.cutByteCount = 1 },
    GGUFFlaw(
      "m.gguf at byte 448: 3 bytes follow the last tensor and its padding, none is allowed [GG025]"
    ) { $0.tail = [0, 0, 0] },
    GGUFFlaw("m.gguf at byte 386: the padding holds the byte 0F, 00 is allowed [GG034]") {
      $0.tensors[1].data.append(0x0F)
    },
  ]
}
