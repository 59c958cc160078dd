"""Hostile safetensors files: each is made from `BASE` by one change."""

import struct

from .case import Case
from .safetensors import compact, entry, raw

A = entry("F32", [2, 2], 0, 16)
B = entry("F32", [2], 16, 24)
BASE = f'{{"a":{A},"b":{B}}}'
DATA = struct.pack("<6f", 0.5, -1.5, 0.25, 2.0, -0.75, 1.25)


def changed(old: str, new: str | bytes, data: bytes = DATA) -> bytes:
    """The good file with one place of its header changed."""
    assert BASE.count(old) == 1, old
    new = new.encode("utf-8") if isinstance(new, str) else new
    return raw(BASE.encode("utf-8").replace(old.encode("utf-8"), new), data)


def single(dtype: str, shape: list[int], begin: int, end: int, data: bytes = b"") -> bytes:
    """A file of one tensor `a`, whose entry says what is asked."""
    return raw(f'{{"a":{entry(dtype, shape, begin, end)}}}', data)


def several(*entries: tuple[str, str], data: bytes = DATA) -> bytes:
    """A file of these named entries; names may repeat."""
    return raw("{" + ",".join(f"{compact(name)}:{text}" for name, text in entries) + "}", data)


def with_metadata(text: str) -> bytes:
    return changed("{" + '"a"', '{"__metadata__":' + text + ',"a"')


def named(name_text: str) -> bytes:
    """The good file with tensor `a` under another name, given as JSON text."""
    return changed('"a"', name_text)


GOOD = raw(BASE, DATA)


def huge(dtype: str, shape: list[int]) -> bytes:
    """A tensor whose size no 64-bit number holds; what range it names does not matter."""
    return single(dtype, shape, 0, 0)


def cases() -> list[Case]:
    return [*length(), *grammar(), *names(), *entries(), *sizes(), *ranges(), *metadata()]


def length() -> list[Case]:
    bad = lambda value, rest=GOOD[8:]: struct.pack("<Q", value) + rest
    return [
        Case("ST001", "one-byte", "the file is one byte long", GOOD[:1]),
        Case("ST001", "seven-bytes", "the header length lacks its last byte", GOOD[:7]),
        Case("ST002", "length-one-over-cap", "the header length is 100,000,001", bad(100_000_001)),
        Case("ST002", "length-2-pow-32", "the header length is 2^32", bad(2**32)),
        Case("ST002", "length-2-pow-63", "the header length is 2^63, negative as a signed number", bad(2**63)),
        Case("ST002", "length-all-ones", "the header length is 2^64-1, so that adding 8 to it overflows", bad(2**64 - 1)),
        Case("ST002", "length-big-endian", "the header length is written big-endian", struct.pack(">Q", len(BASE)) + GOOD[8:]),
        Case("ST003", "length-at-cap", "the header length is exactly 100,000,000", bad(100_000_000)),
        Case("ST003", "length-one-past-end", "the header length is one more than the file holds", bad(len(GOOD) - 7)),
        Case("ST003", "length-counts-itself", "the header length counts its own 8 bytes in a file without data", raw("{}", length=10, align=1)),
        Case("ST003", "header-missing", "the file ends after the header length", GOOD[:8]),
        Case("ST003", "header-cut", "the file ends in the middle of its header", GOOD[:60]),
        Case("ST004", "header-empty", "the header length is 0", raw("", length=0)),
        Case("ST004", "leading-space", "a space stands before the brace", raw(" " + BASE, DATA)),
        Case("ST004", "leading-spaces-to-page", "spaces push the header to the end of a 4,096-byte page", raw(BASE.rjust(4096 - 8), DATA)),
        Case("ST004", "leading-newline", "a newline stands before the brace", raw("\n" + BASE, DATA)),
        Case("ST004", "leading-nul", "a NUL stands before the brace", raw("\0" + BASE, DATA)),
        Case("ST004", "array", "the header is a JSON array", raw("[" + A + "]", DATA[:16])),
        Case("ST004", "string", "the header is a JSON string", raw('"a"')),
        Case("ST004", "null", "the header is `null`", raw("null")),
        Case("ST004", "byte-ff", "the header is the single byte FF", raw(b"\xff", align=1)),
    ]  # fmt: skip


