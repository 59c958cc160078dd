"""A small safetensors builder, and raw headers for the files that must be wrong.

    u64 little-endian n | n bytes of JSON, padded with spaces | tensor bytes
"""

import json
import struct
from typing import NamedTuple

# Bits of one element.
BITS = {
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip


class Tensor(NamedTuple):
    name: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes


def byte_count(dtype: str, shape: tuple[int, ...]) -> int:
    bits = BITS[dtype]
    for dimension in shape:
        bits *= dimension
    assert bits % 8 == 0, (dtype, shape)
    return bits // 8


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def entry(dtype: str, shape: tuple[int, ...] | list[int], begin: int, end: int) -> str:
    return compact({"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]})


def raw(header: str | bytes, data: bytes = b"", *, length: int | None = None, align: int = 8, fill: bytes = b" ") -> bytes:
    """Joins any header text and any data; `length` overrides the header length that the file states."""
    text = header.encode("utf-8") if isinstance(header, str) else header
    text += fill * (-len(text) % align)
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def build(tensors: list[Tensor], metadata: dict[str, str] | None = None, *, align: int = 8) -> bytes:
    """Builds a file with the tensors in the order given."""
    fields = [] if metadata is None else ['"__metadata__":' + compact(metadata)]
    data = b""
    for tensor in tensors:
        assert len(tensor.data) == byte_count(tensor.dtype, tensor.shape), tensor.name
        begin, data = len(data), data + tensor.data
        fields.append(compact(tensor.name) + ":" + entry(tensor.dtype, tensor.shape, begin, len(data)))
    return raw("{" + ",".join(fields) + "}", data, align=align)
