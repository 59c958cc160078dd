"""Hostile ONNX models: each is made from the good model of `base` by one change."""

import struct

from .case import Case
from .onnx import attribute, constant, dims, external, floats, graph, integer, message, model, node, packed, raw, tag, tensor, varint
from .plan import Link

DATA = struct.pack("<6f", *range(6))
A = tensor("a", "FLOAT", (2, 3), raw(DATA))
B = tensor("b", "INT64", (2,), packed(7, 1, 2))
BIG = 2**63 - 1


def base(first: bytes = A, *fields: bytes) -> bytes:
    """The good model with another first initialiser, or with further fields in its graph."""
    return model(graph(message(5, first), message(5, B), *fields))


def beside(location: str | bytes, **files: bytes | Link) -> dict[str, bytes | Link]:
    """A model whose first tensor lies in a file, and files."""
    return {"model.onnx": base(outside(("location", location))), **{name.replace("_", "."): data for name, data in files.items()}}


def outside(*pairs: tuple[str | bytes, str | bytes], **changes) -> bytes:
    return tensor("a", "FLOAT", (2, 3), external(*pairs, **changes))


def one(*data: bytes, type: str | int = "FLOAT", shape: tuple[int, ...] = (2, 3), name: str | bytes = "a") -> bytes:
    return base(tensor(name, type, shape, *data))


def nested(count: int) -> bytes:
    """A model whose tensor stands in `count` graphs, each in an attribute of the next."""
    inner = message(5, A)
    for _ in range(count):
        inner = message(1, message(4, "If"), message(5, message(1, "g"), message(6, inner)))
    return model(message(7, inner))


GOOD = base()


def cases() -> list[Case]:
    return [*wire(), *model_fields(), *names_and_types(), *shapes(), *data(), *outside_data()]


