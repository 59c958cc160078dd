"""Hostile .npy files and .npz archives: each is made from a good one by one change."""

import struct

from . import zips
from .case import Case
from .npy import array, build, literal
from .zips import Member

DATA = struct.pack("<6f", *range(6))
F4 = "'<f4'"
GOOD = array("<f4", (2, 3), DATA)


def header(text: str) -> bytes:
    return build(text, DATA)


def shape(text: str, descr: str = F4) -> bytes:
    return build(literal(descr, text), DATA)


def descr(text: str, data: bytes = DATA) -> bytes:
    return build(literal(text, "(2, 3)"), data)


def cases() -> dict[str, list[Case]]:
    return {"npy": [*beginnings(), *headers(), *types(), *shapes(), *sizes()], "npz": archives()}


def beginnings() -> list[Case]:
    return [
        Case("NP001", "magic-only", "the file is the magic and nothing else", GOOD[:6]),
        Case("NP001", "length-cut", "the file ends inside the header's length", GOOD[:9]),
        Case("NP001", "long-length-cut", "the file ends inside the four bytes of a length of version 2", build(literal(F4, "(2, 3)"), version=(2, 0))[:11]),
        Case("NP001", "header-cut", "the file ends inside the header", GOOD[:70]),
        Case("NP001", "length-one-past-end", "the header is one byte longer than the file", build(literal(F4, "(2, 3)"), length=119)),
        Case("NP003", "version-0", "the version is 0.0", array("<f4", (2, 3), DATA, version=(0, 0))),
        Case("NP003", "version-1-1", "the version is 1.1", array("<f4", (2, 3), DATA, version=(1, 1))),
        Case("NP003", "version-4", "the version is 4.0", array("<f4", (2, 3), DATA, version=(4, 0))),
        Case("NP003", "version-255", "the version is 255.255", array("<f4", (2, 3), DATA, version=(255, 255))),
        Case("NP004", "10001-bytes", "the header is one byte longer than allowed", build(literal(F4, "(2, 3)").ljust(10_001), DATA, align=0)),
        Case("NP004", "all-ones", "the header's length is 2^32-1", build(literal(F4, "(2, 3)"), DATA, version=(2, 0), length=2**32 - 1)),
    ]  # fmt: skip


def headers() -> list[Case]:
    good = literal(F4, "(2, 3)")
    return [
        Case("NP005", "empty", "the header is empty", build(b"", DATA, align=0)),
        Case("NP005", "spaces", "the header is spaces", header("")),
        Case("NP005", "no-brace", "the header is no dictionary", header("(2, 3)")),
        Case("NP005", "not-closed", "the dictionary has no closing brace", header(good[:-1])),
        Case("NP005", "code-behind", "a call follows the dictionary", header(good + "; exit()")),
        Case("NP005", "second-dictionary", "a second dictionary follows", header(good + good)),
        Case("NP005", "call-as-order", "fortran_order is a call", header(literal(F4, "(2, 3)", "exit()"))),
        Case("NP005", "order-1", "fortran_order is 1", header(literal(F4, "(2, 3)", "1"))),
        Case("NP005", "order-none", "fortran_order is None", header(literal(F4, "(2, 3)", "None"))),
        Case("NP005", "order-lower-case", "fortran_order is `false`", header(literal(F4, "(2, 3)", "false"))),
        Case("NP005", "order-text", "fortran_order is a string", header(literal(F4, "(2, 3)", "'False'"))),
        Case("NP005", "order-truer", "fortran_order is `Truer`", header(literal(F4, "(2, 3)", "Truer"))),
        Case("NP005", "descr-without-quotes", "descr is a name", header(literal("f4", "(2, 3)"))),
        Case("NP005", "escape", "descr holds an escape", header(literal(r"'\x3cf4'", "(2, 3)"))),
        Case("NP005", "string-not-closed", "a string has no end", header("{'descr: ")),
        Case("NP005", "prefixed-string", "a key is a bytes literal", header("{b'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}")),
        Case("NP005", "no-comma", "a comma is missing between two keys", header("{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}")),
        Case("NP005", "no-colon", "a colon is missing", header("{'descr' '<f4', 'fortran_order': False, 'shape': (2, 3)}")),
        Case("NP005", "latin-1", "a key is not ASCII", header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'é': 1}")),
        Case("NP005", "nul", "a NUL follows the dictionary", header(good + "\0")),
        Case("NP005", "comment", "a comment follows the dictionary", header(good + "# data")),
        Case("NP006", "missing-shape", "the key shape is missing", header("{'descr': '<f4', 'fortran_order': False}")),
        Case("NP006", "missing-all", "the dictionary is empty", header("{}")),
        Case("NP006", "extra", "there is a fourth key", header(good[:-1] + "'x': 1}")),
        Case("NP006", "duplicate", "shape stands twice, differently", header(good[:-1] + "'shape': (3, 2)}")),
        Case("NP006", "duplicate-equal", "descr stands twice, alike", header(good[:-1] + "'descr': '<f4'}")),
        Case("NP006", "upper-case", "a key is written `Shape`", header("{'descr': '<f4', 'fortran_order': False, 'Shape': (2, 3)}")),
    ]  # fmt: skip