def grammar() -> list[Case]:
    text = lambda header: raw(header, DATA)
    shape = lambda number: changed('"shape":[2,2]', f'"shape":[{number},2]')
    return [
        Case("ST005", "brace-only", "the header is `{`", raw("{", align=1)),
        Case("ST005", "not-closed", "the last brace is missing", text(BASE[:-1])),
        Case("ST005", "cut-in-name", "the header ends inside a name", text(BASE[:3])),
        Case("ST005", "length-too-short", "the header length cuts the last brace off; data follow it", raw(BASE, DATA, length=len(BASE) - 1, align=1)),
        Case("ST005", "two-values", "a second object follows the first", text(BASE + "{}")),
        Case("ST005", "closed-twice", "a second brace closes the header", text(BASE + "}")),
        Case("ST005", "trailing-nul", "the header is padded with NUL", raw(BASE + "\0", DATA, fill=b"\0")),
        Case("ST005", "trailing-letter", "an x follows the object", text(BASE + "x")),
        Case("ST005", "trailing-form-feed", "a form feed, which is no JSON whitespace, follows the object", text(BASE + "\f")),
        Case("ST005", "trailing-no-break-space", "a no-break space follows the object", text(BASE + "\u00a0")),
        Case("ST005", "trailing-comma", "a comma stands before the last brace", text(BASE[:-1] + ",}")),
        Case("ST005", "trailing-comma-in-shape", "a comma stands before the bracket of a shape", changed("[2,2]", "[2,2,]")),
        Case("ST005", "missing-comma", "no comma stands between two entries", changed(',"b"', ' "b"')),
        Case("ST005", "missing-colon", "no colon stands after a name", changed('"b":', '"b" ')),
        Case("ST005", "comment", "a comment stands in the header", changed('"b":', '/* second */"b":')),
        Case("ST005", "single-quotes", "a name stands in single quotes", changed('"b"', "'b'")),
        Case("ST005", "bare-name", "a name stands without quotes", changed('"b"', "b")),
        Case("ST005", "byte-order-mark", "the header begins with a UTF-8 byte order mark", text("\ufeff" + BASE)),
        Case("ST005", "utf-16", "the header is UTF-16", raw(BASE.encode("utf-16-le"), DATA)),
        Case("ST005", "utf-8-byte-ff", "a name holds the byte FF", changed('"a"', b'"\xff"')),
        Case("ST005", "utf-8-cut", "a name ends inside a three-byte character", changed('"a"', b'"\xe2\x82"')),
        Case("ST005", "utf-8-overlong", "a name holds `/` in two bytes", changed('"a"', b'"\xc0\xaf"')),
        Case("ST005", "utf-8-surrogate", "a name holds a surrogate encoded as UTF-8", changed('"a"', b'"\xed\xa0\x80"')),
        Case("ST005", "utf-8-above-10ffff", "a name holds a code point above U+10FFFF", changed('"a"', b'"\xf4\x90\x80\x80"')),
        Case("ST005", "utf-8-bad-in-padding", "the byte FF stands in the padding", raw(BASE.encode() + b"\xff", DATA)),
        Case("ST005", "lone-high-surrogate", "a name escapes a high surrogate without its partner", changed('"a"', r'"\ud83d"')),
        Case("ST005", "lone-low-surrogate", "a name escapes a low surrogate without its partner", changed('"a"', r'"\ude00"')),
        Case("ST005", "surrogates-swapped", "a name escapes a low surrogate before a high one", changed('"a"', r'"\ude00\ud83d"')),
        Case("ST005", "bad-escape", r"a name holds `\x`", changed('"a"', r'"\x61"')),
        Case("ST005", "short-escape", r"a name holds `\u` with three digits", changed('"a"', r'"\u061"')),
        Case("ST005", "raw-newline-in-name", "a name holds a newline that is not escaped", changed('"a"', '"a\n"')),
        Case("ST005", "number-with-fraction", "a dimension is 2.0", shape("2.0")),
        Case("ST005", "number-with-exponent", "a dimension is 2e0", shape("2e0")),
        Case("ST005", "number-minus-zero", "an offset is -0", changed("[0,16]", "[-0,16]")),
        Case("ST005", "number-over-u64", "a dimension is 2^64", shape(2**64)),
        Case("ST005", "number-of-1000-digits", "a dimension has a thousand digits", shape("9" * 1000)),
        Case("ST005", "number-leading-zero", "a dimension is 02", shape("02")),
        Case("ST005", "number-leading-plus", "a dimension is +2", shape("+2")),
        Case("ST005", "number-hexadecimal", "a dimension is 0x2", shape("0x2")),
        Case("ST005", "number-nan", "a dimension is NaN", shape("NaN")),
        Case("ST005", "number-infinity", "a dimension is Infinity", shape("Infinity")),
        Case("ST005", "literal-upper-case", "a value is `NULL`", with_metadata("NULL")),
        Case("ST005", "nesting-not-closed", "20,000 brackets open and none closes", raw('{"a":' + "[" * 20_000)),
        Case("ST023", "tab", "the header is padded with tabs", raw(BASE + "\t", DATA, fill=b"\t")),
        Case("ST023", "newline", "the header is padded with newlines", raw(BASE + "\n", DATA, fill=b"\n")),
        Case("ST023", "carriage-return", "the header is padded with carriage returns", raw(BASE + "\r", DATA, fill=b"\r")),
    ]  # fmt: skip


