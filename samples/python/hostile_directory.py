"""Flaws of the superblock and of the records that describe members: `open` finds them.

Each flaw: its name, the readers' words for it, and the edit of the good bundle (or its maker).
"""

import struct

from edit_bundle import NONE, Bundle, with_frame, with_relations, with_roles, written

# Edits after the digests have been made.
UNSEALED_FLAWS = [
    ("file-empty", "superblock: the file has 0", lambda b: Bundle(b"")),
    ("file-without-superblock", "superblock: the file has 4095", lambda b: Bundle(b.data[:4095])),
    ("file-superblock-only", "file byte count", lambda b: Bundle(b.data[:4096])),
    ("file-truncated", "file byte count", lambda b: Bundle(b.data[:-1])),
    ("file-trailing-byte", "file byte count", lambda b: Bundle(b.data + b"\0")),
    ("superblock-digest", "superblock: its SHA-256", lambda b: b.flip(4095)),
    ("directory-digest", "directory: its digest", lambda b: b.flip(64).seal_superblock()),
    ("directory-changed", "directory: its digest", lambda b: b.flip(b.at("values", 0))),
]

SUPERBLOCK_FLAWS = [
    ("magic-text-mode", "magic", lambda b: b.put(0, "8s", b"\x89TDM\n\x1a\n\n")),
    ("magic-of-gguf", "magic", lambda b: b.put(0, "4s", b"GGUF")),
    ("version-0", "version: is 0", lambda b: b.put(8, "I", 0)),
    ("version-2", "version: is 2", lambda b: b.put(8, "I", 2)),
    ("superblock-byte-count", "superblock byte count", lambda b: b.put(12, "I", 8192)),
    ("required-feature-unknown", "bits 0x4 ", lambda b: b.put(16, "Q", 4)),
    ("required-feature-63", "required features: bits 0x8", lambda b: b.put(16, "Q", 1 << 63)),
    ("required-feature-reserved", "bits 0x2 ", lambda b: b.put(16, "Q", 2)),
    ("required-feature-lz4-unused", "required features: bit 0", lambda b: b.put(16, "Q", 1)),
    ("required-feature-lz4-missing", "required features: bit 0",
     lambda b: with_frame().put(16, "Q", 0)),
    ("file-byte-count-larger", "file byte count", lambda b: b.put(32, "Q", len(b.data) + 1)),
    ("file-byte-count-smaller", "file byte count", lambda b: b.put(32, "Q", len(b.data) - 64)),
    ("file-byte-count-zero", "file byte count", lambda b: b.put(32, "Q", 0)),
    ("generation-0", "generation", lambda b: b.put(40, "Q", 0)),
    ("generation-2", "generation", lambda b: b.put(40, "Q", 2)),
    ("directory-offset-0", "directory offset", lambda b: b.put(48, "Q", 0)),
    ("directory-offset-odd", "directory offset", lambda b: b.put(48, "Q", 4100)),
    ("directory-offset-past-end", "directory offset", lambda b: b.put(48, "Q", 1 << 20)),
    ("directory-offset-wraps", "directory offset", lambda b: b.put(48, "Q", (1 << 64) - 64)),
    ("directory-too-small", "directory byte count", lambda b: b.put(56, "Q", 143)),
    ("directory-too-large", "directory byte count", lambda b: b.put(56, "Q", (1 << 30) + 1)),
    ("directory-past-end", "directory: ends", lambda b: b.put(56, "Q", len(b.data) - 4095)),
    ("directory-byte-count-wraps", "directory byte count", lambda b: b.put(56, "Q", 2**64 - 4096)),
    ("section-alignment-0", "section alignment", lambda b: b.put(96, "I", 0)),
    ("section-alignment-96", "section alignment", lambda b: b.put(96, "I", 96)),
    ("section-alignment-32", "section alignment", lambda b: b.put(96, "I", 32)),
    ("section-alignment-4-mib", "section alignment", lambda b: b.put(96, "I", 4 << 20)),
    ("tensor-alignment-0", "tensor alignment", lambda b: b.put(100, "I", 0)),
    ("tensor-alignment-32", "tensor alignment", lambda b: b.put(100, "I", 32)),
    ("tensor-alignment-96", "tensor alignment",
     lambda b: b.put(96, "I", 128).put(100, "I", 96)),
    ("tensor-alignment-above-sections", "tensor alignment", lambda b: b.put(100, "I", 128)),
    ("superblock-reserved-first", "bytes 104 to 4063", lambda b: b.put(104, "B", 1)),
    ("superblock-reserved-last", "bytes 104 to 4063", lambda b: b.put(4063, "B", 1)),
]