def types() -> list[Case]:
    return [
        Case("NP007", "structured", "the elements are records", descr("[('x', '<f4'), ('y', '<f4')]", DATA * 2)),
        Case("NP007", "nested-lists", "descr is a list, nested 4,000 deep", descr("[" * 4000 + "]" * 4000)),
        Case("NP008", "objects", "the elements are a pickle that calls os.system", build(literal("'|O'", "()"), b"\x80\x04cos\nsystem\n(S'id'\ntR.")),
        Case("NP008", "objects-8", "descr is `O8`", descr("'O8'")),
        Case("NP009", "unicode", "the elements are texts", descr("'<U1'")),
        Case("NP009", "bytes", "the elements are byte strings", descr("'|S4'")),
        Case("NP009", "void-1", "the elements are single bytes without a type", descr("'|V1'", bytes(6))),
        Case("NP009", "void-2", "the elements are two bytes without a type, as bfloat16 is saved", descr("'<V2'", bytes(12))),
        Case("NP009", "datetime", "the elements are dates", descr("'<M8[s]'", DATA * 2)),
        Case("NP009", "complex128", "the elements are complex of two doubles", descr("'<c16'", DATA * 4)),
        Case("NP009", "long-double", "the elements are x87 long doubles", descr("'<f16'", DATA * 4)),
        Case("NP009", "int-3", "the elements are integers of three bytes", descr("'<i3'")),
        Case("NP009", "empty", "descr is empty", descr("''")),
        Case("NP009", "order-only", "descr is a byte order and nothing else", descr("'<'")),
        Case("NP009", "repeat", "descr is `3<f4`", descr("'3<f4'", DATA * 3)),
        Case("NP009", "comma", "descr lists two types", descr("'<f4,<f4'", DATA * 2)),
        Case("NP014", "no-order", "descr does not say the byte order", descr("'f4'")),
        Case("NP014", "native-order", "descr says that the order is the writer's own", descr("'=f4'")),
        Case("NP014", "irrelevant-order", "descr says that the order makes no difference to four bytes", descr("'|f4'")),
    ]  # fmt: skip


def shapes() -> list[Case]:
    return [
        Case("NP010", "number", "shape is a number", shape("6")),
        Case("NP010", "number-in-parentheses", "shape is a number in parentheses", shape("(6)")),
        Case("NP010", "list", "shape is a list", shape("[2, 3]")),
        Case("NP010", "nested", "shape is a tuple in a tuple", shape("((2, 3),)")),
        Case("NP010", "nested-4000", "shape is parentheses, 4,000 deep", shape("(" * 4000 + ")" * 4000)),
        Case("NP010", "negative", "a dimension is -1", shape("(-1, 3)")),
        Case("NP010", "negative-twice", "two dimensions are negative, so that their product fits", shape("(-2, -3)")),
        Case("NP010", "float", "a dimension is 2.0", shape("(2.0, 3)")),
        Case("NP010", "hexadecimal", "a dimension is hexadecimal", shape("(0x2, 3)")),
        Case("NP010", "underscore", "a dimension is written `1_0`", shape("(1_0,)")),
        Case("NP010", "leading-zero", "a dimension begins with 0", shape("(02, 3)")),
        Case("NP010", "sum", "a dimension is a sum", shape("(1+1, 3)")),
        Case("NP010", "text", "a dimension is a string", shape("('2', 3)")),
        Case("NP010", "two-commas", "two commas follow each other", shape("(2,, 3)")),
        Case("NP010", "comma-only", "the tuple is a comma", shape("(,)")),
        Case("NP010", "no-comma", "a comma is missing", shape("(2 3)")),
        Case("NP010", "rank-65", "the rank is 65", shape(repr((1,) * 64 + (6,)))),
        Case("NP011", "dimension-2-pow-63", "a dimension is 2^63", shape("(9223372036854775808,)")),
        Case("NP011", "dimension-of-1000-digits", "a dimension has 1,000 digits", shape("(" + "9" * 1000 + ",)")),
        Case("NP011", "product", "the product of the dimensions wraps to 0", shape("(4294967296, 4294967296)")),
        Case("NP011", "bytes", "the element count fits 63 bits, the byte count does not", shape("(4611686018427387904,)")),
        Case("NP011", "product-behind-zero", "dimensions beside a 0 overflow", shape("(0, 4294967296, 4294967296)")),
    ]  # fmt: skip


