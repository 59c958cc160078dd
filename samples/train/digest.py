"""The tensor-set digest that says which primary a tandem was made for (schemas/bundle.md, section 6)."""

import hashlib
import struct

import torch
from torch import Tensor

TYPE_NUMBERS = {torch.int64: 9, torch.float16: 10, torch.bfloat16: 11, torch.float32: 12}
BLOCK_BYTES = 1 << 20


def payload_digest(data: bytes) -> bytes:
    """SHA-256 of the digests of the blocks, of 1 MiB each."""
    blocks = [hashlib.sha256(data[at : at + BLOCK_BYTES]).digest() for at in range(0, len(data), BLOCK_BYTES)]
    return hashlib.sha256(b"".join(blocks)).digest()


def tensor_set_digest(tensors: dict[str, Tensor]) -> str:
    hash = hashlib.sha256()
    for name, tensor in sorted(tensors.items(), key=lambda entry: entry[0].encode()):
        hash.update(struct.pack("<I", len(name.encode())) + name.encode())
        hash.update(struct.pack("<II", TYPE_NUMBERS[tensor.dtype], tensor.dim()))
        hash.update(struct.pack(f"<{tensor.dim()}Q", *tensor.shape))
        hash.update(payload_digest(tensor.contiguous().view(torch.uint8).numpy().tobytes()))
    return hash.hexdigest()