TABLE_FLAWS = [
    ("table-first-not-at-144", "table members: starts at 152", lambda b: b.put(4096, "Q", 152)),
    ("table-first-at-0", "table members: starts at 0", lambda b: b.put(4096, "Q", 0)),
    ("table-offset-wraps", "table members: starts", lambda b: b.put(4096, "Q", (1 << 64) - 8)),
    ("tables-swapped", "table tensors: starts",
     lambda b: b.put(4112, "4Q", *struct.unpack_from("<4Q", b.data, 4112)[2:],
                     *struct.unpack_from("<4Q", b.data, 4112)[:2])),
    ("table-padding", "table tensors: starts", lambda b: b.put(4112, "Q", b.get(4112, "Q") + 8)),
    ("table-overlap", "table tensors: starts", lambda b: b.put(4112, "Q", b.get(4112, "Q") - 128)),
    ("table-count-wraps", "table members: has",
     lambda b: b.put(4104, "Q", (1 << 57) + b.get(4104, "Q"))),
    ("table-count-largest", "table strings: has", lambda b: b.put(4232, "Q", (1 << 64) - 1)),
    ("table-count-one-more", "table tensors: starts",
     lambda b: b.put(4104, "Q", b.get(4104, "Q") + 1)),
    ("strings-one-more", "table strings: has", lambda b: b.put(4232, "Q", b.get(4232, "Q") + 1)),
    ("strings-end-early", "table strings: ends", lambda b: b.put(4232, "Q", b.get(4232, "Q") - 1)),
]

STRING_FLAWS = [
    ("strings-lone-continuation", "strings: is not valid", lambda b: b.text(b"words", b"\x80ords")),
    ("strings-byte-ff", "strings: is not valid", lambda b: b.text(b"words", b"\xffords")),
    ("strings-overlong", "strings: is not valid", lambda b: b.text(b"words", b"\xc0\xafrds")),
    ("strings-overlong-3", "strings: is not valid", lambda b: b.text(b"words", b"\xe0\x80\xafds")),
    ("strings-overlong-4", "strings: is not valid",
     lambda b: b.text(b"words", b"\xf0\x80\x80\xafs")),
    ("strings-surrogate", "strings: is not valid", lambda b: b.text(b"words", b"\xed\xa0\x80ds")),
    ("strings-above-10ffff", "strings: is not valid",
     lambda b: b.text(b"words", b"\xf4\x90\x80\x80s")),
    ("strings-cut-character", "strings: is not valid", lambda b: b.text(b"words", b"word\xc3")),
    ("strings-nul", "strings: has a NUL", lambda b: b.text(b"words", b"wo\0ds")),
    ("strings-end-inside-character", "strings: is not valid",
     lambda b: b.put(b.at("strings", 0) + b.get(4232, "Q") - 1, "B", 0xC3)),
    ("strings-nul-between-names", "strings: has a NUL", lambda b: b.text(b"LICENSE", b"LICEN\0E")),
    ("string-begins-inside-character", "tensor 5: name: begins or ends inside a character",
     lambda b: b.add("tensors", 5, 0, "I", 3).set("tensors", 5, 4, "H", 3)),
    ("string-ends-inside-character", "tensor 5: name: begins or ends inside a character",
     lambda b: b.set("tensors", 5, 4, "H", 3)),
    ("string-value-ends-inside-character", "value: begins or ends inside a character",
     lambda b: b.set("fields", 1, 16, "I", 3)),
    ("string-empty-inside-character", "value: begins or ends inside a character",
     lambda b: b.set("fields", 8, 8, "Q", b.get(b.at("fields", 1, 8), "Q") + 3)),
]

MEMBER_FLAWS = [
    ("member-role-0", "role 0 is unknown", lambda b: b.set("members", 0, 0, "I", 0)),
    *[(f"member-role-{role}", f"role {role} is unknown", lambda b, role=role: with_roles(role))
      for role in (6, 7, 1 << 31)],
    ("member-roles-out-of-order", "order of role", lambda b: with_roles("tokenizer", "primary")),
    ("member-two-primaries", "second one of role 1", lambda b: with_roles("primary", "primary")),
    ("member-two-routers", "second one of role 4", lambda b: with_roles("router", "router")),
    ("member-name-empty", "its name has 0 bytes", lambda b: b.set("members", 2, 8, "I", 0)),
    ("member-name-256-bytes", "its name has 256 bytes",
     lambda b: written(members={"n" * 256: {"role": "primary"}})),
    ("member-name-outside-pool", "outside the strings pool",
     lambda b: b.set("members", 2, 4, "I", b.get(4232, "Q") - 4)),
    ("member-name-offset-largest", "outside the strings pool",
     lambda b: b.set("members", 2, 4, "I", NONE)),
    ("member-name-twice", "name is that of another", lambda b: b.copy("members", 0, 2, 4, 12)),
    ("member-first-tensor", "its first tensor is 9", lambda b: b.set("members", 1, 12, "I", 9)),
    ("member-tensors-left-over", "members: have 11", lambda b: b.add("members", 1, 16, "I", -1).set(
        "members", 2, 12, "I", 11)),
    ("member-tensors-too-many", "members: have 13", lambda b: b.add("members", 2, 16, "I", 1)),
    ("member-tensor-count-largest", "its first tensor is 10",
     lambda b: b.set("members", 0, 16, "I", NONE)),
    ("member-first-field", "its first field is 8", lambda b: b.set("members", 1, 20, "I", 8)),
    ("member-fields-too-many", "its fields end at", lambda b: b.set("members", 1, 24, "I", 99)),
    ("member-field-count-largest", "its fields end at",
     lambda b: b.set("members", 0, 24, "I", NONE)),
    ("member-tokenizer-out-of-range", "tokenizer 3 is no member",
     lambda b: b.set("members", 0, 28, "I", 3)),
    ("member-tokenizer-of-other-role", "is no tokenizer",
     lambda b: b.set("members", 0, 28, "I", 1)),
    ("member-tokenizer-uses-itself", "is a tokenizer and uses another",
     lambda b: b.set("members", 2, 28, "I", 2)),
    ("member-tokenizer-digest", "digest is not that of its tokenizer",
     lambda b: b.flip(b.at("members", 0, 96))),
    ("member-tokenizer-digest-alone", "digest but no tokenizer",
     lambda b: b.set("members", 0, 28, "I", NONE)),
    ("members-1025", "members: are 1025", lambda b: with_roles(*["tokenizer"] * 1025)),
]

