"""Edits `.tandem` bundles record by record and seals them again, to make flaws for tests."""

import json
import os
import struct
import tempfile

import write_bundle
from write_bundle import digest, example, sha256

TABLES = ["members", "tensors", "payloads", "sections", "relations", "fields", "dimensions",
          "values", "strings"]
RECORD_BYTES = dict(zip(TABLES, (128, 16, 24, 104, 24, 24, 8, 8, 1)))
NONE = 0xFFFFFFFF


class Bundle:
    """The bytes of a bundle, with edits of its records by table, index and offset in the record."""

    def __init__(self, data):
        self.data = bytearray(data)

    def get(self, offset, layout):
        return struct.unpack_from("<" + layout, self.data, offset)[0]

    def put(self, offset, layout, *values):
        struct.pack_into("<" + layout, self.data, offset, *values)
        return self

    def at(self, table, index, offset=0):
        start = 4096 + self.get(4096 + 16 * TABLES.index(table), "Q")
        return start + index * RECORD_BYTES[table] + offset

    def set(self, table, index, offset, layout, *values):
        return self.put(self.at(table, index, offset), layout, *values)

    def add(self, table, index, offset, layout, difference):
        where = self.at(table, index, offset)
        return self.put(where, layout, self.get(where, layout) + difference)

    def swap(self, table, first, second, start, end):
        """Exchanges the bytes `start` to `end` of two records."""
        a, b = self.at(table, first), self.at(table, second)
        data = self.data
        data[a + start:a + end], data[b + start:b + end] = (
            data[b + start:b + end], data[a + start:a + end])
        return self

    def copy(self, table, source, target, start, end):
        """Overwrites the bytes `start` to `end` of one record by those of another."""
        a, b = self.at(table, source), self.at(table, target)
        self.data[b + start:b + end] = self.data[a + start:a + end]
        return self

    def text(self, old, new):
        """Replaces a string of the pool by bytes of the same count."""
        start = self.data.index(old, self.at("strings", 0))
        self.data[start:start + len(old)] = new
        return self

    def flip(self, offset):
        self.data[offset] ^= 1
        return self

    def section(self, index):
        """Returns the range of a section in the file."""
        start = self.get(self.at("sections", index, 24), "Q")
        return start, start + self.get(self.at("sections", index, 32), "Q")

    def seal_section(self, index):
        start, end = self.section(index)
        return self.set("sections", index, 48, "32s", digest(self.data[start:end]))

    def seal(self):
        start, byte_count = self.get(48, "Q"), self.get(56, "Q")
        if start + byte_count <= len(self.data):
            self.put(64, "32s", digest(self.data[start:start + byte_count]))
        return self.seal_superblock()

    def seal_superblock(self):
        return self.put(4064, "32s", sha256(self.data[:4064]))

    def copy_bytes(self, source, target, byte_count):
        self.data[target:target + byte_count] = self.data[source:source + byte_count]
        return self

    def manifest(self):
        """Returns the values of the manifest, which ends the file."""
        return json.loads(self.data[self.section(self.section_count() - 1)[0]:])

    def put_manifest(self, text):
        """Puts another text in the place of the manifest."""
        index = self.section_count() - 1
        self.data[self.section(index)[0]:] = text
        self.set("sections", index, 32, "QQ", len(text), len(text)).put(32, "Q", len(self.data))
        return self.seal_section(index)

    def section_count(self):
        return self.get(4096 + 16 * TABLES.index("sections") + 8, "Q")

    def insert_zeros(self, section, byte_count):
        """Moves a section and all that follows, with their payloads, towards the end."""
        start, _ = self.section(section)
        self.data[start:start] = bytes(byte_count)
        for index in range(section, self.section_count()):
            self.add("sections", index, 24, "Q", byte_count)
        for index in range(self.get(4096 + 16 * TABLES.index("payloads") + 8, "Q")):
            if self.get(self.at("payloads", index), "Q") >= start:
                self.add("payloads", index, 0, "Q", byte_count)
        return self.put(32, "Q", len(self.data))


def written(**arguments):
    """Returns a bundle as the writer makes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bundle")
        write_bundle.write_bundle(path, **{"section_alignment": 64, **arguments})
        with open(path, "rb") as file:
            return Bundle(file.read())


def with_tensor(kind, shape, data):
    return written(members={"one": {"role": "primary", "tensors": {"x": (kind, shape, data)}}})


def with_roles(*roles):
    return written(members={f"m{index}": {"role": role} for index, role in enumerate(roles)})


def with_relations(*relations):
    return written(**{**example(), "relations": relations})


def with_documents(*documents):
    """Returns the example with more documents, behind its own."""
    return written(**{**example(), "documents": [*example()["documents"], *documents]})


def with_files(files, compress=None):
    arguments = example()
    arguments["documents"][4] = (8, "big", "", files, compress)
    return written(**arguments)


def with_file_map(*segments, compress=None):
    return with_files({"model.safetensors": list(segments)}, compress)


def with_template(content, compress=None):
    arguments = example()
    arguments["documents"][3] = (7, "words", "", content, compress)
    return written(**arguments)


def with_frame(**flaws):
    return written(**example(compress=lambda plain: lz4_frame(plain, **flaws)))


def xxh32(data):
    """Returns the xxHash of LZ4 frames, with seed 0."""
    p1, p2, p3, p4, p5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393

    def rotated(x, count):
        x &= NONE
        return (x << count | x >> 32 - count) & NONE

    lanes = [p1 + p2, p2, 0, -p1]
    whole = len(data) // 16 * 16
    for start in range(0, whole, 16):
        words = struct.unpack_from("<4I", data, start)
        lanes = [rotated(lane + word * p2, 13) * p1 for lane, word in zip(lanes, words)]
    total = p5 if whole == 0 else sum(map(rotated, lanes, (1, 7, 12, 18)))
    total += len(data)
    for start in range(whole, len(data) // 4 * 4, 4):
        total = rotated(total + struct.unpack_from("<I", data, start)[0] * p3, 17) * p4
    for byte in data[len(data) // 4 * 4:]:
        total = rotated(total + byte * p5, 11) * p1
    total &= NONE
    total = (total ^ total >> 15) * p2 & NONE
    total = (total ^ total >> 13) * p3 & NONE
    return total ^ total >> 16


def lz4_frame(plain, flags=0x6C, limits=0x40, magic=0x184D2204, size=0, header_checksum=0,
              checksum=0, block=None, more_blocks=b"", end_mark=b"\0\0\0\0", after=b"",
              before=b"", dictionary=b""):
    """Returns a frame of one stored block; arguments are what its fields say or add wrongly."""
    head = struct.pack("<BB", flags, limits)
    head += struct.pack("<Q", len(plain) + size) if flags & 8 else b""
    head += dictionary
    check_byte = (xxh32(head) >> 8 ^ header_checksum) & 0xFF
    block = struct.pack("<I", 1 << 31 | len(plain)) + plain if block is None else block
    tail = struct.pack("<I", xxh32(plain) ^ checksum) if flags & 4 else b""
    return (before + struct.pack("<I", magic) + head + bytes([check_byte]) + block + more_blocks
            + end_mark + tail + after)
