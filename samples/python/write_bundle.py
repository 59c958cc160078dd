"""Writes `.tandem` bundles, version 1: small and plain, for tests (`schemas/bundle.md`).

Run as a program, it writes the bundle of `example()` to the path given. The writer trusts its
caller, so that tests can also write bundles with a flaw.
"""

import hashlib
import json
import math
import struct
import sys

ROLES = {"primary": 1, "secondary": 2, "projection": 3, "router": 4, "tokenizer": 5}
KINDS = ["tensors", "block_digests", "manifest", "document", "header", "tokenizer_metadata",
         "chat_template", "file_map"]
TYPES = dict(enumerate(
    "BOOL U8 I8 U16 I16 U32 I32 U64 I64 F16 BF16 F32 F64 C64 F8_E4M3 F8_E5M2 F8_E8M0 F8_E4M3FNUZ "
    "F8_E5M2FNUZ F4 F6_E2M3 F6_E3M2".split(), 1)) | dict(enumerate(
        "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q8_1 Q2_K Q3_K Q4_K Q5_K Q6_K Q8_K IQ1_S IQ1_M IQ2_XXS IQ2_XS "
        "IQ2_S IQ3_XXS IQ3_S IQ4_NL IQ4_XS TQ1_0 TQ2_0 MXFP4 NVFP4 Q1_0 Q2_0".split(), 40))
TYPE_NUMBERS = {name: number for number, name in TYPES.items()}
FIELD_TYPES = {"unsigned": 1, "signed": 2, "float": 3, "truth": 4, "string": 5, "list": 6}
NUMBER_LAYOUTS = {"unsigned": "<Q", "signed": "<q", "float": "<d", "truth": "<Q"}
NONE = 0xFFFFFFFF
NO_DIGEST = bytes(32)
BLOCK_BYTES = 1 << 20


def sha256(data):
    return hashlib.sha256(data).digest()


def block_digests(data):
    return [sha256(data[at:at + BLOCK_BYTES]) for at in range(0, len(data), BLOCK_BYTES)]


def digest(data):
    return sha256(b"".join(block_digests(data)))


def counted(data):
    return struct.pack("<I", len(data)) + data


def tokenizer_digest(tokens, merges):
    return sha256(b"".join(map(counted, list(tokens) + list(merges))))


def hexadecimal(digest):
    return None if digest == NO_DIGEST else digest.hex()


def plain_fields(fields):
    """Returns the fields as the manifest has them: numbers that are not finite are strings."""
    return {key: str(value) if kind == "float" and not math.isfinite(value) else value
            for key, (kind, value) in sorted(fields.items(), key=lambda item: item[0].encode())}


def lz4_frame(data):
    """Returns the data as a frame; needs the package lz4, which the rest does not."""
    import lz4.frame
    return lz4.frame.compress(data, block_linked=False, content_checksum=True, store_size=True)


