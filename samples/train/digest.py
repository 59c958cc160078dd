"""The tensor-set digest that says which primary a tandem was made for (schemas/bundle.md, section 6)."""

import hashlib
import pathlib
import struct

import torch
from torch import Tensor

TYPE_NUMBERS = {torch.int64: 9, torch.float16: 10, torch.bfloat16: 11, torch.float32: 12}
GGUF_TYPE_NUMBERS = {"F16": 10, "BF16": 11, "F32": 12, "Q4_0": 40, "Q4_1": 41, "Q8_0": 44}
BLOCK_BYTES = 1 << 20


def payload_digest(data: bytes) -> bytes:
    """SHA-256 of the digests of the blocks, of 1 MiB each."""
    blocks = [hashlib.sha256(data[at : at + BLOCK_BYTES]).digest() for at in range(0, len(data), BLOCK_BYTES)]
    return hashlib.sha256(b"".join(blocks)).digest()


def set_digest(entries: list[tuple[str, int, tuple[int, ...], bytes]]) -> str:
    """Of (name, number of the element type, shape, canonical bytes)."""
    hash = hashlib.sha256()
    for name, type_number, shape, data in sorted(entries, key=lambda entry: entry[0].encode()):
        hash.update(struct.pack("<I", len(name.encode())) + name.encode())
        hash.update(struct.pack(f"<II{len(shape)}Q", type_number, len(shape), *shape))
        hash.update(payload_digest(data))
    return hash.hexdigest()


def tensor_set_digest(tensors: dict[str, Tensor]) -> str:
    return set_digest([
        (name, TYPE_NUMBERS[tensor.dtype], tuple(tensor.shape), tensor.contiguous().view(torch.uint8).numpy().tobytes())
        for name, tensor in tensors.items()
    ])  # fmt: skip


def gguf_digest(path: pathlib.Path) -> str:
    """Of a GGUF file's blocks as they are stored."""
    import gguf

    return set_digest([
        (tensor.name, GGUF_TYPE_NUMBERS[tensor.tensor_type.name], tuple(map(int, reversed(tensor.shape))), tensor.data.tobytes())
        for tensor in gguf.GGUFReader(path).tensors
    ])  # fmt: skip
