"""The checks of a `.tandem` bundle at open: every rule of the superblock and the directory.

Messages name records by their index, because a name is only known to be text once it is checked.
"""

import math
import struct

import numpy

from tandem_records import (
    BLOCK_DIGESTS, DOCUMENT, FEATURE_LZ4, FIELD_TYPES, FILE_MAP, HEADER, KINDS, MAGIC, MANIFEST,
    MOST_FRAME_BYTES, MOST_MEMBERS, MOST_RATIO, MOST_SECTIONS, NO_DIGEST, NONE, RELATION_ROLES,
    ROLES, SUPERBLOCK_BYTES, TABLES, TENSOR_DATA, TOKENIZER, TYPES, Superblock, block_count, check,
    digest, is_power_of_two, is_safe_path, is_utf8, most_file_map_bytes, sha256)

# The place of each kind in the order of sections.
PLACES = {BLOCK_DIGESTS: 1, **dict.fromkeys(range(DOCUMENT, FILE_MAP + 1), 2), TENSOR_DATA: 3,
          MANIFEST: 4}


def check_all(bundle):
    """Reads the tables of the mapped bytes into the bundle, and checks every rule of them."""
    bundle.superblock = read_superblock(bundle.bytes)
    bundle.digest = bundle.superblock.directory_digest
    bundle.directory_end = SUPERBLOCK_BYTES + bundle.superblock.directory_bytes
    read_directory(bundle)
    check_members(bundle)
    check_relations(bundle)
    check_fields(bundle)
    check_sections(bundle)
    check_payloads(bundle)
    check_tensors(bundle)


def check_string(bundle, offset, byte_count, subject):
    """Returns a string of the pool as bytes, whose order is that of the format."""
    check(offset + byte_count <= len(bundle.strings), subject, "lies outside the strings pool")
    check(is_boundary(bundle, offset) and is_boundary(bundle, offset + byte_count), subject,
          "begins or ends inside a character")
    return bundle.strings[offset:offset + byte_count]


def is_boundary(bundle, offset):
    """Returns whether no character of the pool, which is valid UTF-8, lies across the offset."""
    return offset == len(bundle.strings) or bundle.strings[offset] & 0xC0 != 0x80


def read_superblock(data):
    raw = data[:SUPERBLOCK_BYTES].tobytes()
    found = Superblock._make(Superblock.layout.unpack(raw))
    check(found.magic == MAGIC, "magic", "is not that of a bundle")
    check(found.version == 1, "version", f"is {found.version}, must be 1")
    check(found.sha256 == sha256(raw[:4064]), "superblock", "its SHA-256 differs")
    check(found.superblock_bytes == SUPERBLOCK_BYTES, "superblock byte count", "is not 4096")
    unknown = found.required & ~FEATURE_LZ4
    check(not unknown, "required features", f"bits {unknown:#x} are unknown")
    check(found.file_bytes == len(data), "file byte count",
          f"is {found.file_bytes}, the file has {len(data)} bytes")
    check(found.generation == 1, "generation", f"is {found.generation}, must be 1")
    check(found.directory_offset == SUPERBLOCK_BYTES, "directory offset",
          f"is {found.directory_offset}, must be 4096")
    check(144 <= found.directory_bytes <= 1 << 30, "directory byte count",
          f"is {found.directory_bytes}, must be 144 to 1073741824")
    alignment, tensor_alignment = found.section_alignment, found.tensor_alignment
    check(is_power_of_two(alignment) and 64 <= alignment <= 2097152, "section alignment",
          f"is {alignment}, must be a power of two from 64 to 2097152")
    check(is_power_of_two(tensor_alignment) and 64 <= tensor_alignment <= alignment,
          "tensor alignment",
          f"is {tensor_alignment}, must be a power of two from 64 to {alignment}")
    check(not any(found.zero), "superblock", "bytes 104 to 4063 are not all zero")
    return found