class Draft:
    """A bundle's records and contents, collected before the layout of the file is known."""

    def __init__(self, members):
        self.described = members
        self.names = list(members)
        self.index_of = {name: index for index, name in enumerate(members)}
        self.members, self.tensors, self.relations, self.fields = [], [], [], []
        self.dimensions, self.values, self.strings = [], [], b""
        self.payloads, self.known = [], {}  # their bytes, and the index of each object
        self.payload_ranges = []  # member and first payload, for each section of tensor data
        self.documents = []  # kind, flags, name, member, stored bytes, plain byte count
        self.manifest = {"format": "tandem", "version": 1, "section_alignment": 0,
                         "tensor_alignment": 0, "members": [], "relations": [], "sections": []}

    def string(self, data):
        """Returns offset and byte count; text that the pool holds already is used again."""
        if data not in self.strings:
            self.strings += data
        return self.strings.index(data), len(data)

    def add_members(self):
        for name, member in self.described.items():
            uses = member.get("tokenizer")
            described = self.described[uses] if uses else member
            first_tensor, first_field, tensors = len(self.tensors), len(self.fields), []
            set_digest = self.add_tensors(self.index_of[name], member.get("tensors", {}), tensors)
            config_digest = self.add_fields(member.get("fields", {}))
            vocabulary = described.get("vocabulary", NO_DIGEST)
            self.members.append(struct.pack(
                "<8I32s32s32s", ROLES.get(member["role"], member["role"]),
                *self.string(name.encode()), first_tensor, len(self.tensors) - first_tensor,
                first_field, len(self.fields) - first_field, self.index_of[uses] if uses else NONE,
                set_digest, config_digest, vocabulary))
            self.manifest["members"].append({
                "name": name, "role": member["role"], "tokenizer": uses,
                "tensor_set_digest": hexadecimal(set_digest),
                "config_digest": hexadecimal(config_digest),
                "tokenizer_digest": hexadecimal(vocabulary),
                "fields": plain_fields(member.get("fields", {})), "tensors": tensors})

    def add_tensors(self, owner, tensors, described):
        """Returns the tensor-set digest. Tensors with the same bytes object share a payload."""
        identity, known, first = b"", self.known, len(self.payloads)
        for name in sorted(tensors, key=str.encode):
            kind, shape, data = tensors[name]
            if id(data) not in known:
                known[id(data)] = len(self.payloads)
                self.payloads.append(data)
            number, plain = TYPE_NUMBERS.get(kind, kind), name.encode()
            self.tensors.append(struct.pack("<IHBBII", *self.string(plain), number, len(shape),
                                            len(self.dimensions), known[id(data)]))
            described.append({"name": name, "type": TYPES.get(number), "shape": shape, "offset": 0,
                              "byte_count": len(data), "payload": known[id(data)]})
            self.dimensions += shape
            identity += counted(plain) + struct.pack(
                f"<II{len(shape)}Q", number, len(shape), *shape) + digest(data)
        if len(self.payloads) > first:
            self.payload_ranges.append((owner, range(first, len(self.payloads))))
        return sha256(identity) if identity else NO_DIGEST

    def add_fields(self, fields):
        """Returns the config digest."""
        config = b""
        for key in sorted(fields, key=str.encode):
            kind, value = fields[key]
            number, name, count = FIELD_TYPES[kind], key.encode(), 0
            if kind == "string":
                plain = value.encode()
                start, count = self.string(plain)
                word = struct.pack("<Q", start)
            elif kind == "list":
                plain = struct.pack(f"<{len(value)}Q", *value)
                word, count = struct.pack("<Q", len(self.values)), len(value)
                self.values += value
            else:
                plain = word = struct.pack(NUMBER_LAYOUTS[kind], value)
            self.fields.append(
                struct.pack("<IHH8sII", *self.string(name), number, word, count, 0))
            if key.startswith("config."):
                config += counted(name) + struct.pack("<II", number, count) + plain
        return sha256(config) if config else NO_DIGEST

    def add_relation(self, kind, source, target, fields):
        first = len(self.fields)
        self.add_fields(fields)
        self.relations.append(struct.pack(
            "<6I", *self.string(kind.encode()), self.index_of[source], self.index_of[target],
            first, len(self.fields) - first))
        self.manifest["relations"].append({
            "kind": kind, "from": source, "to": target, "fields": plain_fields(fields)})

    def add_document(self, kind, owner, name, content, compress):
        plain = self.file_map(content) if kind == 8 else content
        self.string(name.encode())
        self.documents.append((kind, 1 if compress else 0, name.encode(),
                               NONE if owner is None else self.index_of[owner],
                               compress(plain) if compress else plain, len(plain)))

    def add_block_digests(self):
        blocks = b"".join(block for data in self.payloads for block in block_digests(data))
        self.documents.append((2, 0, b"", NONE, blocks, len(blocks)))

    def file_map(self, files):
        heads, segments = b"", []
        for path, parts in files.items():
            heads += struct.pack("<IIQQ", *self.string(path.encode()), len(segments), len(parts))
            segments += [struct.pack("<IIQQ", *part) for part in parts]
        return struct.pack("<Q", len(files)) + heads + b"".join(segments)

    def tables(self, payloads, sections):
        """Returns the tables of the directory with the bytes of a record."""
        return [(b"".join(rows), record_bytes) for rows, record_bytes in (
            (self.members, 128), (self.tensors, 16), (payloads, 24), (sections, 104),
            (self.relations, 24), (self.fields, 24))] + [
                (struct.pack(f"<{len(self.dimensions)}Q", *self.dimensions), 8),
                (struct.pack(f"<{len(self.values)}Q", *self.values), 8), (self.strings, 1)]

    def section(self, kind, flags, name, owner, offset, stored, plain_bytes):
        """Returns the record of a section, which the manifest then lists."""
        found = NO_DIGEST if kind == 1 else digest(stored)
        self.manifest["sections"].append({
            "kind": KINDS[kind - 1], "name": name.decode(),
            "member": None if owner == NONE else self.names[owner], "offset": offset,
            "stored_byte_count": len(stored), "byte_count": plain_bytes,
            "digest": hexadecimal(found)})
        return struct.pack("<6I3Q32s24x", kind, flags, *self.string(name), owner, 0, offset,
                           len(stored), plain_bytes, found)

    def lay_out(self, body, section_alignment, tensor_alignment):
        """Adds all contents to the body; returns the records of payloads and of sections."""
        payloads, sections, offsets, first_block = [], [], [], 0
        self.manifest["sections"] = []
        for kind, flags, name, owner, stored, plain_bytes in self.documents:
            offset = body.add(stored, 64)
            sections.append(self.section(kind, flags, name, owner, offset, stored, plain_bytes))
        for owner, indices in self.payload_ranges:
            start = body.add(b"", section_alignment)
            for data in map(self.payloads.__getitem__, indices):
                offsets.append(body.add(data, tensor_alignment))
                payloads.append(struct.pack("<QQII", offsets[-1], len(data), first_block, 0))
                first_block += len(block_digests(data))
            stored = body.data[start - body.start:]
            sections.append(self.section(1, 0, b"", owner, start, stored, len(stored)))
        self.manifest.update(section_alignment=section_alignment, tensor_alignment=tensor_alignment)
        for member in self.manifest["members"]:
            for tensor in member["tensors"]:
                tensor["offset"] = offsets[tensor["payload"]]
        text = json.dumps(self.manifest, ensure_ascii=False).encode() + b"\n"
        sections.append(self.section(3, 0, b"", NONE, body.add(text, 64), text, len(text)))
        return payloads, sections


