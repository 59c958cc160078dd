"""Reads `.tandem` bundles, version 1, as `schemas/bundle.md` describes them.

`open(path)` maps a bundle and checks its superblock and directory; after that, no view of a tensor
can fail on the content of the file. `verify(path)` also reads every byte: digests, padding, LZ4
frames, file maps, the manifest. A bundle that breaks a rule raises `BundleError`: one sentence with
the subject, what was found and what is allowed.
"""

import argparse
import json
import os
import struct
import sys

import numpy

from tandem_checks import check_all
from tandem_manifest import manifest_of
from tandem_records import (
    DOCUMENT, FIELD_TYPES, NONE, ROLES, SUPERBLOCK_BYTES, TENSOR_DATA, TYPES, BundleError, check,
    digest)
from tandem_verify import decode_frame, verify_all


def open(path):
    """Maps the bundle at `path` and checks every rule that needs no reading of its contents."""
    return Bundle(path)


def verify(path):
    """Opens the bundle, checks every byte, and returns it and sentences on what it cannot read."""
    bundle = open(path)
    return bundle, verify_all(bundle)


class Bundle:
    """An open bundle: the mapped bytes, and the tables of its directory as lists of records."""

    def __init__(self, path):
        file_bytes = os.path.getsize(path)
        check(file_bytes >= SUPERBLOCK_BYTES, "superblock",
              f"the file has {file_bytes} of its 4096 bytes")
        self.bytes = numpy.memmap(path, numpy.uint8, mode="r").view(numpy.ndarray)
        check_all(self)

    def name(self, record):
        return self.strings[record.name:record.name + record.name_bytes].decode()

    def kind(self, relation):
        return self.strings[relation.kind:relation.kind + relation.kind_bytes].decode()

    def shape(self, tensor):
        return self.dimensions[tensor.first_dimension:tensor.first_dimension + tensor.rank]

    def tensors_of(self, member):
        """Returns the member's tensors by name, in the order of their names."""
        records = self.tensors[member.first_tensor:member.first_tensor + member.tensor_count]
        return {self.name(tensor): tensor for tensor in records}

    def stored(self, section):
        """Returns the bytes of a section as they are stored, without a copy."""
        return self.bytes[section.offset:section.offset + section.stored_bytes]

    def plain(self, index):
        """Returns the plain bytes of a section; its digest is checked on the way."""
        section, subject = self.sections[index], f"section {index}"
        stored = self.stored(section)
        check(section.kind == TENSOR_DATA or digest(stored) == section.digest, subject,
              "its digest differs")
        if not section.flags:
            return stored
        return decode_frame(stored, section.byte_count, f"LZ4 frame in {subject}")

    def documents(self):
        """Returns the index of each document, header, template and so on: `plain` reads it."""
        return [i for i, section in enumerate(self.sections) if section.kind >= DOCUMENT]

    def data(self, payload):
        """Returns the bytes of a payload, without a copy."""
        return self.bytes[payload.offset:payload.offset + payload.byte_count]

    def array(self, tensor):
        """Returns a view of the file: a dtype for plain types, rows of raw bytes for others."""
        type, shape = TYPES[tensor.type], self.shape(tensor)
        data = self.data(self.payloads[tensor.payload])
        if type.dtype:
            return data.view(type.dtype).reshape(shape)
        if shape[-1] % type.block_elements:
            return data  # sub-byte rows that do not fill bytes have no bytes of their own
        return data.reshape(shape[:-1] + [shape[-1] // type.block_elements * type.block_bytes])

    def fields_of(self, owner):
        """Returns the fields of a member or a relation as a dictionary of Python values."""
        records = self.fields[owner.first_field:owner.first_field + owner.field_count]
        return {self.strings[f.key:f.key + f.key_bytes].decode(): self.value(f) for f in records}

    def value(self, field):
        if FIELD_TYPES[field.type]:
            return struct.unpack(FIELD_TYPES[field.type], field.value)[0]
        start = int.from_bytes(field.value, "little")
        if field.type == 5:
            return self.strings[start:start + field.count].decode()
        return self.values[start:start + field.count]


def first_bytes(bundle, tensor):
    return bundle.data(bundle.payloads[tensor.payload])[:8].tobytes().hex() or "-"


def escaped(text):
    """Returns the text without characters that a terminal obeys."""
    return "".join(f"\\x{ord(c):02x}" if c < " " or c in '\x7f\\"' else c for c in text)


def or_none(index):
    return "none" if index == NONE else index


def listing(bundle):
    """Returns the lines that the programs of `samples/` print for a bundle."""
    lines = [f"bundle {bundle.digest.hex()}"]
    for index, member in enumerate(bundle.members):
        lines.append(f'member {index} {ROLES[member.role]} "{escaped(bundle.name(member))}" '
                     f"tensors {member.tensor_count} fields {member.field_count} "
                     f"tokenizer {or_none(member.tokenizer)}")
        for name, tensor in bundle.tensors_of(member).items():
            payload = bundle.payloads[tensor.payload]
            lines.append(f'  "{escaped(name)}" {TYPES[tensor.type].name} {bundle.shape(tensor)} '
                         f"offset {payload.offset} bytes {payload.byte_count} "
                         f"{first_bytes(bundle, tensor)}")
    for index, relation in enumerate(bundle.relations):
        lines.append(f"relation {index} {bundle.kind(relation)} from {relation.source} "
                     f"to {relation.target} fields {relation.field_count}")
    for index, section in enumerate(bundle.sections):
        lines.append(f'section {index} kind {section.kind} "{escaped(bundle.name(section))}" '
                     f"member {or_none(section.member)} offset {section.offset} "
                     f"stored {section.stored_bytes} bytes {section.byte_count}"
                     + (" lz4" if section.flags else ""))
    return lines


def as_json(manifest):
    """Returns the manifest as text, in which numbers that are not finite are strings."""
    return json.dumps(json.loads(json.dumps(manifest), parse_constant=str), indent=2)


def main():
    parser = argparse.ArgumentParser(description="Lists what a .tandem bundle holds.")
    parser.add_argument("bundle")
    parser.add_argument("--verify", action="store_true", help="check every byte")
    parser.add_argument("--json", action="store_true", help="print what the manifest must say")
    options = parser.parse_args()
    try:
        bundle, remarks = verify(options.bundle) if options.verify else (open(options.bundle), [])
    except (BundleError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        sys.exit(f"{options.bundle}: {reason}")
    lines = [as_json(manifest_of(bundle))] if options.json else listing(bundle)
    if options.verify and not options.json:
        blocks = len(bundle.block_digests) // 32
        unread = f"; {len(remarks)} compressed sections could not be read" if remarks else ""
        lines.append(f"verified {blocks} blocks and {len(bundle.sections)} sections{unread}")
    sys.stdout.buffer.write("".join(line + "\n" for line in lines).encode())
    for remark in remarks:
        print(remark, file=sys.stderr)


if __name__ == "__main__":
    main()