def sizes() -> list[Case]:
    return [
        Case("NP012", "one-byte-short", "the data lack their last byte", GOOD[:-1]),
        Case("NP012", "no-data", "the file ends behind the header", GOOD[:128]),
        Case("NP012", "terabyte", "the shape takes a tebibyte", shape("(274877906944,)")),
        Case("NP013", "one-more-byte", "a byte follows the data", GOOD + b"\0"),
        Case("NP013", "second-array", "a second array follows, as numpy.save appends it", GOOD + GOOD),
        Case("NP013", "empty-array", "data follow an empty array", shape("(0, 3)")),
        Case("NP016", "odd-header", "the data begin at an odd byte", build(literal(F4, "(2, 3)") + " " * 4, DATA, align=0)),
    ]  # fmt: skip


def archives() -> list[Case]:
    member = lambda **changes: Member("a.npy", GOOD)._replace(**changes)
    other = Member("b.npy", array("<f8", (2,), struct.pack("<2d", 1, 2)))
    one = lambda **changes: zips.build([member(**changes), other])
    zeros = 1 + 258 * 4000
    return [
        Case("NZ001", "readme", "a member is no array", zips.build([member(), Member("README", b"arrays")])),
        Case("NZ001", "no-ending", "an array's member has no ending", zips.build([member(), Member("b", other.data)])),
        Case("NZ002", "texts", "an array holds texts", zips.build([member(), Member("names.npy", array("<U1", (2,), bytes(8)))])),
        Case("NP001", "member-cut", "a member ends inside its header", one(data=GOOD[:70])),
        Case("NP001", "member-empty", "a member is empty", one(data=b"")),
        Case("NP002", "not-an-array", "a member is no array by its bytes", one(data=b"not an array, but long enough")),
        Case("NP008", "objects", "a member is a pickle", one(data=array("|O", (), b"\x80\x04cos\nsystem\n(S'id'\ntR."))),
        Case("NP010", "deflated-bad-shape", "a deflated member's shape is negative", one(data=shape("(-6,)"), deflated=True)),
        Case("NP012", "member-data-short", "a member's data lack their last byte, which the next header would give", one(data=GOOD[:-1])),
        Case("NP012", "deflated-data-short", "a deflated member's data lack their last byte", one(data=GOOD[:-1], deflated=True)),
        Case("NP013", "deflated-data-long", "a byte follows the data of a deflated member", one(data=GOOD + b"\0", deflated=True)),
        Case("NP002", "bomb-of-zeros", "a member is a megabyte of zeros in 7 KB, and no array", zips.build([Member("a.npy", bytes(zeros), True, stream=zips.zeros_stream(zeros))])),
        Case("ZP008", "duplicate", "two members have the same name", zips.build([member(), other._replace(name="a.npy")])),
        Case("ZP016", "bomb-ratio", "a member claims four gibibytes", one(deflated=True, plain_size=2**32 - 2)),
        Case("ZP013", "other-local-name", "a member has another name in its own header", one(local_name=b"c.npy")),
        Case("ZP009", "encrypted", "a member is encrypted", one(flags=1)),
        Case("ZP010", "bzip2", "a member is compressed with bzip2", one(method=12)),
        Case("ZP007", "dotdot", "a member's name leads out of the archive", zips.build([member(), other._replace(name="../b.npy")])),
        Case("ZP018", "deflate-damaged", "a member's deflate stream is damaged at once", one(deflated=True, stream=b"\7" + zips.stored_blocks(GOOD)[1:])),
        Case("ZP001", "cut", "the archive ends inside its directory", zips.build([member(), other])[:-30]),
    ]  # fmt: skip
