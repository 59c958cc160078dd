extension SafetensorsFlaw {
  /// Flaws of single entries.
  static let entries: [SafetensorsFlaw] = [
    SafetensorsFlaw(
      "two names alike", "\"b\":", "\"a\":",
      "x.safetensors: 'a' at byte 65: another tensor has this name, at byte 9 [ST006]"),
    SafetensorsFlaw(
      "two names alike by an escape", "\"b\":", #""\u0061":"#,
      "x.safetensors: 'a' at byte 65: another tensor has this name, at byte 9 [ST006]"),
    SafetensorsFlaw(
      "a field twice", "\"shape\":[2,2]", "\"shape\":[4],\"shape\":[2,2]",
      "x.safetensors: 'a' at byte 40: 'shape' stands twice in the entry [ST007]"),
    SafetensorsFlaw(
      "a field twice by an escape", "\"shape\":[2,2]", #""shape":[2,2],"sh\u0061pe":[2,2]"#,
      "x.safetensors: 'a' at byte 42: 'shape' stands twice in the entry [ST007]"),
    SafetensorsFlaw(
      "a missing field", "\"shape\":[2],", "",
      "x.safetensors: 'b' at byte 69: the entry has no shape [ST008]"),
    SafetensorsFlaw(
      "no field", "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}", "{}",
      "x.safetensors: 'b' at byte 69: the entry has no dtype and no shape and no data_offsets [ST008]"
    ),
    SafetensorsFlaw(
      "a fourth field", "[0,16]}", "[0,16],\"strides\":[2,1]}",
      "x.safetensors: 'a' at byte 64: the entry has the field 'strides', only dtype, shape and data_offsets are allowed [ST008]"
    ),
    SafetensorsFlaw(
      "a positional entry", "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}",
      "[\"F32\",[2],[16,24]]",
      "x.safetensors: 'b' at byte 69: an entry is an object of dtype, shape and data_offsets, found an array [ST008]"
    ),
    SafetensorsFlaw(
      "an unknown dtype", "F32", "F128",
      "x.safetensors: 'a' at byte 22: the dtype 'F128' is unknown [ST009]"),
    SafetensorsFlaw(
      "a dtype in lower case", "F32", "f32",
      "x.safetensors: 'a' at byte 22: the dtype 'f32' is unknown; 'F32' is the name of a type [ST009]"
    ),
    SafetensorsFlaw(
      "a block type of ggml", "F32", "Q8_0",
      "x.safetensors: 'a' at byte 22: the dtype 'Q8_0' is unknown [ST009]"),
    SafetensorsFlaw(
      "a dtype that is no string", "\"F32\"", "null",
      #"x.safetensors: 'a' at byte 22: dtype is null, a name such as "F32" is expected [ST009]"#),
    SafetensorsFlaw(
      "a shape that is no list", "[2,2]", "\"2,2\"",
      "x.safetensors: 'a' at byte 36: shape is a string, a list of non-negative integers is expected [ST010]"
    ),
    SafetensorsFlaw(
      "a negative dimension", "[2,2]", "[2,-2]",
      "x.safetensors: 'a' at byte 39: in shape a non-negative integer is expected, found -2 [ST010]"
    ),
    SafetensorsFlaw(
      "a dimension that is a string", "[2,2]", "[2,\"2\"]",
      "x.safetensors: 'a' at byte 39: in shape a non-negative integer is expected, found a string [ST010]"
    ),
    SafetensorsFlaw(
      "65 dimensions", "[2,2]", "[4" + String(repeating: ",1", count: 64) + "]",
      "x.safetensors: 'a' at byte 36: the shape has 65 dimensions, at most 64 are allowed [ST010]"),
    SafetensorsFlaw(
      "three offsets", "[0,16]", "[0,8,16]",
      "x.safetensors: 'a' at byte 57: data_offsets are 3 numbers, two are expected [ST011]"),
    SafetensorsFlaw(
      "a negative offset", "[0,16]", "[-16,0]",
      "x.safetensors: 'a' at byte 58: in data_offsets a non-negative integer is expected, found -16 [ST011]"
    ),
    SafetensorsFlaw(
      "an end before the begin", "[0,16]", "[16,0]",
      "x.safetensors: 'a' at byte 57: data_offsets end at 0, before they begin at 16 [ST011]"),
    SafetensorsFlaw(
      "a dimension over 2^63-1", "[2,2]", "[9223372036854775808,0]",
      "x.safetensors: 'a' at byte 13: a dimension is 9223372036854775808, over 2^63-1 [ST012]"),
    SafetensorsFlaw(
      "too many elements", "[2,2]", "[4294967296,4294967296,0]",
      "x.safetensors: 'a' at byte 13: the shape [4294967296, 4294967296, 0] has over 2^63-1 elements [ST012]"
    ),
    SafetensorsFlaw(
      "too many bytes", "[2,2]", "[4611686018427387904]",
      "x.safetensors: 'a' at byte 13: the shape [4611686018427387904] of F32 has over 2^63-1 bytes [ST012]"
    ),
    SafetensorsFlaw(
      "a shape that is too large", "[2,2]", "[2,3]",
      "x.safetensors: 'a' at byte 13: the shape [2, 3] of F32 needs 24 bytes, data_offsets hold 16 [ST013]"
    ),
    SafetensorsFlaw(
      "half a byte", header: #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#,
      data: [1, 2],
      "x.safetensors: 'a' at byte 13: the shape [3] of F4 does not fill whole bytes: 2 elements fill one [ST014]"
    ),
    SafetensorsFlaw(
      "a part of three bytes",
      header: #"{"a":{"dtype":"F6_E2M3","shape":[2],"data_offsets":[0,2]}}"#, data: [1, 2],
      "x.safetensors: 'a' at byte 13: the shape [2] of F6_E2M3 does not fill whole bytes: 4 elements fill 3 [ST014]"
    ),
    SafetensorsFlaw(
      "an empty name", "\"a\"", "\"\"", "x.safetensors: '' at byte 9: the name is empty [ST021]"),
    SafetensorsFlaw(
      "a control character in a name", "\"a\"", #""a\u001b[31m""#,
      #"x.safetensors: 'a\u{1b}[31m' at byte 9: the name holds the control character U+001B [ST021]"#
    ),
    SafetensorsFlaw(
      "a right-to-left override in a name", "\"a\"", "\"a\u{202E}\"",
      #"x.safetensors: 'a\u{202e}' at byte 9: the name holds the control character U+202E [ST021]"#),
    SafetensorsFlaw(
      "metadata that are a list", "{\"a\"", "{\"__metadata__\":[],\"a\"",
      "x.safetensors: '__metadata__' at byte 24: the metadata are an array, an object is expected [ST019]"
    ),
    SafetensorsFlaw(
      "a number in the metadata", "{\"a\"", #"{"__metadata__":{"k":1},"a""#,
      "x.safetensors: '__metadata__' at byte 29: the value of 'k' is a number, a string is expected [ST019]"
    ),
    SafetensorsFlaw(
      "metadata that are null", "{\"a\"", "{\"__metadata__\":null,\"a\"",
      "x.safetensors: '__metadata__' at byte 24: the metadata are null, an object is expected; write an empty object, or none, because some readers fail on null [ST020]"
    ),
    SafetensorsFlaw(
      "a metadata key twice", "{\"a\"", #"{"__metadata__":{"k":"","k":""},"a""#,
      "x.safetensors: '__metadata__' at byte 32: the key 'k' stands twice in the metadata [ST007]"),
    SafetensorsFlaw(
      "metadata twice", "{\"a\"", #"{"__metadata__":{},"__metadata__":{},"a""#,
      "x.safetensors: '__metadata__' at byte 27: '__metadata__' stands twice in the header [ST007]"),
    SafetensorsFlaw(
      "several bad entries", "{\"a\"",
      #"{"x":1,"y":{"dtype":"F3","shape":[],"data_offsets":[]},"a""#,
      "x.safetensors: 'x' at byte 13: an entry is an object of dtype, shape and data_offsets, found a number [ST008]",
      "x.safetensors: 'y' at byte 28: the dtype 'F3' is unknown [ST009]",
      "x.safetensors: 'y' at byte 59: data_offsets are 0 numbers, two are expected [ST011]"),
  ]

  /// Flaws of the tensors' places.
  static let places: [SafetensorsFlaw] = [
    SafetensorsFlaw(
      "a hole", "[2],\"data_offsets\":[16,24]", "[1],\"data_offsets\":[20,24]",
      "x.safetensors: 'b' at byte 136: its data begin at data offset 20, those of 'a' end at 16, and no byte may lie between [ST015]"
    ),
    SafetensorsFlaw(
      "a hole before the first", header: #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
      data: Array(0..<8),
      "x.safetensors: 'a' at byte 64: its data begin at data offset 4, the first tensor's must begin at 0 [ST015]"
    ),
    SafetensorsFlaw(
      "an overlap", "[16,24]", "[12,20]",
      "x.safetensors: 'b' at byte 132: its data offsets 12..<20 overlap those of 'a', 0..<16 [ST016]",
      "x.safetensors at byte 140: the file goes on after the last tensor's data, for 4 bytes [ST018]"
    ),
    SafetensorsFlaw(
      "one range twice", "[2],\"data_offsets\":[16,24]", "[4],\"data_offsets\":[0,16]",
      "x.safetensors: 'b' at byte 120: its data offsets 0..<16 overlap those of 'a', 0..<16 [ST016]",
      "x.safetensors at byte 136: the file goes on after the last tensor's data, for 8 bytes [ST018]"
    ),
    SafetensorsFlaw(
      "an empty tensor inside another", "[2],\"data_offsets\":[16,24]",
      "[0],\"data_offsets\":[8,8]",
      "x.safetensors: 'b' at byte 128: its data offsets 8..<8 lie inside those of 'a', 0..<16 [ST016]",
      "x.safetensors at byte 136: the file goes on after the last tensor's data, for 8 bytes [ST018]"
    ),
    SafetensorsFlaw(
      "a file without its last byte",
      "x.safetensors: 'b' at byte 143: the data of 1 tensor go past the end of the file, which has 23 bytes of data instead of 24; download or copy the file again [ST017]"
    ) { $0.data.removeLast() },
    SafetensorsFlaw(
      "a file without data",
      "x.safetensors: 'a' at byte 120: the data of 2 tensors go past the end of the file, which has 0 bytes of data instead of 24; download or copy the file again [ST017]"
    ) { $0.data = [] },
    SafetensorsFlaw(
      "an end of 2^64-1",
      header:
        #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]}}"#,
      "x.safetensors: 'a' at byte 104: its data begin at data offset 18446744073709551614, the first tensor's must begin at 0 [ST015]",
      "x.safetensors: 'a' at byte 104: the data of 1 tensor go past the end of the file, which has 0 bytes of data instead of 18446744073709551615; download or copy the file again [ST017]"
    ),
    SafetensorsFlaw(
      "a byte too many",
      "x.safetensors at byte 144: the file goes on after the last tensor's data, for 1 byte [ST018]"
    ) { $0.data.append(0) },
    SafetensorsFlaw(
      "data without a tensor", header: "{}", data: [1, 2],
      "x.safetensors at byte 16: the file goes on after the last tensor's data, for 2 bytes [ST018]"
    ),
    SafetensorsFlaw(
      "an odd place",
      header:
        #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}}"#,
      data: Array(0..<7),
      "x.safetensors: 'b' at byte 123: the data of 1 tensor do not begin at a multiple of their element size, here 4 bytes [ST022]"
    ),
  ]
}
