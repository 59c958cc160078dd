"""A small GGUF builder that can also state what is not so.

    "GGUF" | u32 version | u64 tensor count | u64 key count | keys and values | tensor infos | padding | tensor data
"""

import struct
from typing import NamedTuple

from .numbers import Random

# Element types: name -> (id, elements of a block, bytes of a block).
TYPES = {
    "F32": (0, 1, 4), "F16": (1, 1, 2), "Q4_0": (2, 32, 18), "Q4_1": (3, 32, 20), "Q5_0": (6, 32, 22), "Q5_1": (7, 32, 24),
    "Q8_0": (8, 32, 34), "Q8_1": (9, 32, 36), "Q2_K": (10, 256, 84), "Q3_K": (11, 256, 110), "Q4_K": (12, 256, 144),
    "Q5_K": (13, 256, 176), "Q6_K": (14, 256, 210), "Q8_K": (15, 256, 292), "IQ2_XXS": (16, 256, 66), "IQ2_XS": (17, 256, 74),
    "IQ3_XXS": (18, 256, 98), "IQ1_S": (19, 256, 50), "IQ4_NL": (20, 32, 18), "IQ3_S": (21, 256, 110), "IQ2_S": (22, 256, 82),
    "IQ4_XS": (23, 256, 136), "I8": (24, 1, 1), "I16": (25, 1, 2), "I32": (26, 1, 4), "I64": (27, 1, 8), "F64": (28, 1, 8),
    "IQ1_M": (29, 256, 56), "BF16": (30, 1, 2), "TQ1_0": (34, 256, 54), "TQ2_0": (35, 256, 66), "MXFP4": (39, 32, 17),
    "NVFP4": (40, 64, 36), "Q1_0": (41, 128, 18),
}  # fmt: skip

# Byte offsets of the half-precision scales in one block.
HALF_SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2],
    "Q5_K": [0, 2], "Q6_K": [208], "IQ2_XXS": [0], "IQ2_XS": [0], "IQ3_XXS": [0], "IQ1_S": [0], "IQ4_NL": [0], "IQ3_S": [0],
    "IQ2_S": [0], "IQ4_XS": [0], "TQ1_0": [52], "TQ2_0": [64], "Q1_0": [0],
}  # fmt: skip


class Value(NamedTuple):
    """A metadata value as it lies in the file."""

    type: int
    payload: bytes


def u8(value: int) -> Value: return Value(0, struct.pack("<B", value))
def i8(value: int) -> Value: return Value(1, struct.pack("<b", value))
def u16(value: int) -> Value: return Value(2, struct.pack("<H", value))
def i16(value: int) -> Value: return Value(3, struct.pack("<h", value))
def u32(value: int) -> Value: return Value(4, struct.pack("<I", value))
def i32(value: int) -> Value: return Value(5, struct.pack("<i", value))
def f32(value: float) -> Value: return Value(6, struct.pack("<f", value))
def boolean(value: int) -> Value: return Value(7, struct.pack("<B", value))
def string(value: str | bytes) -> Value: return Value(8, text(value))
def u64(value: int) -> Value: return Value(10, struct.pack("<Q", value))
def i64(value: int) -> Value: return Value(11, struct.pack("<q", value))
def f64(value: float) -> Value: return Value(12, struct.pack("<d", value))


def text(value: str | bytes, length: int | None = None) -> bytes:
    """A length-prefixed string; `length` overrides the length that it states."""
    data = value.encode("utf-8") if isinstance(value, str) else value
    return struct.pack("<Q", len(data) if length is None else length) + data


def array(items: list[Value], *, type: int | None = None, count: int | None = None) -> Value:
    """An array of equal-typed values; `type` serves empty arrays, `count` overrides the stated count."""
    item_type = items[0].type if type is None else type
    head = struct.pack("<IQ", item_type, len(items) if count is None else count)
    return Value(9, head + b"".join(item.payload for item in items))