def names() -> list[Case]:
    second = entry("F32", [2], 16, 24)
    return [
        Case("ST006", "ranges-side-by-side", "two tensors are named `a`; their ranges are apart", several(("a", A), ("a", second))),
        Case("ST006", "other-shape", "two tensors are named `a`; shape and dtype differ", several(("a", A), ("a", entry("BF16", [2, 2], 16, 24)))),
        Case("ST006", "same-range", "two tensors are named `a` and have one range, once as F32 and once as I64", several(("a", entry("F32", [6], 0, 24)), ("a", entry("I64", [3], 0, 24))), ("ST016",)),
        Case("ST006", "first-and-last", "the first and the third tensor have one name", several(("a", entry("F32", [2], 0, 8)), ("b", entry("F32", [2], 8, 16)), ("a", second))),
        Case("ST006", "by-escape", "one name is escaped, the other not", raw(f'{{"a":{A},"\\u0061":{second}}}', DATA)),
        Case("ST006", "zero-size", "two tensors without data have one name", several(("a", entry("F32", [0], 0, 0)), ("a", entry("F32", [0], 0, 0)), data=b"")),
        Case("ST007", "dtype", "dtype stands twice in an entry", changed('{"dtype":"F32","shape":[2,2]', '{"dtype":"F32","dtype":"F32","shape":[2,2]')),
        Case("ST007", "shape", "shape stands twice in an entry, with another value", changed('"shape":[2,2]', '"shape":[4],"shape":[2,2]')),
        Case("ST007", "data-offsets", "data_offsets stands twice in an entry", changed('"data_offsets":[0,16]', '"data_offsets":[0,16],"data_offsets":[0,16]')),
        Case("ST007", "dtype-by-escape", "dtype stands twice, once escaped", changed('{"dtype":"F32","shape":[2,2]', '{"d\\u0074ype":"F32","dtype":"F32","shape":[2,2]')),
        Case("ST007", "metadata-key", "a key stands twice in `__metadata__`", with_metadata('{"k":"1","k":"2"}')),
        Case("ST007", "metadata-twice", "`__metadata__` stands twice", with_metadata('{"k":"1"},"__metadata__":{"l":"2"}')),
        Case("ST007", "metadata-twice-by-escape", "`__metadata__` stands twice, once escaped", with_metadata('{"k":"1"},"\\u005f_metadata__":{"l":"2"}')),
        Case("ST021", "empty", "a tensor's name is empty", named('""')),
        Case("ST021", "nul", "a name holds NUL", named(r'"a\u0000b"')),
        Case("ST021", "newline", "a name holds a newline", named(r'"a\nb"')),
        Case("ST021", "escape", "a name holds ESC, with which a terminal is steered", named(r'"a\u001b[31mb"')),
        Case("ST021", "delete", "a name holds U+007F", named('"a\u007fb"')),
        Case("ST021", "c1-control", "a name holds the C1 control U+0085", named('"a\u0085b"')),
        Case("ST021", "right-to-left-override", "a name holds U+202E, which turns the text after it round on a screen", named('"a\u202eb"')),
        Case("ST021", "65536-bytes", "a name is 65,536 bytes long", named('"' + "n" * 65536 + '"')),
        Case("ST021", "65538-bytes-in-32769-characters", "a name has 32,769 characters but 65,538 bytes", named('"' + "é" * 32769 + '"')),
    ]  # fmt: skip


