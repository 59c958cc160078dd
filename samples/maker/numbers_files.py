"""Good .npy files, .npz archives and ONNX models: no error and no warning."""

import struct

from . import npy, onnx, zips
from .numbers import Random, encode
from .onnx import attribute, constant, external, floats, graph, integer, message, model, node, packed, raw, tag, tensor
from .plan import Tree

# descr without its byte order -> bytes an element
NUMPY = {"b1": 1, "i1": 1, "u1": 1, "i2": 2, "u2": 2, "i4": 4, "u4": 4, "i8": 8, "u8": 8, "f2": 2, "f4": 4, "f8": 8, "c8": 8}
FLOATS = {"f2": "F16", "f4": "F32", "f8": "F64", "c8": "F32"}


def everything() -> Tree:
    tree: Tree = {f"good/npy/{name}.npy": data for name, data in npy_files().items()}
    tree |= {f"good/npz/{name}.npz": data for name, data in npz_files().items()}
    tree |= {f"good/onnx/{name}": data for name, data in onnx_files().items()}
    return tree


def numbers(seed: str, code: str, count: int) -> bytes:
    """Seeded little-endian numbers: finite floats, 0 and 1 as booleans, any integers."""
    random, width = Random(seed), NUMPY[code]
    if code in FLOATS:
        return encode([random.normal() for _ in range(count * (2 if code == "c8" else 1))], FLOATS[code])
    data = random.bytes(count * width)
    return bytes(byte & 1 for byte in data) if code == "b1" else data


def swapped(data: bytes, width: int) -> bytes:
    return b"".join(data[at : at + width][::-1] for at in range(0, len(data), width))


def f4(seed: str, *shape: int, order: str = "False", **changes) -> bytes:
    count = 1
    for extent in shape:
        count *= extent
    return npy.array("<f4", shape, numbers(seed, "f4", count), order, **changes)


def npy_files() -> dict[str, bytes]:
    files = {f"type-{code}": npy.array(("|" if width == 1 else "<") + code, (2, 3), numbers(code, code, 6)) for code, width in NUMPY.items()}
    for code in ("i2", "u4", "f4", "f8", "c8"):
        width = 4 if code == "c8" else NUMPY[code]
        files[f"big-endian-{code}"] = npy.array(">" + code, (2, 3), swapped(numbers(code, code, 6), width))
    return files | {
        "scalar": f4("scalar"),
        "one-dimension": f4("one", 5),
        "empty": f4("empty", 0, 3),
        "rank-64": npy.build(npy.literal("'<f4'", repr((1,) * 63 + (2,))), numbers("deep", "f4", 2)),
        "version-2": f4("version", 2, 3, version=(2, 0)),
        "version-3": f4("version", 2, 3, version=(3, 0)),
        "aligned-to-16": f4("old", 2, 3, align=16),
        "fortran": f4("fortran", 2, 3, 4, order="True"),
        "fortran-vector": f4("vector", 6, order="True"),
        "fortran-empty": f4("none", 0, 3, order="True"),
        "fortran-big-endian": npy.array(">f4", (3, 2), swapped(numbers("both", "f4", 6), 4), "True"),
        "python-2": npy.build("{'shape': (2L, 3L), 'fortran_order': False, 'descr': '<f4'}", numbers("python", "f4", 6)),
        "double-quotes": npy.build('{"descr":"<f4","fortran_order":False,"shape":(2,3)}', numbers("quotes", "f4", 6)),
        "header-of-10000-bytes": npy.build(npy.literal("'<f4'", "(2, 3)").ljust(9_999) + "\n", numbers("long", "f4", 6), version=(2, 0), align=0),
    }  # fmt: skip


def npz_files() -> dict[str, bytes]:
    members = lambda deflated: [
        zips.Member("weight.npy", f4("weight", 4, 3), deflated),
        zips.Member("bias.npy", npy.array(">f8", (3,), swapped(numbers("bias", "f8", 3), 8)), deflated),
        zips.Member("layers/0/kernel.npy", f4("kernel", 3, 5, order="True"), deflated),
        zips.Member("step.npy", npy.array("<i8", (), numbers("step", "i8", 1)), deflated),
        zips.Member("empty.npy", f4("empty", 0, 2), deflated),
    ]
    zeros = npy.array("|u1", (258 * 40,), bytes(258 * 40))
    return {
        "stored": zips.build(members(False)),
        "deflated": zips.build(members(True)),
        "mixed": zips.build(members(False)[:2] + members(True)[2:]),
        "deflated-in-small-blocks": zips.build([zips.Member("zeros.npy", zeros, True, stream=zips.stored_blocks(zeros, 100))]),
    }  # fmt: skip


