"""Zip archives by hand, so that every field can be wrong.

    local header, name, extra, bytes [, descriptor] for each entry | directory | [64-bit end record, locator] | end record
"""

import struct
import zlib
from typing import NamedTuple


class Entry(NamedTuple):
    name: str | bytes
    data: bytes
    method: int = 0
    flags: int = 0
    # What the local header and the directory say otherwise: method, flags, crc, stored, plain, name, offset.
    local: dict[str, int | bytes] = {}
    central: dict[str, int | bytes] = {}
    # Bytes after the name in the local header, as PyTorch pads.
    extra: bytes = b""
    central_extra: bytes = b""
    descriptor: bytes = b""
    # What is really written instead of the data or its deflated bytes.
    written: bytes | None = None


def deflate(data: bytes) -> bytes:
    """Raw deflate without compression, which every zlib writes the same."""
    compressor = zlib.compressobj(0, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


def stored_bytes(entry: Entry) -> bytes:
    if entry.written is not None:
        return entry.written
    return deflate(entry.data) if entry.method == 8 else entry.data


def fields(entry: Entry, offset: int) -> dict[str, int | bytes]:
    name = entry.name.encode("utf-8") if isinstance(entry.name, str) else entry.name
    return {
        "name": name, "flags": entry.flags, "method": entry.method, "crc": zlib.crc32(entry.data),
        "stored": len(stored_bytes(entry)), "plain": len(entry.data), "offset": offset,
    }  # fmt: skip


def local_header(f: dict, extra: bytes) -> bytes:
    sizes = (f["crc"], f["stored"], f["plain"], len(f["name"]), len(extra))
    return struct.pack("<4s5H3I2H", b"PK\3\4", 0, f["flags"], f["method"], 0, 0, *sizes) + f["name"] + extra


def central_header(f: dict, extra: bytes) -> bytes:
    sizes = (f["crc"], f["stored"], f["plain"], len(f["name"]), len(extra), 0, 0, 0, 0, f["offset"])
    return struct.pack("<4s6H3I5H2I", b"PK\1\2", 0, 0, f["flags"], f["method"], 0, 0, *sizes) + f["name"] + extra


def build(
    entries: list[Entry], *, comment: bytes = b"", zip64: bool = False, gap: bytes = b"", end: dict[str, int] | None = None,
    end64: dict[str, int] | None = None, after_directory: bytes = b"",
) -> bytes:
    """An archive; `end` and `end64` override count, size and offset in the end records."""
    out, directory = b"", b""
    for number, entry in enumerate(entries):
        if number == 1:
            out += gap
        true = fields(entry, len(out))
        directory += central_header(true | entry.central, entry.central_extra)
        out += local_header(true | entry.local, entry.extra) + stored_bytes(entry) + entry.descriptor
    place = {"count": len(entries), "size": len(directory), "offset": len(out), "disk": 0}
    out += directory + after_directory
    if zip64:
        big = place | (end64 or {})
        start = len(out)
        out += struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, big["count"], big["count"], big["size"], big["offset"])
        out += struct.pack("<4sIQI", b"PK\6\7", 0, big.get("start", start), 1)
    short = place | (end or {})
    out += struct.pack("<4s4H2IH", b"PK\5\6", short["disk"], 0, short["count"], short["count"], short["size"], short["offset"], len(comment))
    return out + comment