def entries() -> list[Case]:
    a = lambda text: changed(A, text)
    dtype = lambda text: changed('"dtype":"F32","shape":[2,2]', f'"dtype":{text},"shape":[2,2]')
    shape = lambda text: changed("[2,2]", text)
    offsets = lambda text: changed("[0,16]", text)
    without = lambda text: a(A.replace(text, "").replace("{,", "{").replace(",}", "}"))
    return [
        Case("ST008", "dtype-missing", "an entry has no dtype", without('"dtype":"F32",')),
        Case("ST008", "shape-missing", "an entry has no shape", without('"shape":[2,2],')),
        Case("ST008", "offsets-missing", "an entry has no data_offsets", without(',"data_offsets":[0,16]')),
        Case("ST008", "empty", "an entry is `{}`", a("{}")),
        Case("ST008", "extra-field", "an entry has a fourth field", a(A[:-1] + ',"strides":[2,1]}')),
        Case("ST008", "field-in-capitals", "an entry says `Dtype`", a(A.replace("dtype", "Dtype"))),
        Case("ST008", "positional", "an entry is an array of its three values", a('["F32",[2,2],[0,16]]')),
        Case("ST008", "string", "an entry is a string", a('"F32"')),
        Case("ST008", "number", "an entry is a number", a("16")),
        Case("ST008", "null", "an entry is null", a("null")),
        Case("ST008", "true", "an entry is true", a("true")),
        Case("ST009", "not-known", "the dtype is F128", dtype('"F128"')),
        Case("ST009", "lower-case", "the dtype is f32", dtype('"f32"')),
        Case("ST009", "torch-name", "the dtype is torch.float32", dtype('"torch.float32"')),
        Case("ST009", "with-space", "the dtype is `F32 ` with a space", dtype('"F32 "')),
        Case("ST009", "empty", "the dtype is an empty string", dtype('""')),
        Case("ST009", "number", "the dtype is a number", dtype("32")),
        Case("ST009", "null", "the dtype is null", dtype("null")),
        Case("ST010", "number", "the shape is a number", shape("4")),
        Case("ST010", "string", "the shape is a string", shape('"2,2"')),
        Case("ST010", "null", "the shape is null", shape("null")),
        Case("ST010", "object", "the shape is an object", shape('{"rows":2,"columns":2}')),
        Case("ST010", "nested", "the shape is a list in a list", shape("[[2,2]]")),
        Case("ST010", "negative", "a dimension is -1", shape("[-1,2]")),
        Case("ST010", "both-negative", "two dimensions are -2, so that their product fits", shape("[-2,-2]")),
        Case("ST010", "string-dimension", 'a dimension is "2"', shape('["2",2]')),
        Case("ST010", "null-dimension", "a dimension is null", shape("[null,2]")),
        Case("ST010", "boolean-dimension", "a dimension is true", shape("[true,4]")),
        Case("ST010", "rank-65", "the shape has 65 dimensions", shape(compact([1] * 63 + [2, 2]))),
        Case("ST010", "rank-1000", "the shape has 1,000 dimensions", shape(compact([1] * 998 + [2, 2]))),
        Case("ST011", "one-number", "data_offsets has one number", offsets("[16]")),
        Case("ST011", "three-numbers", "data_offsets has three numbers", offsets("[0,16,16]")),
        Case("ST011", "empty", "data_offsets is empty", offsets("[]")),
        Case("ST011", "number", "data_offsets is a number", offsets("16")),
        Case("ST011", "null", "data_offsets is null", offsets("null")),
        Case("ST011", "negative", "data_offsets begins with -16", offsets("[-16,0]")),
        Case("ST011", "strings", "data_offsets holds strings", offsets('["0","16"]')),
        Case("ST011", "end-before-begin", "data_offsets ends before it begins", offsets("[16,0]")),
        Case("ST011", "end-before-begin-by-2-pow-64", "end less begin, taken modulo 2^64, gives the right size", offsets(f"[{2**64 - 16},0]")),
    ]  # fmt: skip


