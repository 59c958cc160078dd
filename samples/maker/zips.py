"""A small builder of zip archives that can also state what is not so.

Deflated members hold stored blocks only, written by hand: what a library compresses differs between its versions.
"""

import struct
import zlib
from typing import NamedTuple


class Member(NamedTuple):
    """A member; `plain_size`, `crc` and `local_name` override what follows from the rest."""

    name: str | bytes
    data: bytes
    deflated: bool = False
    plain_size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    flags: int = 0
    method: int | None = None
    stream: bytes | None = None


def stored_blocks(data: bytes, size: int = 0xFFFF) -> bytes:
    """A deflate stream that compresses nothing (RFC 1951, 3.2.4)."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    blocks = [struct.pack("<BHH", 0, len(piece), 0xFFFF ^ len(piece)) + piece for piece in pieces]
    blocks[-1] = b"\1" + blocks[-1][1:]
    return b"".join(blocks)


def zeros_stream(count: int) -> bytes:
    """A deflate stream of `count` zeros, `count` being 1 + 258 n: one fixed Huffman block, two bits for each 258 bytes.

    In it a literal 0 is 00110000; length 258 is 11000101 and distance 1 is 00000; the end is 0000000.
    """
    bits = "1" + "10" + "00110000" + ("11000101" + "00000") * ((count - 1) // 258) + "0000000"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))


def build(members: list[Member], *, comment: bytes = b"") -> bytes:
    out, directory = b"", b""
    for member in members:
        name = member.name.encode("utf-8") if isinstance(member.name, str) else member.name
        local_name = name if member.local_name is None else member.local_name
        stored = member.stream or (stored_blocks(member.data) if member.deflated else member.data)
        method = (8 if member.deflated else 0) if member.method is None else member.method
        crc = zlib.crc32(member.data) if member.crc is None else member.crc
        plain = len(member.data) if member.plain_size is None else member.plain_size
        fields = struct.pack("<HHHHHIII", 20, member.flags, method, 0, 0x21, crc, len(stored), plain)
        directory += b"PK\1\2" + struct.pack("<H", 20) + fields
        directory += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, len(out)) + name
        out += b"PK\3\4" + fields + struct.pack("<HH", len(local_name), 0) + local_name + stored
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(out), len(comment))
    return out + directory + b"PK\5\6" + end + comment
