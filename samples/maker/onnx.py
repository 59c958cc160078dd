"""A small builder of ONNX models, which are Protocol Buffers messages: field by field, in any order, true or not."""

import struct

# Data types: name -> (number, bytes an element).
TYPES = {
    "FLOAT": (1, 4), "UINT8": (2, 1), "INT8": (3, 1), "UINT16": (4, 2), "INT16": (5, 2), "INT32": (6, 4), "INT64": (7, 8),
    "STRING": (8, 0), "BOOL": (9, 1), "FLOAT16": (10, 2), "DOUBLE": (11, 8), "UINT32": (12, 4), "UINT64": (13, 8),
    "COMPLEX64": (14, 8), "COMPLEX128": (15, 16), "BFLOAT16": (16, 2), "FLOAT8E4M3FN": (17, 1), "FLOAT8E4M3FNUZ": (18, 1),
    "FLOAT8E5M2": (19, 1), "FLOAT8E5M2FNUZ": (20, 1), "UINT4": (21, 0.5), "INT4": (22, 0.5), "FLOAT4E2M1": (23, 0.5),
    "FLOAT8E8M0": (24, 1),
}  # fmt: skip


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def tag(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)


def integer(number: int, value: int) -> bytes:
    return tag(number, 0) + varint(value)


def message(number: int, *parts: bytes | str, length: int | None = None) -> bytes:
    """A message, string or bytes; `length` overrides the length that it states."""
    data = b"".join(part.encode("utf-8") if isinstance(part, str) else part for part in parts)
    return tag(number, 2) + varint(len(data) if length is None else length) + data


def packed(number: int, *values: int) -> bytes:
    return message(number, b"".join(map(varint, values)))


def floats(number: int, *values: float) -> bytes:
    return message(number, struct.pack(f"<{len(values)}f", *values))


def dims(*extents: int) -> bytes:
    return b"".join(integer(1, extent) for extent in extents)


def tensor(name: str | bytes, type: str | int, shape: tuple[int, ...], *data: bytes) -> bytes:
    """The inside of a TensorProto; `data` are fields such as `raw(...)`."""
    number = TYPES[type][0] if isinstance(type, str) else type
    return dims(*shape) + integer(2, number) + message(8, name) + b"".join(data)


def raw(data: bytes) -> bytes:
    return message(9, data)


def external(*pairs: tuple[str | bytes, str | bytes], location: int | None = 1) -> bytes:
    """external_data with its entries, and data_location unless that is None."""
    entries = b"".join(message(13, message(1, key), message(2, value)) for key, value in pairs)
    return entries + (b"" if location is None else integer(14, location))


def node(operation: str, *attributes: bytes, output: str = "", name: str = "") -> bytes:
    fields = (message(2, output) if output else b"") + (message(3, name) if name else b"")
    return message(1, fields + message(4, operation) + b"".join(attributes))


def attribute(name: str, *fields: bytes) -> bytes:
    return message(5, message(1, name), *fields)


def constant(output: str, tensor: bytes) -> bytes:
    return node("Constant", attribute("value", message(5, tensor)), output=output)


def graph(*fields: bytes, name: str = "main") -> bytes:
    """A ModelProto's graph field."""
    return message(7, *fields[:-1], message(2, name), *fields[-1:])


def model(*fields: bytes, ir: int | None = 10, opset: int | None = 21, producer: str = "tandem") -> bytes:
    """A ModelProto; fields follow version and producer."""
    head = (b"" if ir is None else integer(1, ir)) + message(2, producer)
    tail = b"" if opset is None else message(8, message(1, ""), integer(2, opset))
    return head + b"".join(fields) + tail