def wire() -> list[Case]:
    return [
        Case("OX003", "half", "the file ends in its middle", GOOD[: len(GOOD) // 2]),
        Case("OX003", "one-byte-short", "the file lacks its last byte", GOOD[:-1]),
        Case("OX003", "graph-one-past-end", "the graph is one byte longer than the file", model(opset=None) + message(7, message(5, A), length=len(message(5, A)) + 1)),
        Case("OX003", "length-2-pow-63", "the graph's length is 2^63", model(opset=None) + tag(7, 2) + varint(2**63) + message(5, A)),
        Case("OX003", "length-all-ones", "the graph's length is 2^64-1", model(opset=None) + tag(7, 2) + varint(2**64 - 1) + message(5, A)),
        Case("OX003", "tensor-past-graph", "a tensor is longer than its graph, but not than the file", model(graph(tag(5, 2) + varint(200) + A)) + bytes([0x32, 200, 1]) + b"d" * 200),
        Case("OX003", "raw-data-past-tensor", "raw_data is longer than its tensor", one(message(9, DATA, length=25))),
        Case("OX003", "packed-varint-cut", "the last number of int64_data is cut off", one(message(7, b"\1\xff"), type="INT64", shape=(2,))),
        Case("OX004", "varint-of-11-bytes", "a varint has 11 bytes", model(b"\x28" + b"\xff" * 10 + b"\1", graph(message(5, A)))),
        Case("OX004", "varint-over-64-bits", "a varint of ten bytes has more than 64 bits", model(b"\x28" + b"\xff" * 9 + b"\2", graph(message(5, A)))),
        Case("OX004", "group", "a graph holds a group", base(A, tag(17, 3) + integer(1, 1) + tag(17, 4))),
        Case("OX004", "groups-20000-deep", "a graph holds groups, 20,000 deep", base(A, tag(17, 3) * 20_000 + tag(17, 4) * 20_000)),
        Case("OX004", "group-end", "a group ends that never began", base(A, tag(17, 4))),
        Case("OX004", "wire-type-6", "a field has the wire type 6", base(A, tag(17, 6))),
        Case("OX004", "field-0", "a field has the number 0", base(A, tag(0, 0) + b"\0")),
        Case("OX004", "field-2-pow-29", "a field has the number 2^29", base(A, tag(2**29, 0) + b"\0")),
        Case("OX005", "constant-as-varint", "a Constant node's value_float is a varint", base(A, node("Constant", attribute("value_float", integer(2, 1)), output="c"))),
        Case("OX005", "graph-as-varint", "the graph is a varint", model(integer(7, 1))),
        Case("OX005", "tensor-as-varint", "an initialiser is a varint", base(A, integer(5, 1))),
        Case("OX005", "name-as-varint", "a tensor's name is a varint", base(dims(2, 3) + integer(2, 1) + integer(8, 1) + raw(DATA))),
        Case("OX005", "raw-data-as-float", "raw_data is four bytes without a length", one(tag(9, 5) + bytes(4), shape=(1,))),
        Case("OX005", "float-data-as-double", "float_data holds doubles", one((tag(4, 1) + bytes(8)) * 6)),
        Case("OX005", "data-type-as-text", "data_type is a text", base(dims(2, 3) + message(2, "FLOAT") + message(8, "a") + raw(DATA))),
        Case("OX006", "two-graphs", "there are two graphs", model(graph(message(5, A)), graph(message(5, B)))),
        Case("OX006", "two-types", "a tensor has two data types", one(integer(2, 6), raw(DATA))),
        Case("OX006", "two-raw-data", "a tensor has raw_data twice", one(raw(DATA), raw(DATA[::-1]))),
        Case("OX006", "two-names", "a tensor has two names", one(message(8, "c"), raw(DATA))),
        Case("OX006", "two-values", "an attribute has two tensors", base(A, node("Constant", attribute("value", message(5, A), message(5, B)), output="c"))),
        Case("OX007", "depth-33", "a tensor lies in 33 graphs, over 100 messages deep", nested(33)),
        Case("OX007", "depth-1000", "a tensor lies in 1,000 graphs", nested(1000)),
    ]  # fmt: skip


def model_fields() -> list[Case]:
    return [
        Case("OX001", "no-graph", "the model has no graph", model()),
        Case("OX027", "no-ir-version", "the ir_version is missing", model(graph(message(5, A)), ir=None)),
        Case("OX027", "no-opset", "there is no opset_import", model(graph(message(5, A)), opset=None)),
    ]  # fmt: skip


def names_and_types() -> list[Case]:
    twice = base(A, message(5, tensor("a", "INT8", (1,), raw(b"\1"))))
    return [
        Case("OX008", "empty", "a tensor's name is empty", one(raw(DATA), name="")),
        Case("OX008", "missing", "a tensor has no name", base(dims(2, 3) + integer(2, 1) + raw(DATA))),
        Case("OX008", "nul", "a tensor's name holds a NUL", one(raw(DATA), name="a\0b")),
        Case("OX008", "escape", "a tensor's name holds an escape character", one(raw(DATA), name="a\x1b[2Jb")),
        Case("OX008", "not-utf-8", "a tensor's name is not UTF-8", one(raw(DATA), name=b"a\xff")),
        Case("OX008", "65536-bytes", "a tensor's name has 65,536 bytes", one(raw(DATA), name="a" * 65_536)),
        Case("OX008", "constant-without-output", "the value that a Constant node makes has no name", base(A, message(1, message(2, ""), message(4, "Constant"), attribute("value", message(5, A))))),
        Case("OX008", "path-too-long", "the names of the nodes around a tensor have over 1,024 bytes", base(A, node("If", attribute("t" * 900, message(6, node("If", attribute("e" * 900, message(6, message(5, A)))))), name="n"))),
        Case("OX009", "two-initialisers", "two initialisers have the same name, and other types", twice),
        Case("OX009", "initialiser-and-constant", "an initialiser and a constant have the same name", base(A, constant("a", A))),
        Case("OX010", "undefined", "a tensor's data type is 0, undefined", one(raw(DATA), type=0)),
        Case("OX010", "missing", "a tensor has no data type", base(dims(2, 3) + message(8, "a") + raw(DATA))),
        Case("OX010", "29", "a tensor's data type is 29", one(raw(DATA), type=29)),
        Case("OX010", "negative", "a tensor's data type is -1", one(raw(DATA), type=-1)),
        Case("OX011", "complex128", "a tensor is of complex numbers of two doubles", one(raw(bytes(96)), type="COMPLEX128")),
        Case("OX011", "int4", "a tensor is of 4-bit integers", one(raw(bytes(3)), type="INT4")),
        Case("OX011", "uint4", "a tensor is of unsigned 4-bit integers", one(raw(bytes(3)), type="UINT4")),
        Case("OX012", "texts", "a tensor is of texts", one(message(6, "x"), message(6, "y"), type="STRING", shape=(2,))),
        Case("OX020", "segment", "a tensor is a segment of one", one(message(3, integer(1, 0), integer(2, 6)), raw(DATA))),
        Case("OX026", "sparse", "an initialiser is sparse", base(A, message(15, message(1, tensor("s", "FLOAT", (2,), raw(DATA[:8]))), message(2, tensor("", "INT64", (2,), packed(7, 1, 5))), integer(3, 9)))),
    ]  # fmt: skip


def shapes() -> list[Case]:
    return [
        Case("OX013", "minus-one", "a dimension is -1", one(raw(DATA), shape=(-1, 6))),
        Case("OX013", "two-negative", "two dimensions are negative, so that their product fits", one(raw(DATA), shape=(-2, -3))),
        Case("OX013", "rank-65", "a tensor has 65 dimensions", one(raw(DATA), shape=(1,) * 64 + (6,))),
        Case("OX013", "rank-20000-packed", "a tensor has 20,000 dimensions in one packed run", base(packed(1, *[1] * 20_000) + tensor("a", "FLOAT", (), raw(DATA[:4])))),
        Case("OX014", "product-wraps-to-0", "the product of the dimensions wraps to 0", one(raw(b""), shape=(2**32, 2**32))),
        Case("OX014", "product-wraps-to-6", "the product of the dimensions wraps to 6", one(raw(DATA), shape=(3, 2**62 + 2, 4))),
        Case("OX014", "bytes", "the element count fits 63 bits, the byte count does not", one(raw(DATA), shape=(2**61,))),
        Case("OX014", "behind-zero", "dimensions beside a 0 overflow", one(raw(b""), shape=(0, BIG, 2))),
        Case("OX019", "odd-fp4", "three 4-bit floats do not fill bytes", one(raw(b"\0\0"), type="FLOAT4E2M1", shape=(3,))),
    ]  # fmt: skip


def data() -> list[Case]:
    return [
        Case("OX015", "none", "a tensor has no data", one()),
        Case("OX015", "raw-and-float", "a tensor has raw_data and float_data", one(raw(DATA), floats(4, *range(6)))),
        Case("OX015", "float-and-int32", "a tensor has float_data and int32_data", one(floats(4, *range(6)), packed(5, *range(6)))),
        Case("OX015", "raw-and-external", "a tensor has raw_data and external data", one(raw(DATA), external(("location", "w.bin")))),
        Case("OX015", "external-without-location", "a tensor has external_data, its data_location is missing", base(outside(("location", "w.bin"), location=None))),
        Case("OX015", "sparse-without-indices", "a sparse tensor has no indices", base(A, message(15, message(1, tensor("s", "FLOAT", (2,), raw(DATA[:8]))), integer(3, 9)))),
        Case("OX016", "float-in-double-data", "floats stand in double_data", one(message(10, struct.pack("<6d", *range(6))))),
        Case("OX016", "int64-in-int32-data", "64-bit integers stand in int32_data", one(packed(5, *range(6)), type="INT64")),
        Case("OX016", "uint32-in-int32-data", "unsigned 32-bit integers stand in int32_data", one(packed(5, *range(6)), type="UINT32")),
        Case("OX017", "raw-short", "raw_data lacks its last byte", one(raw(DATA[:-1]))),
        Case("OX017", "raw-long", "raw_data has a byte too many", one(raw(DATA + b"\0"))),
        Case("OX017", "raw-empty", "raw_data is empty", one(raw(b""))),
        Case("OX017", "float-data-short", "float_data lacks a number", one(floats(4, *range(5)))),
        Case("OX017", "float-data-partial", "float_data ends inside a number", one(message(4, DATA[:-1]))),
        Case("OX017", "int32-data-short", "int32_data lacks a number", one(packed(5, *range(5)), type="INT32")),
        Case("OX017", "int64-data-long", "int64_data has a number too many", one(packed(7, *range(7)), type="INT64")),
        Case("OX017", "constant-without-number", "a Constant node's value_float holds none", base(A, node("Constant", attribute("value_float", integer(20, 1)), output="c"))),
        Case("OX017", "constant-with-two", "a Constant node's value_int holds two", base(A, node("Constant", attribute("value_int", integer(3, 1), integer(3, 2)), output="c"))),
        Case("OX017", "single-numbers-short", "float_data, number by number, lacks one", one((tag(4, 5) + bytes(4)) * 5)),
        Case("OX018", "bool-2", "a boolean is 2", one(packed(5, 0, 1, 2, 0, 1, 0), type="BOOL")),
        Case("OX018", "int8-128", "an 8-bit integer is 128", one(packed(5, 128, 0, 0, 0, 0, 0), type="INT8")),
        Case("OX018", "uint8-minus-1", "an unsigned integer is -1", one(packed(5, -1, 0, 0, 0, 0, 0), type="UINT8")),
        Case("OX018", "f16-17-bits", "the bits of a half are 65,536", one(packed(5, 65536, 0, 0, 0, 0, 0), type="FLOAT16")),
        Case("OX018", "int32-33-bits", "a 32-bit integer is 2^31", one(packed(5, 2**31, 0, 0, 0, 0, 0), type="INT32")),
        Case("OX018", "uint32-2-pow-32", "an unsigned 32-bit integer is 2^32", one(packed(11, 2**32, 0, 0, 0, 0, 0), type="UINT32")),
    ]  # fmt: skip


def outside_data() -> list[Case]:
    good = {"w_bin": DATA}
    entry = lambda *pairs: {"model.onnx": base(outside(*pairs)), "w.bin": DATA}
    at = lambda offset, length="24": entry(("location", "w.bin"), ("offset", offset), ("length", length))
    shifted = base(outside(("location", "w.bin")), message(5, tensor("c", "FLOAT", (3,), external(("location", "w.bin"), ("offset", "16")))))
    return [
        Case("OX021", "dotdot", "the location is `../w.bin`", beside("../w.bin", **good)),
        Case("OX021", "dotdot-inside", "the location is `x/../../w.bin`", beside("x/../../w.bin", **good)),
        Case("OX021", "dot", "the location is `x/./w.bin`", beside("x/./w.bin", **good)),
        Case("OX021", "absolute", "the location is absolute", beside("/etc/passwd")),
        Case("OX021", "backslash", "the location is `..\\w.bin`", beside("..\\w.bin")),
        Case("OX021", "drive", "the location is `C:w.bin`", beside("C:w.bin")),
        Case("OX021", "unc", "the location is a path on a server", beside("\\\\server\\share\\w.bin")),
        Case("OX021", "empty", "the location is empty", beside("")),
        Case("OX021", "nul", "the location holds a NUL", beside("w.bin\0.txt", **good)),
        Case("OX021", "link-out", "the location is a link that leads out of the folder", beside("w.bin", w_bin=Link("../../../README.md"))),
        Case("OX021", "itself", "the location is the model", beside("model.onnx")),
        Case("OX022", "missing", "the file is missing", beside("w.bin")),
        Case("OX022", "folder", "the location is a folder", {**beside("w.bin"), "w.bin/data": DATA}),
        Case("OX022", "link-to-nothing", "the location is a link to nothing", beside("w.bin", w_bin=Link("gone.bin"))),
        Case("OX023", "no-location", "the location is missing", entry(("offset", "0"))),
        Case("OX023", "no-entries", "external_data is empty", entry()),
        Case("OX023", "two-locations", "the location stands twice", entry(("location", "w.bin"), ("location", "x.bin"))),
        Case("OX023", "offset-negative", "the offset is -4", at("-4")),
        Case("OX023", "offset-hexadecimal", "the offset is 0x0", at("0x0")),
        Case("OX023", "offset-empty", "the offset is empty", at("")),
        Case("OX023", "offset-2-pow-64", "the offset is 2^64", at("18446744073709551616")),
        Case("OX023", "length-float", "the length is 24.0", at("0", "24.0")),
        Case("OX023", "location-2", "data_location is 2", {"model.onnx": base(outside(("location", "w.bin"), location=2)), "w.bin": DATA}),
        Case("OX023", "not-utf-8", "the location is not UTF-8", beside(b"w\xff.bin")),
        Case("OX024", "offset-past-end", "the data begin behind the file's end", at("25")),
        Case("OX024", "one-byte-past-end", "the data end one byte behind the file's end", at("1")),
        Case("OX024", "offset-2-pow-63-less-1", "offset and length overflow", at(str(BIG))),
        Case("OX024", "file-empty", "the file is empty", beside("w.bin", w_bin=b"")),
        Case("OX017", "length-short", "the length is less than the tensor takes", at("0", "20")),
        Case("OX025", "overlap", "two tensors share a part of their bytes", {"model.onnx": shifted, "w.bin": DATA + bytes(4)}),
    ]  # fmt: skip