class Body:
    """What follows the directory: parts with zero bytes in front of them."""

    def __init__(self, start):
        self.start, self.data = start, b""

    @property
    def end(self):
        return self.start + len(self.data)

    def add(self, part, alignment):
        """Returns the offset in the file at which the part is put."""
        self.data += bytes(-self.end % alignment)
        offset = self.end
        self.data += part
        return offset


def write_bundle(path, members, relations=(), documents=(), section_alignment=4096,
                 tensor_alignment=64):
    """Writes a bundle.

    `members`, by name, in order of role: {"role": name, "tensors": {name: (type, shape, bytes)},
    "fields": {key: (type, value)}, "tokenizer": name of a member, "vocabulary": digest}; all but
    the role may be absent. `relations`: (kind, from, to, fields). `documents`: (kind, member or
    None, name, content, None or a function that makes an LZ4 frame of it); the content of kind 8
    is a file map, {path: [(segment kind, index, start, byte count)]}. Section 0 holds the block
    digests; then come the documents, the tensor data of each member, and the manifest.
    """
    draft = Draft(members)
    draft.add_members()
    draft.add_block_digests()
    for relation in relations:
        draft.add_relation(*relation)
    for document in documents:
        draft.add_document(*document)

    # The size of the directory does not depend on the offsets in it: a first layout measures it.
    measured = draft.tables(*draft.lay_out(Body(0), section_alignment, tensor_alignment))
    directory_bytes = 144 + sum(len(rows) for rows, _ in measured)
    body = Body(4096 + directory_bytes)
    payloads, sections = draft.lay_out(body, section_alignment, tensor_alignment)

    tables, directory, offset = draft.tables(payloads, sections), b"", 144
    for rows, record_bytes in tables:
        directory += struct.pack("<QQ", offset, len(rows) // record_bytes)
        offset += len(rows)
    directory += b"".join(rows for rows, _ in tables)
    assert len(directory) == directory_bytes, "write_bundle: layout and tables disagree"
    features = 1 if any(flags for _, flags, *_ in draft.documents) else 0
    superblock = struct.pack(
        "<8sIIQQQQQQ32sII3960x", b"\x89TDM\r\n\x1a\n", 1, 4096, features, 0, body.end, 1, 4096,
        directory_bytes, digest(directory), section_alignment, tensor_alignment)
    with open(path, "wb") as file:
        file.write(superblock + sha256(superblock) + directory + body.data)


def example(compress=None):
    """Returns the arguments for a bundle that uses what the format has, in a few kilobytes."""
    embedding = struct.pack("<12f", *range(12))
    header = struct.pack("<Q", 16) + b'{"__metadata__"}'
    fields = {
        "config.dim": ("unsigned", 4), "config.offset": ("signed", -7),
        "config.theta": ("float", 10000.5), "config.tied": ("truth", True),
        "config.family": ("string", "ll\u00e4m\u00e4"), "config.layers": ("list", [1, 2, 1 << 63]),
        "config.none": ("list", []), "source.format": ("string", "safetensors"),
        "source.name": ("string", ""),
    }
    tensors = {  # payloads stand in order of the names of their first tensors
        "embed": ("F32", [3, 4], embedding),
        "empty": ("I8", [0, 5], b""),
        "flat": ("U32", [12], embedding),
        "fours": ("F4", [3, 2], b"\x12\x34\x56"),
        "head": ("F32", [3, 4], embedding),
        "na\u00efve": ("BF16", [1, 2], b"\x80\x3f\x00\x40"),
        "odd": ("F4", [2, 3], b"\x21\x43\x65"),
        "quants": ("Q4_0", [2, 64], bytes(range(72))),
        "scale": ("F16", [], b"\x00\x3c"),
        "sixes": ("F6_E2M3", [2, 4], bytes(range(6))),
    }
    small = {
        "embed": ("F64", [1], struct.pack("<d", 0.5)),
        "mask": ("BOOL", [4], b"\x00\x01\x01\x00"),
    }
    members = {
        "big": {"role": "primary", "tokenizer": "words", "fields": fields, "tensors": tensors},
        "small": {"role": "secondary", "tokenizer": "words", "tensors": small,
                  "fields": {"source.format": ("string", "gguf")}},
        "words": {"role": "tokenizer",
                  "vocabulary": tokenizer_digest([b"a", b"b", b"ab"], [b"a b"])},
    }
    relations = [("tandem", "small", "big", {
        "layer_map": ("list", [0, 1, 2]), "final_norm": ("truth", False),
        "boundary": ("string", "block"), "context": ("unsigned", 2048)})]
    files = {
        "model.safetensors": [(1, 2, 0, 24), (2, 0, 0, 48), (0, 0, 0, 16), (2, 5, 8, 64)],
        "config.json": [(1, 1, 0, 380)],
    }
    documents = [
        (4, "big", "config.json", b'{"hidden_size": 4}\n' * 20, compress),
        (5, "big", "model.safetensors", header, None),
        (4, None, "LICENSE", b"", None),
        (7, "words", "", "{{ messages }} \u00e9".encode(), compress),
        (8, "big", "", files, None),
    ]
    return {"members": members, "relations": relations, "documents": documents}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: write_bundle.py PATH")
    write_bundle(sys.argv[1], **example(), section_alignment=64)