def read_directory(bundle):
    """Checks where the tables of the directory lie, and sets them as attributes of the bundle."""
    byte_count = bundle.superblock.directory_bytes
    check(bundle.directory_end <= len(bundle.bytes), "directory", "ends after the end of the file")
    raw = bundle.bytes[SUPERBLOCK_BYTES:bundle.directory_end].tobytes()
    check(digest(raw) == bundle.digest, "directory", "its digest differs")
    end = 144
    for (name, kind), (offset, count) in zip(TABLES.items(), struct.iter_unpack("<QQ", raw[:144])):
        check(offset == end, f"table {name}", f"starts at {offset}, must start at {end}")
        room = (byte_count - offset) // kind.layout.size
        check(count <= room, f"table {name}", f"has {count} records, there is room for {room}")
        end = offset + count * kind.layout.size
        setattr(bundle, name, raw[offset:end])
    check(end == byte_count, "table strings", f"ends at {end}, the directory at {byte_count}")
    check(is_utf8(bundle.strings), "table strings", "is not valid UTF-8")
    check(0 not in bundle.strings, "table strings", "has a NUL")
    for name in ("members", "tensors", "payloads", "sections", "relations", "fields"):
        kind = TABLES[name]
        rows = kind.layout.iter_unpack(getattr(bundle, name))
        setattr(bundle, name, [kind._make(row) for row in rows])
    for name in ("dimensions", "values"):
        setattr(bundle, name, numpy.frombuffer(getattr(bundle, name), "<u8").tolist())


def check_members(bundle):
    names, next_tensor, last_role = set(), 0, 0
    check(len(bundle.members) <= MOST_MEMBERS, "members",
          f"are {len(bundle.members)}, must be at most {MOST_MEMBERS}")
    for index, member in enumerate(bundle.members):
        subject, role = f"member {index}", member.role
        check(role in ROLES, subject, f"role {role} is unknown")
        check(role >= last_role, subject, "does not lie in order of role")
        check(role != last_role or role == TOKENIZER, subject, f"is a second one of role {role}")
        check(1 <= member.name_bytes <= 255, subject,
              f"its name has {member.name_bytes} bytes, must have 1 to 255")
        name = check_string(bundle, member.name, member.name_bytes, f"{subject}: name")
        check(name not in names, subject, "its name is that of another member")
        check(member.first_tensor == next_tensor, subject,
              f"its first tensor is {member.first_tensor}, must be {next_tensor}")
        check_tokenizer(bundle, member, subject)
        next_tensor += member.tensor_count
        last_role = role
        names.add(name)
    check(next_tensor == len(bundle.tensors), "members",
          f"have {next_tensor} tensors, the table has {len(bundle.tensors)}")


def check_tokenizer(bundle, member, subject):
    if member.tokenizer == NONE:
        check(member.role == TOKENIZER or member.tokenizer_digest == NO_DIGEST, subject,
              "has a tokenizer digest but no tokenizer")
        return
    check(member.role != TOKENIZER, subject, "is a tokenizer and uses another")
    check(member.tokenizer < len(bundle.members), subject,
          f"tokenizer {member.tokenizer} is no member")
    tokenizer = bundle.members[member.tokenizer]
    check(tokenizer.role == TOKENIZER, subject, f"member {member.tokenizer} is no tokenizer")
    check(member.tokenizer_digest == tokenizer.tokenizer_digest, subject,
          "its tokenizer digest is not that of its tokenizer")


def check_relations(bundle):
    seen = set()
    for index, relation in enumerate(bundle.relations):
        subject = f"relation {index}"
        kind = check_string(bundle, relation.kind, relation.kind_bytes, f"{subject}: kind")
        check(kind in RELATION_ROLES, subject, "its kind is unknown")
        check(kind not in seen, subject, "is a second one of its kind")
        seen.add(kind)
        for member, role in zip((relation.source, relation.target), RELATION_ROLES[kind]):
            check(member < len(bundle.members), subject, f"{member} is no member")
            check(bundle.members[member].role == role, subject,
                  f"member {member} is no {ROLES[role]}")


def check_fields(bundle):
    next_field = 0
    for owners, what in ((bundle.members, "member"), (bundle.relations, "relation")):
        for index, owner in enumerate(owners):
            check(owner.first_field == next_field, f"{what} {index}",
                  f"its first field is {owner.first_field}, must be {next_field}")
            next_field += owner.field_count
            check(next_field <= len(bundle.fields), f"{what} {index}",
                  f"its fields end at {next_field}, the table has {len(bundle.fields)}")
            last_key = b""
            for number in range(owner.first_field, next_field):
                key = check_field(bundle, bundle.fields[number], f"field {number}")
                check(key > last_key, f"field {number}", "its key does not ascend")
                last_key = key
    check(next_field == len(bundle.fields), "fields",
          f"{next_field} are used, the table has {len(bundle.fields)}")


