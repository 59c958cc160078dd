extension SafetensorsFlaw {
  /// Flaws of the file around the header, and of the header as JSON.
  static let header: [SafetensorsFlaw] = [
    SafetensorsFlaw(
      "a length over the cap",
      "x.safetensors at byte 0: the header length is 100000001, at most 100000000 bytes are allowed [ST002]"
    ) { $0.statedByteCount = 100_000_001 },
    SafetensorsFlaw(
      "a length of 2^64-1",
      "x.safetensors at byte 0: the header length is 18446744073709551615, at most 100000000 bytes are allowed [ST002]"
    ) { $0.statedByteCount = .max },
    SafetensorsFlaw(
      "a length past the end",
      "x.safetensors at byte 0: the header length is 137, but 136 bytes follow it; download or copy the file again [ST003]"
    ) { $0.statedByteCount = 137 },
    SafetensorsFlaw(
      "a header of nothing", header: "",
      "x.safetensors at byte 0: the header length is 0, the shortest header is '{}' [ST004]"),
    SafetensorsFlaw(
      "whitespace before the brace", "{\"a\"", " \n{\"a\"",
      "x.safetensors at byte 8: the header has whitespace before its brace, which stands at byte 10; --lenient accepts that [ST004]"
    ),
    SafetensorsFlaw(
      "a byte order mark", "{\"a\"", "\u{FEFF}{\"a\"",
      "x.safetensors at byte 8: the header begins with a byte order mark [ST005]"),
    SafetensorsFlaw(
      "an array", header: "[]",
      "x.safetensors at byte 8: the header begins with the byte 0x5B, not with a brace [ST004]"),
    SafetensorsFlaw(
      "a header that is cut off",
      "x.safetensors at byte 108: the header is not valid JSON: a closing quote is expected, found the end of the text [ST005]"
    ) { $0.statedByteCount = 100 },
    SafetensorsFlaw(
      "two values", "]}}", "]}}{}",
      "x.safetensors at byte 120: the header goes on after its object with the byte 0x7B, only spaces are allowed [ST005]"
    ),
    SafetensorsFlaw(
      "a trailing comma", "]}}", "]},}",
      "x.safetensors at byte 120: the header is not valid JSON: a key in double quotes is expected, found '}' [ST005]"
    ),
    SafetensorsFlaw(
      "NaN", "[2,2]", "[NaN,2]",
      "x.safetensors at byte 37: the header is not valid JSON: a value (NaN and Infinity are none) is expected, found 'N' [ST005]"
    ),
    SafetensorsFlaw(
      "a lone surrogate", "\"a\"", #""\ud83d""#,
      #"x.safetensors at byte 10: the header is not valid JSON: a surrogate needs its pair, found \ud83d alone [ST005]"#
    ),
    SafetensorsFlaw(
      "NUL as padding", header: "{}\0",
      "x.safetensors at byte 10: the header goes on after its object with the byte 0x00, only spaces are allowed [ST005]"
    ),
    SafetensorsFlaw(
      "tabs as padding", header: "{}  \t",
      "x.safetensors at byte 12: the header is padded with the byte 0x09, spaces are expected [ST023]"
    ),
    SafetensorsFlaw(
      "a fraction", "[2,2]", "[2.0,2]",
      "x.safetensors: 'a' at byte 37: in shape a non-negative integer is expected, found 2.0 [ST005]"
    ),
    SafetensorsFlaw(
      "minus zero", "[0,16]", "[-0,16]",
      "x.safetensors: 'a' at byte 58: in data_offsets a non-negative integer is expected, found -0 [ST005]"
    ),
    SafetensorsFlaw(
      "2^64", "[2]", "[18446744073709551616]",
      "x.safetensors: 'b' at byte 93: in shape a number that fits an integer of 64 bits is expected, found 18446744073709551616 [ST005]"
    ),
    SafetensorsFlaw(
      "another field only", "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}",
      "{\"x\":[{}]}",
      "x.safetensors: 'b' at byte 70: the entry has the field 'x', only dtype, shape and data_offsets are allowed [ST008]",
      "x.safetensors: 'b' at byte 69: the entry has no dtype and no shape and no data_offsets [ST008]"
    ),
  ]
}