def sizes() -> list[Case]:
    return [
        Case("ST012", "elements", "the dimensions' product overflows", huge("U8", [2**63, 2])),
        Case("ST012", "elements-wrap-to-4", "the dimensions' product is 4 modulo 2^64", single("U8", [4194305, 4194305, 211106198978564], 0, 4, DATA[:4])),
        Case("ST012", "bytes", "2^61 elements of 8 bytes", huge("F64", [2**61])),
        Case("ST012", "bytes-2-pow-63", "2^63 elements of one byte: no file is so long", single("U8", [2**63], 0, 2**63)),
        Case("ST012", "zero-last", "the product overflows before the zero at the end", huge("F32", [2**64 - 1, 2, 0])),
        Case("ST012", "zero-first", "a zero stands before dimensions whose product overflows", huge("F32", [0, 2**64 - 1, 2])),
        Case("ST013", "range-short", "a range is one element short", several(("a", entry("F32", [2, 2], 0, 12)), ("b", entry("F32", [2], 12, 20)), data=DATA[:20])),
        Case("ST013", "range-long", "a range is one element long", several(("a", entry("F32", [2, 2], 0, 20)), ("b", entry("F32", [1], 20, 24)))),
        Case("ST013", "shape-of-40-for-4", "a shape claims 40 elements where 4 lie", changed("[2,2]", "[4,10]")),
        Case("ST013", "other-dtype", "an F64 tensor has the range of an F32 one", changed('"F32","shape":[2,2]', '"F64","shape":[2,2]')),
        Case("ST013", "scalar-without-bytes", "a scalar has an empty range", several(("a", entry("F32", [], 0, 0)), data=b"")),
        Case("ST013", "zero-dim-with-bytes", "a tensor with a zero dimension has 16 bytes", changed("[2,2]", "[2,0]")),
        Case("ST013", "sub-byte", "four F4 elements have four bytes", single("F4", [4], 0, 4, DATA[:4])),
        Case("ST014", "f4-three", "three F4 elements are 12 bits", single("F4", [3], 0, 2, DATA[:2])),
        Case("ST014", "f4-one-in-no-byte", "one F4 element is given no byte", single("F4", [], 0, 0)),
        Case("ST014", "f6-two", "two F6_E2M3 elements are 12 bits", single("F6_E2M3", [2], 0, 2, DATA[:2])),
        Case("ST014", "f6-three-by-three", "nine F6_E3M2 elements are 54 bits", single("F6_E3M2", [3, 3], 0, 7, DATA[:7])),
    ]  # fmt: skip