def check_field(bundle, field, subject):
    check(field.key_bytes >= 1, subject, "its key is empty")
    key = check_string(bundle, field.key, field.key_bytes, f"{subject}: key")
    check(field.type in FIELD_TYPES, subject, f"type {field.type} is unknown")
    check(field.zero == 0, subject, "bytes 20 to 23 are not zero")
    value = int.from_bytes(field.value, "little")
    if field.type == 5:
        check_string(bundle, value, field.count, f"{subject}: value")
    elif field.type == 6:
        check(value + field.count <= len(bundle.values), subject,
              "its list lies outside the values pool")
    else:
        check(field.count == 0, subject, f"count is {field.count}, must be 0")
        check(field.type != 4 or value <= 1, subject, f"its truth value is {value}, must be 0 or 1")
    return key


def check_sections(bundle):
    end, last_kind = bundle.directory_end, BLOCK_DIGESTS
    check(len(bundle.sections) <= MOST_SECTIONS, "sections",
          f"are {len(bundle.sections)}, must be at most {MOST_SECTIONS}")
    for index, section in enumerate(bundle.sections):
        subject = f"section {index}"
        check_section(bundle, section, subject)
        alignment = bundle.superblock.section_alignment if section.kind == TENSOR_DATA else 64
        check(PLACES[section.kind] >= PLACES[last_kind], subject,
              f"kind {section.kind} must not stand behind kind {last_kind}")
        check(section.offset % alignment == 0, subject,
              f"offset {section.offset} is not a multiple of {alignment}")
        check(section.offset >= end, subject,
              f"starts at {section.offset}, the part before it ends at {end}")
        check(section.offset - end < alignment, subject,
              f"lies behind a gap of {section.offset - end} bytes, must be fewer than {alignment}")
        check(section.stored_bytes <= len(bundle.bytes) - section.offset, subject,
              "ends after the end of the file")
        end, last_kind = section.offset + section.stored_bytes, section.kind
    check(end == len(bundle.bytes), "sections", f"end at {end}, the file at {len(bundle.bytes)}")
    has_frames = any(section.flags for section in bundle.sections)
    check(has_frames == bool(bundle.superblock.required & FEATURE_LZ4), "required features",
          "bit 0 does not say whether a section is an LZ4 frame")
    for kind, what in ((BLOCK_DIGESTS, "block digests"), (MANIFEST, "a manifest")):
        count = sum(section.kind == kind for section in bundle.sections)
        check(count == 1, "sections", f"{count} hold {what}, must be 1")
    names = {(section.kind, section.member, bundle.name(section)) for section in bundle.sections}
    check(len(names) == len(bundle.sections), "sections",
          "two of one kind and member have the same name")
    bundle.block_digests = bundle.stored(bundle.sections[0])


def check_section(bundle, section, subject):
    kind = section.kind
    check(kind in KINDS, subject, f"kind {kind} is unknown")
    check(section.flags == 0 or section.flags == 1 and kind > MANIFEST, subject,
          f"flags {section.flags:#x} are not allowed for kind {kind}")
    check(section.name_bytes == 0 or kind in (DOCUMENT, HEADER), subject, f"has a name, kind {kind} has none")
    name = check_string(bundle, section.name, section.name_bytes, f"{subject}: name")
    check(kind not in (DOCUMENT, HEADER) or is_safe_path(name), subject,
          "name: is no safe relative path")
    check(section.member < len(bundle.members) or section.member == NONE, subject,
          f"member {section.member} is no member")
    is_of_bundle = kind in (BLOCK_DIGESTS, MANIFEST)
    check(section.member != NONE or is_of_bundle or kind == DOCUMENT, subject,
          f"belongs to no member, kind {kind} must")
    check(section.member == NONE or not is_of_bundle, subject,
          f"belongs to a member, kind {kind} must not")
    check(section.zero == 0 and not any(section.zeros), subject,
          "bytes 20 to 23 or 80 to 103 are not zero")
    check(section.flags or section.byte_count == section.stored_bytes, subject,
          f"has {section.byte_count} plain bytes, {section.stored_bytes} stored ones")
    check(section.byte_count <= MOST_RATIO * section.stored_bytes, subject,
          f"has {section.byte_count} plain bytes, more than {MOST_RATIO} times the "
          f"{section.stored_bytes} stored ones")
    check(not section.flags or section.byte_count <= MOST_FRAME_BYTES, subject,
          f"has {section.byte_count} plain bytes, a frame must have at most {MOST_FRAME_BYTES}")
    if kind == FILE_MAP:
        most = most_file_map_bytes(bundle.members[section.member].tensor_count)
        check(section.byte_count <= most, subject,
              f"is a file map of {section.byte_count} bytes, must have at most {most}")
    check(kind != TENSOR_DATA or section.digest == NO_DIGEST, subject, "its digest is not zero")


