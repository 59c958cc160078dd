"""PyTorch files in both containers, and the good samples."""

import struct

from . import zipfile
from .numbers import Random, encode
from .pickles import call, dictionary, integer, list_of, name, ordered, pickle, storage, tensor, text, tuple_of
from .safetensors import Tensor
from .zipfile import Entry

MAGIC = pickle(b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")
VERSION = pickle(integer(1001))
FACTS = pickle(
    dictionary(
        {
            "protocol_version": integer(1001),
            "little_endian": b"\x88",
            "type_sizes": dictionary({"short": integer(2), "int": integer(4), "long": integer(4)}),
        }
    )
)


def floats(count: int, tag: str = "a") -> bytes:
    return numbers(count, tag, "F32")


def numbers(count: int, tag: str, dtype: str) -> bytes:
    random = Random(f"pytorch-{tag}")
    return encode([random.normal() for _ in range(count)], dtype)


A, B = floats(6), floats(2, "b")
STORAGES = {"0": A, "1": B}
TENSORS = {"a": tensor(storage("0", 6), [2, 3], [3, 1]), "b": tensor(storage("1", 2), [2], [1])}
OBJECT = pickle(ordered(TENSORS))


def entries(data: bytes = OBJECT, storages: dict[str, bytes] = STORAGES, **records: bytes) -> list[Entry]:
    """The entries of an archive; `records` replaces or adds small ones, and an empty one is left out."""
    texts = {"version": b"3\n", "byteorder": b"little"} | records
    return [
        Entry("archive/data.pkl", data),
        *(Entry(f"archive/{record}", value) for record, value in texts.items() if value),
        *(padded(f"archive/data/{key}", value) for key, value in storages.items()),
    ]


def padded(entry_name: str, data: bytes) -> Entry:
    """A storage with the extra field that PyTorch pads with; here to any length."""
    return Entry(entry_name, data, extra=b"FB" + struct.pack("<H", 6) + b"Z" * 6)


def archive(data: bytes = OBJECT, storages: dict[str, bytes] = STORAGES, **records: bytes) -> bytes:
    return zipfile.build(entries(data, storages, **records))


def legacy(
    data: bytes = OBJECT, storages: dict[str, bytes] = STORAGES, *, magic: bytes = MAGIC, version: bytes = VERSION,
    facts: bytes = FACTS, keys: bytes | None = None, width: int = 4,
) -> bytes:
    """The old container: five pickles, then each storage with its number of elements."""
    if keys is None:
        keys = pickle(list_of(*map(text, storages)))
    body = b"".join(struct.pack("<Q", len(value) // width) + value for value in storages.values())
    return magic + version + facts + data + keys + body


STORAGE_OF = {"F32": "FloatStorage", "BF16": "BFloat16Storage", "F16": "HalfStorage", "I64": "LongStorage", "U8": "ByteStorage"}


def row_major(shape: tuple[int, ...]) -> list[int]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= max(size, 1)
    return strides


def state_dict(tensors: list[Tensor]) -> bytes:
    """A `pytorch_model.bin` of contiguous tensors, each with a storage of its own."""
    described, data = {}, {}
    for number, it in enumerate(tensors):
        count = 1
        for size in it.shape:
            count *= size
        source = storage(str(number), count, STORAGE_OF[it.dtype])
        described[it.name] = tensor(source, list(it.shape), row_major(it.shape))
        data[str(number)] = it.data
    return archive(pickle(ordered(described)), data)


def files() -> dict[str, bytes]:
    bf16 = numbers(6, "h", "BF16")
    swapped = b"".join(A[index : index + 4][::-1] for index in range(0, 24, 4))
    views = {
        "whole": tensor(storage("0", 6), [2, 3], [3, 1]),
        "transposed": tensor(storage("0", 6), [3, 2], [1, 3]),
        "tied": tensor(storage("0", 6), [2, 3], [3, 1]),
        "tail": tensor(storage("0", 6), [2], [1], 4),
        "expanded": tensor(storage("0", 6), [4, 3], [0, 1]),
    }
    state = {
        "state_dict": ordered({"layer.weight": TENSORS["a"], "layer.bias": TENSORS["b"]}),
        "optimizer": dictionary(
            {
                "state": dictionary([(integer(0), dictionary({"step": tensor(storage("2", 1), [], []), "exp_avg": TENSORS["a"]}))]),
                "param_groups": list_of(dictionary({"lr": b"G" + struct.pack(">d", 0.001), "params": list_of(integer(0))})),
            }
        ),
        "epoch": integer(3),
        "name": text("run"),
        "half": tensor(storage("3", 6, "BFloat16Storage"), [3, 2], [2, 1]),
        "options": name("argparse", "Namespace") + b")\x81" + dictionary({"layers": integer(2)}) + b"b",
        "best": call(
            "numpy.core.multiarray", "scalar",
            call("numpy", "dtype", text("f4"), b"\x89", b"\x88") + tuple_of(integer(3), text("<"), b"NNN", integer(-1), integer(-1), integer(0)) + b"b",
            call("_codecs", "encode", text("\x00\x00\xc0?"), text("latin1")),
        ),
    }  # fmt: skip
    all_storages = STORAGES | {"2": floats(1, "c"), "3": bf16}
    deflated = [entry._replace(method=8, extra=b"") for entry in entries()]
    described = [
        entry._replace(flags=8, local={"crc": 0, "stored": 0, "plain": 0}, descriptor=descriptor(entry)) for entry in entries()
    ]
    parameter = call("torch._utils", "_rebuild_parameter", TENSORS["a"], b"\x88", name("collections", "OrderedDict") + b")R")
    return {
        "plain.pt": archive(),
        "plain-legacy.pt": legacy(),
        "views.pt": archive(pickle(ordered(views)), {"0": A}),
        "views-legacy.pt": legacy(pickle(ordered(views)), {"0": A}),
        "state.pt": archive(pickle(dictionary(state)), all_storages),
        "deflated.pt": zipfile.build(deflated),
        "big-endian.pt": archive(pickle(ordered({"a": TENSORS["a"]})), {"0": swapped}, byteorder=b"big"),
        "descriptors.pt": zipfile.build(described),
        "comment.pt": zipfile.build(entries(), comment=b"made by hand"),
        "bare.pt": archive(pickle(TENSORS["a"]), {"0": A}),
        "zip64.pt": zipfile.build(entries(), zip64=True),
        "no-byteorder.pt": archive(byteorder=b""),
        "parameter.pt": archive(pickle(ordered({"p": parameter})), {"0": A}),
        "protocol-4.pt": archive(protocol_4()),
        "empty.pt": archive(pickle(ordered({"e": tensor(storage("0", 0), [0, 3], [3, 1]), "b": TENSORS["b"]})), {"0": b"", "1": B}),
        "end-record-in-tensor.pt": archive(storages={"0": b"PK\5\6" + A[4:], "1": B}),
        "script.pt": archive(script(), **{"constants.pkl": pickle(b")"), "code/__torch__/m.py": b"class M(Module):\n  pass\n"}),
    }  # fmt: skip


def descriptor(entry: Entry) -> bytes:
    values = zipfile.fields(entry, 0)
    return struct.pack("<4s3I", b"PK\7\x08", values["crc"], values["stored"], values["plain"])


def short(value: str) -> bytes:
    """A text of protocol 4."""
    return b"\x8c" + bytes([len(value)]) + value.encode("utf-8")


def protocol_4() -> bytes:
    """The object with the instructions of protocol 4: a frame, MEMOIZE, STACK_GLOBAL."""
    body = OBJECT[2:-1]
    for module, attribute in [("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"), ("torch", "FloatStorage")]:
        body = body.replace(name(module, attribute), short(module) + short(attribute) + b"\x93")
    body = b"}\x94" + text("t") + body + b"s."
    return b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body


def script() -> bytes:
    module = name("__torch__.m", "M") + b")\x81" + dictionary({"training": b"\x89", "weight": TENSORS["a"], "bias": TENSORS["b"]}) + b"b"
    return pickle(module)