def onnx_files() -> dict[str, bytes]:
    return {
        "raw-types.onnx": raw_types(),
        "typed-fields.onnx": typed_fields(),
        "single-numbers.onnx": single_numbers(),
        "subgraphs.onnx": subgraphs(),
        "constants.onnx": constants(),
        "bare-constants.onnx": bare_constants(),
        "empty-and-scalar.onnx": model(graph(*tensors(("scalar", "FLOAT", (), floats(4, 1.5)), ("none", "FLOAT", (0, 3)), ("raw-none", "INT8", (0,), raw(b""))))),
        "metadata.onnx": metadata(),
        "graph-first.onnx": graph(*tensors(("a", "FLOAT", (2,), floats(4, 1, 2)))) + message(8, integer(2, 21)) + integer(1, 10),
        "unknown-fields.onnx": model(message(999, "later"), graph(*tensors(("a", "FLOAT", (2,), floats(4, 1, 2), tag(77, 1) + bytes(8))), tag(78, 5) + bytes(4))),
        "external/model.onnx": outside(),
        "external/weights.bin": Random("external").bytes(4096 + 24),
        "external/more/data": Random("more").bytes(16),
    }  # fmt: skip


def tensors(*fields: tuple) -> list[bytes]:
    return [message(5, tensor(name, type, shape, *data)) for name, type, shape, *data in fields]


def raw_types() -> bytes:
    kinds = [(name, size) for name, (_, size) in onnx.TYPES.items() if name not in ("STRING", "COMPLEX128", "INT4", "UINT4")]
    fields = []
    for name, size in kinds:
        data = Random(name).bytes(int(size * 6))
        exact = {"BOOL": bytes(byte & 1 for byte in data), "FLOAT": encode([0.5] * 6, "F32"), "DOUBLE": encode([0.25] * 6, "F64"),
                 "FLOAT16": encode([1.5] * 6, "F16"), "BFLOAT16": encode([1.5] * 6, "BF16"), "COMPLEX64": encode([0.125] * 12, "F32")}  # fmt: skip
        small = bytes(byte & 0x37 for byte in data) if name.startswith("FLOAT8") else data
        fields.append((name.lower(), name, (2, 3), raw(exact.get(name, small))))
    return model(graph(*tensors(*fields)))


def typed_fields() -> bytes:
    return model(
        graph(
            *tensors(
                ("float", "FLOAT", (2, 3), floats(4, 0, 1, -2, 0.5, 3, 4)),
                ("complex", "COMPLEX64", (2,), floats(4, 1, 2, 3, 4)),
                ("double", "DOUBLE", (2,), message(10, struct.pack("<2d", 1.5, -2))),
                ("int8", "INT8", (3,), packed(5, -128, 0, 127)),
                ("uint8", "UINT8", (3,), packed(5, 0, 128, 255)),
                ("int16", "INT16", (2,), packed(5, -32768, 32767)),
                ("uint16", "UINT16", (2,), packed(5, 0, 65535)),
                ("int32", "INT32", (3,), packed(5, -(2**31), 0, 2**31 - 1)),
                ("int64", "INT64", (3,), packed(7, -(2**63), 0, 2**63 - 1)),
                ("uint32", "UINT32", (2,), packed(11, 0, 2**32 - 1)),
                ("uint64", "UINT64", (2,), packed(11, 0, 2**64 - 1)),
                ("bool", "BOOL", (3,), packed(5, 1, 0, 1)),
                ("half", "FLOAT16", (2,), packed(5, 0x3C00, 0xC000)),
                ("bfloat", "BFLOAT16", (2,), packed(5, 0x3F80, 0xC000)),
                ("float8", "FLOAT8E4M3FN", (2,), packed(5, 0x38, 0xC0)),
                ("float4", "FLOAT4E2M1", (4,), packed(5, 0x21, 0x43)),
            )
        )
    )