def check_payloads(bundle):
    alignment = bundle.superblock.tensor_alignment
    homes = iter([section for section in bundle.sections if section.kind == TENSOR_DATA])
    home, end, blocks = next(homes, None), 0, 0
    for index, payload in enumerate(bundle.payloads):
        subject, start = f"payload {index}", payload.offset
        check(start % alignment == 0, subject, f"offset {start} is not a multiple of {alignment}")
        check(start >= end, subject, f"starts at {start}, the one before ends at {end}")
        check(payload.encoding == 0, subject, f"encoding {payload.encoding} is unknown")
        check(payload.first_block == blocks, subject,
              f"its first block is {payload.first_block}, must be {blocks}")
        while home and not lies_in(payload, home):
            home = next(homes, None)
        check(home, subject, "lies outside the sections of tensor data")
        end, blocks = start + payload.byte_count, blocks + block_count(payload.byte_count)
    check(len(bundle.block_digests) == 32 * blocks, "block digests",
          f"have {len(bundle.block_digests)} bytes, {32 * blocks} are needed")


def lies_in(payload, section):
    return (section.offset <= payload.offset
            and payload.offset + payload.byte_count <= section.offset + section.byte_count)


def check_tensors(bundle):
    used = bytearray(len(bundle.payloads))
    # A member has at most one section of tensor data, as names are unique within kind and member.
    homes = {home.member: home for home in bundle.sections if home.kind == TENSOR_DATA}
    for owner, member in enumerate(bundle.members):
        last_name, home = b"", homes.get(owner)
        for index in range(member.first_tensor, member.first_tensor + member.tensor_count):
            tensor, subject = bundle.tensors[index], f"tensor {index}"
            check(tensor.name_bytes >= 1, subject, "its name is empty")
            name = check_string(bundle, tensor.name, tensor.name_bytes, f"{subject}: name")
            check(tensor.payload < len(bundle.payloads), subject,
                  f"payload {tensor.payload} does not exist")
            check(name > last_name, subject, "its name does not ascend")
            check_shape(bundle, tensor, subject)
            used[tensor.payload] |= bool(home and lies_in(bundle.payloads[tensor.payload], home))
            last_name = name
    check(all(used), f"payload {used.find(0)}", "no member uses it in whose section it lies")


def check_shape(bundle, tensor, subject):
    """Checks type and shape; a zero dimension does not hide an overflow of the others."""
    check(tensor.type in TYPES, subject, f"element type {tensor.type} is unknown")
    check(tensor.rank <= 64, subject, f"rank is {tensor.rank}, must be at most 64")
    check(tensor.first_dimension + tensor.rank <= len(bundle.dimensions), subject,
          "its shape lies outside the dimensions pool")
    type, shape = TYPES[tensor.type], bundle.shape(tensor)
    elements = math.prod(dimension for dimension in shape if dimension)
    byte_count = elements // type.block_elements * type.block_bytes
    check(max(elements, byte_count) < 1 << 63, subject, "has more than 2^63-1 elements or bytes")
    filled = elements if 20 <= tensor.type <= 22 else shape[-1] if shape else 1
    check(0 in shape and 20 <= tensor.type <= 22 or filled % type.block_elements == 0, subject,
          f"{filled} elements do not fill blocks of {type.block_elements}")
    needed, held = 0 if 0 in shape else byte_count, bundle.payloads[tensor.payload].byte_count
    check(needed == held, subject, f"needs {needed} bytes, its payload has {held}")