RELATION_FLAWS = [
    ("relation-kind-unknown", "its kind is unknown", lambda b: b.text(b"tandem", b"random")),
    ("relation-kind-empty", "its kind is unknown", lambda b: b.set("relations", 0, 4, "I", 0)),
    ("relation-kind-outside-pool", "outside the strings pool",
     lambda b: b.set("relations", 0, 0, "I", NONE)),
    ("relation-from-out-of-range", "3 is no member", lambda b: b.set("relations", 0, 8, "I", 3)),
    ("relation-to-out-of-range", "is no member", lambda b: b.set("relations", 0, 12, "I", NONE)),
    ("relation-reversed", "is no secondary", lambda b: b.set("relations", 0, 8, "II", 0, 1)),
    ("relation-to-tokenizer", "is no primary", lambda b: b.set("relations", 0, 12, "I", 2)),
    ("relation-first-field", "relation 0: its first field is 9",
     lambda b: b.set("relations", 0, 16, "I", 9)),
    ("relation-fields-left-over", "fields: 13 are used",
     lambda b: b.set("relations", 0, 20, "I", 3)),
    ("relation-fields-too-many", "its fields end at", lambda b: b.set("relations", 0, 20, "I", 5)),
    ("relation-twice", "relation 1: is a second one of its kind", lambda b: with_relations(
        ("tandem", "small", "big", {}), ("tandem", "small", "big", {}))),
    ("relation-twice-apart", "relation 2: is a second one of its kind", lambda b: with_relations(
        ("independent", "small", "big", {}), ("tandem", "small", "big", {}),
        ("independent", "small", "big", {}))),
]

FIELD_FLAWS = [
    ("field-key-empty", "its key is empty", lambda b: b.set("fields", 0, 4, "H", 0)),
    ("field-key-outside-pool", "outside the strings pool",
     lambda b: b.set("fields", 0, 0, "I", b.get(4232, "Q") - 1)),
    ("field-type-0", "type 0 is unknown", lambda b: b.set("fields", 0, 6, "H", 0)),
    ("field-type-7", "type 7 is unknown", lambda b: b.set("fields", 0, 6, "H", 7)),
    ("field-type-257", "type 257 is unknown", lambda b: b.set("fields", 0, 6, "H", 257)),
    ("field-truth-2", "truth value is 2", lambda b: b.set("fields", 6, 8, "Q", 2)),
    ("field-truth-high-byte", "truth value is", lambda b: b.set("fields", 6, 15, "B", 1)),
    ("field-string-outside-pool", "value: lies outside",
     lambda b: b.set("fields", 1, 8, "Q", b.get(4232, "Q") - 1)),
    ("field-string-offset-wraps", "value: lies outside",
     lambda b: b.set("fields", 1, 8, "Q", (1 << 64) - 1)),
    ("field-list-outside-pool", "outside the values pool",
     lambda b: b.add("fields", 13, 8, "Q", 1)),
    ("field-list-index-wraps", "outside the values pool",
     lambda b: b.set("fields", 2, 8, "Q", (1 << 64) - 1)),
    ("field-list-empty-past-pool", "outside the values pool",
     lambda b: b.set("fields", 3, 8, "Q", 7)),
    ("field-count-of-number", "count is 1", lambda b: b.set("fields", 0, 16, "I", 1)),
    ("field-reserved", "bytes 20 to 23", lambda b: b.set("fields", 0, 20, "I", 1)),
    ("field-keys-swapped", "its key does not ascend", lambda b: b.swap("fields", 7, 8, 0, 24)),
    ("field-keys-equal", "its key does not ascend", lambda b: b.copy("fields", 7, 8, 0, 6)),
]

DIRECTORY_FLAWS = (SUPERBLOCK_FLAWS + TABLE_FLAWS + STRING_FLAWS + MEMBER_FLAWS
                   + RELATION_FLAWS + FIELD_FLAWS)