def single_numbers() -> bytes:
    """Numbers behind tags of their own, and packed runs in several pieces, with other fields between."""
    single = tag(4, 5) + struct.pack("<f", 1) + tag(4, 5) + struct.pack("<f", 2)
    doc = message(12, "between")
    return model(
        graph(
            *tensors(
                ("float", "FLOAT", (2,), single),
                ("mixed", "FLOAT", (5,), single, doc, floats(4, 3, 4, 5)),
                ("runs", "DOUBLE", (3,), message(10, struct.pack("<d", 1)), doc, message(10, struct.pack("<2d", 2, 3))),
                ("int64", "INT64", (4,), integer(7, -1), doc, packed(7, 2, 3), integer(7, 4)),
                ("half", "FLOAT16", (2,), integer(5, 0x3C00), integer(5, 0x4000)),
            ),
            # Dimensions may be packed too.
            message(5, packed(1, 2, 3) + integer(2, 3) + message(8, "packed-dims") + raw(bytes(range(6)))),
        )
    )


def subgraphs() -> bytes:
    leaf = lambda seed: message(5, tensor("weight", "FLOAT", (2,), raw(encode([0.5, 1], "F32")))) + message(2, seed)
    inner = node("If", attribute("then_branch", message(6, leaf("a"))), attribute("else_branch", message(6, leaf("b"))), name="inner")
    outer = node("If", attribute("then_branch", message(6, leaf("c") + inner)), attribute("else_branch", message(6, leaf("d"))))
    graphs = node("Custom", attribute("bodies", message(11, leaf("e")), message(11, leaf("f"))), name="custom")
    body = constant("threshold", tensor("", "FLOAT", (), floats(4, 0.5)))
    function = message(25, message(1, "gate"), message(7, body[2:]), message(10, "tandem"))
    return model(graph(outer, graphs, *tensors(("weight", "FLOAT", (2,), floats(4, 1, 2)))), function)


def constants() -> bytes:
    one = tensor("", "INT64", (1,), packed(7, 3))
    fill = attribute("value", message(5, tensor("", "FLOAT", (1,), floats(4, 0))))
    several = attribute("tables", message(10, tensor("", "INT8", (2,), raw(b"\1\2"))), message(10, tensor("", "INT8", (1,), raw(b"\3"))))
    return model(
        graph(
            constant("axes", one),
            node("ConstantOfShape", fill),
            node("ConstantOfShape", fill, name="fill"),
            node("ConstantOfShape", fill, name="fill"),
            node("Lookup", several, name="lookup"),
            # Another domain's operator of that name is not ONNX's.
            node("Constant", attribute("value", message(5, one)), message(7, "custom"), name="other", output="elsewhere"),
        )
    )


def bare_constants() -> bytes:
    """Constant nodes that hold numbers without a tensor around them, packed and each behind a tag of its own."""
    bare = lambda name, *fields: node("Constant", attribute(f"value_{name}", *fields), output=name)
    # In a function a number may be that of the function's attribute.
    named = node("Constant", attribute("value_float", message(21, "alpha"), integer(20, 1)), output="c")
    return model(
        graph(
            bare("float", tag(2, 5) + struct.pack("<f", 0.5)),
            bare("int", integer(3, -7)),
            bare("floats", *(tag(7, 5) + struct.pack("<f", value) for value in (1, -2, 0.25))),
            bare("ints", integer(8, 3), integer(8, -(2**63)), packed(8, 2**63 - 1, 0)),
            node("Constant", attribute("value_floats", floats(7, 3, 4)), output="packed"),
            node("Reshape", attribute("allowzero", integer(3, 1))),
        ),
        message(25, message(1, "scaled"), message(6, "alpha"), message(7, named[2:]), message(10, "tandem")),
    )


def metadata() -> bytes:
    property = lambda key, value: message(14, message(1, key), message(2, value))
    return (
        integer(1, 8) + message(2, "maker") + message(3, "1.2") + message(4, "org.example") + integer(5, 7) + message(6, "a text")
        + graph(*tensors(("a", "FLOAT", (2,), floats(4, 1, 2))), name="net")
        + message(8, message(1, ""), integer(2, 17)) + message(8, message(1, "com.example"), integer(2, 1))
        + property("licence", "Apache-2.0") + property("note", "Ünïcode ✓")
    )  # fmt: skip


def outside() -> bytes:
    lies = lambda location, *pairs: external(("location", location), *pairs)
    return model(
        graph(
            *tensors(
                ("a", "FLOAT", (2, 3), lies("weights.bin", ("offset", "4096"), ("length", "24"))),
                ("b", "INT8", (16,), lies("./more/data", ("length", "16"), ("checksum", "0"))),
                ("c", "UINT8", (1024,), lies("weights.bin")),
                ("tied", "UINT8", (1024,), lies("weights.bin", ("offset", "0"))),
                ("inside", "FLOAT", (1,), floats(4, 1)),
            )
        )
    )
