"""Pickles by hand: what `torch.save` writes, and what it never would.

Each function gives the instructions that leave one value on the stack.
"""

import struct


def pickle(body: bytes, protocol: int = 2) -> bytes:
    return b"\x80" + bytes([protocol]) + body + b"."


def text(value: str | bytes) -> bytes:
    data = value.encode("utf-8") if isinstance(value, str) else value
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value: int) -> bytes:
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes((value.bit_length() + 8) // 8, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode("utf-8")


def tuple_of(*values: bytes) -> bytes:
    return b"(" + b"".join(values) + b"t"


def list_of(*values: bytes) -> bytes:
    return b"](" + b"".join(values) + b"e"


def integers(values: list[int]) -> bytes:
    return tuple_of(*map(integer, values))


def dictionary(pairs: dict[str, bytes] | list[tuple[bytes, bytes]]) -> bytes:
    items = [(text(key), value) for key, value in pairs.items()] if isinstance(pairs, dict) else pairs
    return b"}(" + b"".join(key + value for key, value in items) + b"u"


def call(module: str, attribute: str, *arguments: bytes) -> bytes:
    return name(module, attribute) + tuple_of(*arguments) + b"R"


def ordered(pairs: dict[str, bytes]) -> bytes:
    return name("collections", "OrderedDict") + b")R(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def storage(key: str, count: int, kind: str = "FloatStorage", view: bytes = b"") -> bytes:
    return tuple_of(text("storage"), name("torch", kind), text(key), text("cpu"), integer(count), *([view] if view else [])) + b"Q"


def tensor(source: bytes, sizes: list[int], strides: list[int], offset: int = 0, *rest: bytes) -> bytes:
    return call(
        "torch._utils", "_rebuild_tensor_v2", source, integer(offset), integers(sizes), integers(strides), b"\x89",
        name("collections", "OrderedDict") + b")R", *rest,
    )  # fmt: skip