def ranges() -> list[Case]:
    f32 = lambda begin, end: entry("F32", [(end - begin) // 4], begin, end)
    odd = ("odd", entry("U8", [3], 0, 3))
    archive = b"PK\x05\x06" + bytes(18)
    return [
        Case("ST015", "between", "four bytes between two tensors belong to none", several(("a", f32(0, 16)), ("b", f32(20, 24)))),
        Case("ST015", "before-the-first", "the first tensor begins at byte 8", several(("a", f32(8, 24)))),
        Case("ST015", "before-an-empty-last", "four bytes lie between the last data and an empty tensor at the end", several(("a", f32(0, 20)), ("z", entry("F32", [0], 24, 24)))),
        Case("ST015", "out-of-order", "the header lists the tensors backwards, and a hole is between them", several(("b", f32(20, 24)), ("a", f32(0, 16)))),
        Case("ST016", "in-part", "two ranges share 4 bytes", several(("a", f32(0, 16)), ("b", f32(12, 24)))),
        Case("ST016", "same-range", "two tensors have one range", several(("a", f32(0, 24)), ("b", f32(0, 24)))),
        Case("ST016", "ten-on-one-range", "ten tensors have one range", several(*[(f"a{index}", f32(0, 24)) for index in range(10)])),
        Case("ST016", "one-inside-another", "a range lies inside another", several(("a", f32(0, 24)), ("b", f32(8, 16)))),
        Case("ST016", "backwards", "two ranges overlap, the later listed first", several(("b", f32(12, 24)), ("a", f32(0, 16)))),
        Case("ST016", "empty-inside", "an empty tensor lies inside another", several(("a", f32(0, 24)), ("z", entry("F32", [0], 8, 8)))),
        Case("ST017", "one-byte-short", "the last byte is missing", GOOD[:-1]),
        Case("ST017", "two-bytes-short", "the last two bytes are missing", GOOD[:-2]),
        Case("ST017", "no-data", "the file ends after its header", GOOD[:-24]),
        Case("ST017", "ends-at-2-pow-31", "a tensor of 2^31 bytes in a small file", single("U8", [2**31], 0, 2**31, DATA)),
        Case("ST017", "ends-at-2-pow-32", "a tensor of 2^32 bytes in a small file", single("U8", [2**32], 0, 2**32, DATA)),
        Case("ST017", "ends-at-2-pow-40", "a tensor of a tebibyte in a small file", single("U8", [2**40], 0, 2**40, DATA)),
        Case("ST017", "ends-at-2-pow-59", "a tensor of 2^59 bytes, whose bits still fit a signed number, in a small file", single("U8", [2**59], 0, 2**59, DATA)),
        Case("ST018", "one-byte", "one byte follows the last tensor", GOOD + b"\0"),
        Case("ST018", "archive", "a zip archive follows the last tensor", GOOD + archive),
        Case("ST018", "second-file", "another safetensors file follows the last tensor", GOOD + GOOD),
        Case("ST018", "empty-header-with-data", "data follow a header without tensors", raw("{}", DATA)),
        Case("ST018", "after-empty-tensors", "data follow tensors that have none", several(("z", entry("F32", [0], 0, 0)))),
        Case("ST022", "after-odd-u8", "a U8 tensor of 3 bytes shifts the F32 tensors after it", several(odd, ("a", f32(3, 19)), ("b", f32(19, 27)), data=b"odd" + DATA)),
        Case("ST022", "header-not-padded", "the header is not padded, so that no tensor is aligned in the file", raw(BASE + " " * ((3 - len(BASE)) % 4), DATA, align=1)),
    ]  # fmt: skip


def metadata() -> list[Case]:
    return [
        Case("ST019", "array", "`__metadata__` is an array", with_metadata('["pt"]')),
        Case("ST019", "string", "`__metadata__` is a string", with_metadata('"pt"')),
        Case("ST019", "number", "`__metadata__` is a number", with_metadata("1")),
        Case("ST019", "number-value", "a value of `__metadata__` is a number", with_metadata('{"step":1}')),
        Case("ST019", "boolean-value", "a value of `__metadata__` is a boolean", with_metadata('{"tied":true}')),
        Case("ST019", "null-value", "a value of `__metadata__` is null", with_metadata('{"format":null}')),
        Case("ST019", "array-value", "a value of `__metadata__` is an array", with_metadata('{"tags":["a"]}')),
        Case("ST019", "object-value", "a value of `__metadata__` is an object", with_metadata('{"about":{"format":"pt"}}')),
        Case("ST019", "a-tensor", "`__metadata__` is written like a tensor's entry", several(("__metadata__", entry("F32", [6], 0, 24)))),
        Case("ST020", "null", "`__metadata__` is null", with_metadata("null")),
    ]  # fmt: skip
