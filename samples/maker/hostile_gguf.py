"""Hostile GGUF files: each is made from the good file of `base` by one change."""

import struct

from . import gguf, good
from .case import Case
from .gguf import Tensor, Value, array, boolean, build, i32, string, text, u8, u16, u32, u64

KEYS = [("general.architecture", string("llama")), ("general.name", string("sample"))]
A = Tensor("a.weight", (4, 2))  # 32 bytes: no padding
B = Tensor("b.weight", (3,))  # 12 bytes: 20 of padding
GOOD = build(KEYS, [A, B])
QUANTISED = ("general.quantization_version", u32(2))


def base(*keys: tuple[str | bytes, Value], tensors: list[Tensor] = (A, B), **changes) -> bytes:
    """The good file with these keys added and these things changed."""
    return build([*KEYS, *keys], list(tensors), **changes)


def patched(offset: int, data: bytes, source: bytes = GOOD) -> bytes:
    return source[:offset] + data + source[offset + len(data) :]


def one(**fields) -> bytes:
    """The good file with one field of its first tensor changed."""
    return base(tensors=[A._replace(**fields), B])


def alone(*tensors: Tensor, **changes) -> bytes:
    return base(tensors=tensors, **changes)


def swapped(version: int) -> bytes:
    """A big-endian file, every number of it."""
    out = b"GGUF" + struct.pack(">IQQ", version, 1, 1)
    name = b"general.architecture"
    out += struct.pack(">Q", len(name)) + name + struct.pack(">IQ", 8, 5) + b"llama"
    out += struct.pack(">Q", 1) + b"a" + struct.pack(">IQIQ", 1, 8, 0, 0)
    out += bytes(-len(out) % 32)
    return out + struct.pack(">8f", *range(8))


def cases() -> list[Case]:
    return [*head(), *bounds(), *keys(), *alignment(), *tensors(), *layout(), *splits()]


