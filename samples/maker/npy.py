"""A small builder of .npy files that can also state what is not so.

    93 "NUMPY" | version, 2 bytes | header length, u16 or u32 | header, a Python literal | elements
"""

import struct


def literal(descr: str, shape: str, order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def build(
    header: str | bytes,
    data: bytes = b"",
    *,
    magic: bytes = b"\x93NUMPY",
    version: tuple[int, int] = (1, 0),
    length: int | None = None,
    align: int = 64,
) -> bytes:
    """Builds a file; the header is padded so that the data begin at a multiple of `align`."""
    text = header.encode("latin-1") if isinstance(header, str) else header
    size = 2 if version[0] == 1 else 4
    if align:
        text += b" " * (-(8 + size + len(text) + 1) % align) + b"\n"
    stated = len(text) if length is None else length
    return magic + bytes(version) + struct.pack("<H" if size == 2 else "<I", stated) + text + data


def array(descr: str, shape: tuple[int, ...], data: bytes, order: str = "False", **changes) -> bytes:
    return build(literal(repr(descr), repr(shape), order), data, **changes)