class Tensor(NamedTuple):
    """A tensor info and its data. `dims` is innermost first; `offset` and `type_id` override what follows from the rest."""

    name: str | bytes
    dims: tuple[int, ...]
    type: str = "F32"
    data: bytes | None = None
    offset: int | None = None
    type_id: int | None = None
    rank: int | None = None


def byte_count(type: str, dims: tuple[int, ...]) -> int:
    _, elements, size = TYPES[type]
    count = 1
    for dimension in dims:
        count *= dimension
    return count // elements * size


def build(
    keys: list[tuple[str | bytes, Value]] = (),
    tensors: list[Tensor] = (),
    *,
    magic: bytes = b"GGUF",
    version: int = 3,
    align: int = 32,
    tensor_count: int | None = None,
    key_count: int | None = None,
    fill: bytes = b"\0",
    cut: int = 0,
    tail: bytes = b"",
) -> bytes:
    """Builds a file. `fill` is the padding byte; `cut` bytes are taken off the end, then `tail` is added."""
    out = magic + struct.pack("<I", version)
    out += struct.pack("<Q", len(tensors) if tensor_count is None else tensor_count)
    out += struct.pack("<Q", len(keys) if key_count is None else key_count)
    for key, value in keys:
        out += text(key) + struct.pack("<I", value.type) + value.payload
    data = b""
    for tensor in tensors:
        offset = len(data) if tensor.offset is None else tensor.offset
        type_id = TYPES[tensor.type][0] if tensor.type_id is None else tensor.type_id
        rank = len(tensor.dims) if tensor.rank is None else tensor.rank
        out += text(tensor.name) + struct.pack("<I", rank) + struct.pack(f"<{len(tensor.dims)}Q", *tensor.dims)
        out += struct.pack("<IQ", type_id, offset)
        data += blocks(tensor.type, tensor.dims, tensor.name) if tensor.data is None else tensor.data
        data += fill * (-len(data) % align)
    out += fill * (-len(out) % align) + data
    return out[: len(out) - cut] + tail


def blocks(type: str, dims: tuple[int, ...], seed: str | bytes) -> bytes:
    """Seeded bytes of a tensor, with every scale set to a small finite number."""
    size = TYPES[type][2]
    random = Random(f"{type} {seed}")
    out = b""
    while len(out) < byte_count(type, dims):
        out += one_block(type, size, random)
    return out


def one_block(type: str, size: int, random: Random) -> bytes:
    floats = {"F32": "<f", "F16": "<e", "F64": "<d"}
    if type in floats:
        return struct.pack(floats[type], random.normal() / 4)
    if type == "BF16":
        return struct.pack("<f", random.normal() / 4)[2:]
    block = bytearray(random.bytes(size))
    for at in HALF_SCALES.get(type, []):
        struct.pack_into("<e", block, at, 0.01 + random.uniform() / 64)
    if type == "Q8_1":
        # ggml counts 36 bytes a block (two halves), gguf-py 0.19 40 (two float32). A single block of zeros is valid
        # in both views: what one calls data, the other calls padding.
        return bytes(size)
    if type == "Q8_K":
        quants = struct.unpack_from("<256b", block, 4)
        sums = [sum(quants[at : at + 16]) for at in range(0, 256, 16)]
        struct.pack_into("<f", block, 0, 0.01)
        struct.pack_into("<16h", block, 260, *sums)
    if type == "IQ1_M":
        # The half-precision scale is spread over the top nibbles of four 16-bit words.
        scale = struct.unpack("<H", struct.pack("<e", 0.01))[0]
        for index, nibble in enumerate(scale >> shift & 15 for shift in (0, 4, 8, 12)):
            at = 48 + 2 * index + 1
            block[at] = nibble << 4 | block[at] & 15
    if type == "MXFP4":
        block[0] = 120 + block[0] % 8
    if type == "NVFP4":
        block[:4] = bytes(40 + byte % 16 for byte in block[:4])
    return bytes(block)