def head() -> list[Case]:
    version = lambda number: base(version=number)
    return [
        Case("GG001", "magic-only", "the file is `GGUF`", GOOD[:4]),
        Case("GG001", "twelve-bytes", "the file ends inside the tensor count", GOOD[:12]),
        Case("GG001", "23-bytes", "the key count lacks its last byte", GOOD[:23]),
        Case("GG002", "ggml", "the magic is GGML's (0x67676d6c)", patched(0, struct.pack("<I", 0x67676D6C))),
        Case("GG002", "ggmf", "the magic is GGMF's (0x67676d66)", patched(0, struct.pack("<I", 0x67676D66))),
        Case("GG002", "ggjt", "the magic is GGJT's (0x67676a74)", patched(0, struct.pack("<I", 0x67676A74))),
        Case("GG002", "ggla", "the magic is that of old LoRA files (0x67676c61)", patched(0, struct.pack("<I", 0x67676C61))),
        Case("GG002", "fugg", "the magic is byte-swapped", patched(0, b"FUGG")),
        Case("GG002", "lower-case", "the magic is `gguf`", patched(0, b"gguf")),
        Case("GG002", "last-letter", "the magic is `GGUE`", patched(0, b"GGUE")),
        Case("GG003", "version-0", "the version is 0", version(0)),
        Case("GG003", "version-1", "the version is 1, whose counts and lengths have 32 bits", b"GGUF" + struct.pack("<III", 1, 0, 1) + struct.pack("<I", 0) + struct.pack("<II", 4, 7) + bytes(32)),
        Case("GG003", "version-4", "the version is 4", version(4)),
        Case("GG003", "version-all-ones", "the version is 2^32-1", version(2**32 - 1)),
        Case("GG004", "version-3", "a whole big-endian file of version 3", swapped(3)),
        Case("GG004", "version-2", "a whole big-endian file of version 2", swapped(2)),
        Case("GG005", "all-ones", "the tensor count is 2^64-1", base(tensor_count=2**64 - 1)),
        Case("GG005", "2-pow-60", "the tensor count is 2^60", base(tensor_count=2**60)),
        Case("GG005", "one-more-than-fits", "the tensor count is one more than the bytes left could hold at 24 each", base(tensor_count=(len(GOOD) - 24) // 24 + 1)),
        Case("GG006", "all-ones", "the key count is 2^64-1", base(key_count=2**64 - 1)),
        Case("GG006", "2-pow-60", "the key count is 2^60", base(key_count=2**60)),
        Case("GG006", "one-more-than-fits", "the key count is one more than the bytes left could hold at 13 each", base(key_count=(len(GOOD) - 24) // 13 + 1)),
    ]  # fmt: skip


def bounds() -> list[Case]:
    """Lengths and counts that lie, and a header that ends early."""
    tail = lambda data: build(KEYS, key_count=3, align=1, tail=data)  # the third key is `data`
    key = text("general.file_type")
    string_head = key + struct.pack("<I", 8)
    array_head = lambda type, count: key + struct.pack("<IIQ", 9, type, count)
    info = lambda data: build(KEYS, tensor_count=1, align=1, tail=data)  # the first tensor info is `data`
    name = text("a.weight")
    rest = bytes(24)
    return [
        Case("GG007", "key-length-cut", "the file ends inside a key's length", tail(key[:5])),
        Case("GG007", "key-cut", "the file ends inside a key", tail(key[:-3])),
        Case("GG007", "key-length-all-ones", "a key's length is 2^64-1", tail(text("general.file_type", 2**64 - 1) + rest)),
        Case("GG007", "key-length-one-past-end", "a key is one byte longer than the file", tail(text("general.file_type", 18))),
        Case("GG007", "value-type-cut", "the file ends inside a value's type", tail(key + b"\4\0")),
        Case("GG007", "value-missing", "the file ends before a u32 value", tail(key + struct.pack("<I", 4))),
        Case("GG007", "u64-cut", "the file ends inside a u64 value", tail(key + struct.pack("<I", 10) + bytes(7))),
        Case("GG007", "string-length-cut", "the file ends inside a string's length", tail(string_head + bytes(7))),
        Case("GG007", "string-one-past-end", "a string is one byte longer than the file", tail(string_head + struct.pack("<Q", 6) + b"llama")),
        Case("GG007", "string-2-pow-62", "a string's length is 2^62", tail(string_head + struct.pack("<Q", 2**62) + rest)),
        Case("GG007", "string-all-ones", "a string's length is 2^64-1", tail(string_head + struct.pack("<Q", 2**64 - 1) + rest)),
        Case("GG007", "array-head-cut", "the file ends inside an array's count", tail(array_head(4, 1)[:-4])),
        Case("GG007", "string-in-array-past-end", "the last string of an array runs past the end", tail(array_head(8, 2) + text("a") + text("b", 2))),
        Case("GG007", "name-cut", "the file ends inside a tensor's name", info(text("a.weight" * 4)[:-8])),
        Case("GG007", "name-length-all-ones", "a tensor name's length is 2^64-1", info(text("a.weight", 2**64 - 1) + rest)),
        Case("GG007", "dimension-cut", "the file ends inside a tensor's dimensions", info(name + struct.pack("<IQ", 2, 4) + bytes(7))),
        Case("GG007", "offset-cut", "the file ends inside a tensor's offset", info(name + struct.pack("<IQI", 1, 8, 0) + bytes(7))),
        Case("GG009", "u8-2-pow-60", "an array has 2^60 elements", tail(array_head(0, 2**60) + rest)),
        Case("GG009", "u64-all-ones", "an array has 2^64-1 elements: their bytes overflow", tail(array_head(10, 2**64 - 1) + rest)),
        Case("GG009", "u64-2-pow-61", "an array has 2^61 elements of 8 bytes: their bytes are 0 modulo 2^64", tail(array_head(10, 2**61) + rest)),
        Case("GG009", "over-64-mi", "an array has 64 Mi + 1 elements", tail(array_head(0, 2**26 + 1) + rest)),
        Case("GG009", "f64-10000", "an array claims 10,000 f64 in a small file", tail(array_head(12, 10_000) + bytes(800))),
        Case("GG009", "one-more-than-left", "an array has one element more than bytes are left", tail(array_head(0, 25) + rest)),
        Case("GG009", "strings-one-more-than-left", "an array of strings has one more than fit at 8 bytes each", tail(array_head(8, 4) + rest)),
        Case("GG010", "depth-2", "an array of arrays", base(("test.nested", array([array([u8(1)]), array([u8(2)])])))),
        Case("GG010", "empty", "an empty array of arrays", base(("test.nested", array([], type=9)))),
        Case("GG010", "depth-5000", "arrays nested 5,000 deep", base(("test.nested", nested(5000)))),
    ]  # fmt: skip


def nested(depth: int) -> Value:
    value = array([], type=0)
    inner = value.payload
    return Value(9, struct.pack("<IQ", 9, 1) * (depth - 1) + inner)


def keys() -> list[Case]:
    extra = lambda key: base((key, u32(1)))
    value = lambda type, payload: base(("test.value", Value(type, payload)))
    return [
        Case("GG011", "empty", "a key is empty", extra("")),
        Case("GG011", "65536-bytes", "a key is 65,536 bytes long", extra("k" * 65536)),
        Case("GG011", "not-utf-8", "a key holds the byte FF", extra(b"test.\xff")),
        Case("GG011", "nul", "a key holds NUL", extra("test.a\0b")),
        Case("GG011", "newline", "a key holds a newline", extra("test.a\nb")),
        Case("GG011", "escape", "a key holds ESC", extra("test.\x1b[31m")),
        Case("GG012", "same-value", "a key stands twice with one value", base(KEYS[1])),
        Case("GG012", "other-value", "a key stands twice with two values", base(("general.name", string("other")))),
        Case("GG012", "other-type", "a key stands twice with two types", base(("general.name", u32(1)))),
        Case("GG012", "alignment", "general.alignment stands twice", base(("general.alignment", u32(32)), ("general.alignment", u32(32)))),
        Case("GG013", "two", "a bool is 2", base(("test.flag", boolean(2)))),
        Case("GG013", "255", "a bool is 255", base(("test.flag", boolean(255)))),
        Case("GG013", "in-array", "a bool in an array is 2", base(("test.flags", array([boolean(1), boolean(2)])))),
        Case("GG014", "13", "a value's type is 13", value(13, bytes(8))),
        Case("GG014", "all-ones", "a value's type is 2^32-1", value(2**32 - 1, bytes(8))),
        Case("GG014", "256", "a value's type is 256, 0 in its low byte", value(256, bytes(8))),
        Case("GG014", "in-array", "an array's element type is 13", value(9, struct.pack("<IQ", 13, 2) + bytes(16))),
        Case("GG014", "in-empty-array", "an empty array's element type is 13", value(9, struct.pack("<IQ", 13, 0))),
        Case("GG026", "space-and-capitals", "a key is `Bad Key!`", extra("Bad Key!")),
        Case("GG026", "capitals", "a key is `Test.value`", extra("Test.value")),
        Case("GG026", "empty-word", "a key is `test..value`", extra("test..value")),
        Case("GG026", "dot-first", "a key begins with a dot", extra(".value")),
        Case("GG026", "not-ascii", "a key holds `é`", extra("test.clé")),
        Case("GG029", "name", "general.name holds the byte FF", build([KEYS[0], ("general.name", string(b"sam\xffple"))], [A, B])),
        Case("GG029", "overlong", "a string holds `/` in two bytes", base(("general.url", string(b"https:\xc0\xaf")))),
    ]  # fmt: skip


def alignment() -> list[Case]:
    aligned = lambda value, **changes: base(("general.alignment", value), **changes)
    return [
        Case("GG015", "0", "the alignment is 0", aligned(u32(0))),
        Case("GG015", "13", "the alignment is 13", aligned(u32(13))),
        Case("GG015", "24", "the alignment is 24, a multiple of 8 but no power of two", aligned(u32(24), align=24)),
        Case("GG015", "2-pow-21", "the alignment is 2^21", aligned(u32(2**21))),
        Case("GG015", "2-pow-31", "the alignment is 2^31", aligned(u32(2**31))),
        Case("GG015", "i32", "the alignment is an i32", aligned(i32(32))),
        Case("GG015", "u64", "the alignment is a u64", aligned(u64(32))),
        Case("GG015", "string", "the alignment is a string", aligned(string("32"))),
        Case("GG015", "array", "the alignment is an array", aligned(array([u32(32)]))),
        Case("GG027", "1", "the alignment is 1", aligned(u32(1), align=1)),
        Case("GG027", "4", "the alignment is 4", aligned(u32(4), align=4)),
    ]  # fmt: skip


def tensors() -> list[Case]:
    dims = lambda *sizes, type="F32": one(dims=sizes, type=type, data=bytes(32))
    return [
        Case("GG016", "empty", "a tensor's name is empty", one(name="")),
        Case("GG016", "64-bytes", "a name is 64 bytes long", one(name="n" * 64)),
        Case("GG016", "100-bytes", "a name is 100 bytes long", one(name="n" * 100)),
        Case("GG016", "nul", "a name holds NUL: in C two such names would be equal", one(name="a\0b")),
        Case("GG016", "newline", "a name holds a newline", one(name="a\nb")),
        Case("GG016", "escape", "a name holds ESC", one(name="a\x1b[31m")),
        Case("GG016", "not-utf-8", "a name holds the byte FF", one(name=b"a\xff")),
        Case("GG017", "same", "two tensors have one name, shape and type", alone(A, A)),
        Case("GG017", "other-shape", "two tensors have one name and differ in shape", alone(A, B._replace(name=A.name))),
        Case("GG017", "first-and-last", "the first and the third tensor have one name", alone(A, B, A._replace(type="F16"))),
        Case("GG018", "5", "a tensor has five dimensions", one(dims=(4, 2, 1, 1, 1))),
        Case("GG018", "million", "a tensor claims 1,000,000 dimensions", one(rank=1_000_000)),
        Case("GG018", "all-ones", "a tensor claims 2^32-1 dimensions", one(rank=2**32 - 1)),
        Case("GG019", "dimension-all-ones", "a dimension is 2^64-1", dims(2**64 - 1)),
        Case("GG019", "dimension-2-pow-63", "a dimension is 2^63", dims(4, 2**63)),
        Case("GG019", "elements", "the product of the dimensions overflows", dims(2**62, 4)),
        Case("GG019", "elements-wrap-to-4", "the product of the dimensions is 4 modulo 2^64", dims(4194305, 4194305, 211106198978564)),
        Case("GG019", "bytes", "2^62 elements of 4 bytes", dims(2**62)),
        Case("GG019", "zero-first", "a zero stands before dimensions whose product overflows", dims(0, 2**62, 2**62)),
        Case("GG020", "4", "the type is 4 (Q4_2, removed)", one(type_id=4)),
        Case("GG020", "5", "the type is 5 (Q4_3, removed)", one(type_id=5)),
        Case("GG020", "31", "the type is 31 (Q4_0_4_4, removed)", one(type_id=31)),
        Case("GG020", "36", "the type is 36 (IQ4_NL_4_4, removed)", one(type_id=36)),
        Case("GG020", "255", "the type is 255", one(type_id=255)),
        Case("GG020", "256", "the type is 256, 0 in its low byte", one(type_id=256)),
        Case("GG020", "all-ones", "the type is 2^32-1, -1 as a signed number", one(type_id=2**32 - 1)),
        Case("GG021", "q4-0-33", "a row of 33 elements in blocks of 32", blocked("Q4_0", (33, 1), 18)),
        Case("GG021", "q8-0-16-by-2", "two rows of 16: the tensor fills a block, its rows do not", blocked("Q8_0", (16, 2), 34)),
        Case("GG021", "q4-k-128", "a row of 128 elements in blocks of 256", blocked("Q4_K", (128, 2), 144)),
        Case("GG021", "scalar", "a Q8_0 tensor without dimensions", blocked("Q8_0", (), 34)),
        Case("GG028", "q8-0", "a quantised tensor, and no general.quantization_version", alone(Tensor("a.weight", (32, 2), "Q8_0"))),
    ]  # fmt: skip


def blocked(type: str, dims: tuple[int, ...], size: int) -> bytes:
    return build([*KEYS, QUANTISED], [Tensor("a.weight", dims, type, bytes(size))])


def layout() -> list[Case]:
    c = Tensor("c.weight", (4,))
    info_end = len(build(KEYS, [A, B], align=1)) - 32 - 12
    data_start = len(GOOD) - 64
    assert data_start > info_end, "the good file has padding between its infos and its data"
    exact = build(KEYS, [A])
    return [
        Case("GG022", "misaligned", "an offset is no multiple of the alignment", alone(A, B._replace(offset=44))),
        Case("GG022", "hole", "32 bytes between two tensors belong to none", alone(A._replace(data=bytes(64)), B._replace(offset=64))),
        Case("GG022", "overlap", "two tensors have one offset", alone(A, Tensor("b.weight", (4, 2), offset=0, data=b""))),
        Case("GG022", "overlap-in-part", "a tensor begins inside the one before", alone(Tensor("a.weight", (16,)), Tensor("b.weight", (16,), offset=32, data=bytes(32)))),
        Case("GG022", "first-not-0", "the first tensor begins at 32", alone(A._replace(offset=32, data=bytes(64)))),
        Case("GG022", "swapped", "the second tensor lies before the first", alone(A._replace(offset=32), Tensor("b.weight", (4, 2), offset=0))),
        Case("GG022", "all-ones", "an offset is 2^64-1", alone(A, B._replace(offset=2**64 - 1))),
        Case("GG022", "2-pow-63", "an offset is 2^63", alone(A, B._replace(offset=2**63))),
        Case("GG022", "written-with-8", "offsets are padded to 8 and no key says so", written_with_8()),
        Case("GG022", "written-with-32-read-as-64", "offsets are padded to 32 and general.alignment says 64", written_with_32()),
        Case("GG023", "one-byte-short", "the last byte of the last tensor is missing", alone(A, cut=1)),
        Case("GG023", "second-missing", "the file ends after the first of two tensors", alone(A, c, cut=32)),
        Case("GG023", "no-data", "the file ends after its padded infos", alone(A, cut=32)),
        Case("GG023", "ends-with-infos", "the file ends with its infos, before their padding", alone(A, cut=32)[: len(build(KEYS, [A], align=1)) - 32]),
        Case("GG023", "2-pow-31", "a tensor of 2^31 bytes in a small file", alone(Tensor("a.weight", (2**31,), "I8", bytes(32)))),
        Case("GG023", "2-pow-32", "a tensor of 2^32 bytes in a small file", alone(Tensor("a.weight", (2**32,), "I8", bytes(32)))),
        Case("GG023", "2-pow-62", "a tensor of 2^62 bytes in a small file", alone(Tensor("a.weight", (2**62,), "I8", bytes(32)))),
        Case("GG023", "two-of-2-pow-63-less-64", "two tensors of 2^63-64 bytes: each fits a signed number, the sum does not", alone(enormous("a.weight", 0), enormous("b.weight", 2**63 - 64), tail=bytes(32)), ("GG019",)),
        Case("GG024", "none", "the file ends with the last tensor's last byte, not padded", base(cut=20)),
        Case("GG024", "in-part", "one byte of the last tensor's padding is missing", base(cut=1)),
        Case("GG025", "one-byte", "one byte follows the padding", exact + b"\0"),
        Case("GG025", "32-bytes", "32 bytes follow the padding", GOOD + bytes(32)),
        Case("GG025", "second-file", "another GGUF file follows, as when splits are joined with cat", GOOD + exact),
        Case("GG034", "after-infos", "the padding before the data holds a byte 01", patched(info_end, b"\1")),
        Case("GG034", "between-tensors", "the padding between two tensors holds a byte 01", patched(len(build(KEYS, [B, A])) - 33, b"\1", build(KEYS, [B, A]))),
        Case("GG034", "at-the-end", "the padding after the last tensor holds a byte 01", patched(len(GOOD) - 1, b"\1")),
    ]  # fmt: skip


def enormous(name: str, offset: int) -> Tensor:
    return Tensor(name, (2**63 - 64,), "I8", b"", offset)


def written_with_8() -> bytes:
    """Offsets that are running sums padded to 8, data that begin at a multiple of 32."""
    second = Tensor("b.weight", (8,), offset=16, data=b"")
    whole = gguf.blocks("F32", (3,), "a") + bytes(4) + gguf.blocks("F32", (8,), "b") + bytes(16)
    return alone(Tensor("a.weight", (3,), data=whole), second)


def written_with_32() -> bytes:
    keys = [*KEYS, ("general.alignment", u32(64))]
    data = gguf.blocks("F32", (8,), "a") + gguf.blocks("F32", (8,), "b")
    return build(keys, [Tensor("a.weight", (8,), data=data), Tensor("b.weight", (8,), offset=32, data=b"")], align=64)


# Splits: folders of two files, opened by the first -----------------------------------------------------------------

FIRST, SECOND = "tiny-00001-of-00002.gguf", "tiny-00002-of-00002.gguf"
C = Tensor("c.weight", (4,))


def shard(index: int, tensors: list[Tensor], *, count: int = 2, total: int = 3, without: str = "", keys: list = ()) -> bytes:
    split = [pair for pair in good.split_keys(index, count, total) if pair[0] != without]
    return build([*(KEYS if index == 0 else []), *split, *keys], tensors)


def pair(first: bytes | None = None, second: bytes | None = None) -> dict[str, bytes]:
    return {
        FIRST: shard(0, [A, B]) if first is None else first,
        SECOND: shard(1, [C]) if second is None else second,
    }


def splits() -> list[Case]:
    wide = ("general.alignment", u32(64))
    wrong_type = [("split.no", u32(1)), ("split.count", u16(2)), ("split.tensors.count", i32(3))]
    return [
        Case("GG030", "both-are-first", "both files say split.no 0", pair(second=shard(0, [C]))),
        Case("GG030", "swapped", "the files' names are exchanged", {FIRST: shard(1, [C]), SECOND: shard(0, [A, B])}),
        Case("GG030", "count-over-name", "both files say split.count 3, their names -of-00002", pair(shard(0, [A, B], count=3), shard(1, [C], count=3))),
        Case("GG030", "counts-differ", "the files say split.count 2 and 3", pair(second=shard(1, [C], count=3))),
        Case("GG030", "count-0", "split.count is 0 in both files", pair(shard(0, [A, B], count=0), shard(1, [C], count=0))),
        Case("GG030", "number-past-count", "the second file says split.no 2 of 2", pair(second=shard(2, [C]))),
        Case("GG030", "no-missing", "the second file has no split.no", pair(second=shard(1, [C], without="split.no"))),
        Case("GG030", "count-missing", "the second file has no split.count", pair(second=shard(1, [C], without="split.count"))),
        Case("GG030", "no-is-u32", "split.no is a u32 in the second file", pair(second=build(wrong_type, [C]))),
        Case("GG030", "keys-missing", "the files are named as splits and have no split keys", pair(build(KEYS, [A, B]), build([], [C]))),
        Case("GG030", "named-from-0", "the files are numbered 00000 and 00001", {"tiny-00000-of-00002.gguf": shard(0, [A, B]), "tiny-00001-of-00002.gguf": shard(1, [C])}),
        Case("GG030", "name-without-number", "split.count is 2 in a file whose name has no number", {"tiny.gguf": shard(0, [A, B])}),
        Case("GG030", "alignment-differs", "the second file alone is aligned to 64", pair(second=build([*good.split_keys(1, 2, 3), wide], [C], align=64))),
        Case("GG031", "second", "the second file is missing", {FIRST: shard(0, [A, B])}),
        Case("GG031", "first", "the first file is missing", {SECOND: shard(1, [C])}),
        Case("GG031", "middle", "the second of three files is missing", {"tiny-00001-of-00003.gguf": shard(0, [A, B], count=3, total=4), "tiny-00003-of-00003.gguf": shard(2, [C], count=3, total=4)}),
        Case("GG032", "same", "a tensor stands in both files", pair(shard(0, [A, B], total=4), shard(1, [C, A], total=4))),
        Case("GG032", "other-shape", "a tensor stands in both files with two shapes", pair(shard(0, [A, B], total=4), shard(1, [C, B._replace(name=A.name)], total=4))),
        Case("GG033", "more", "split.tensors.count is one too many in both files", pair(shard(0, [A, B], total=4), shard(1, [C], total=4))),
        Case("GG033", "fewer", "split.tensors.count is one too few in both files", pair(shard(0, [A, B], total=2), shard(1, [C], total=2))),
        Case("GG033", "negative", "split.tensors.count is -1 in both files", pair(shard(0, [A, B], total=-1), shard(1, [C], total=-1))),
    ]  # fmt: skip
