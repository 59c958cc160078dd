"""Flaws of what the sections hold: `verify` finds them, `open` does not look.

Each flaw: its name, the readers' words for it, and the edit of the good bundle (or its maker).
"""

import json
import struct

from edit_bundle import (
    NONE, lz4_frame, with_file_map, with_files, with_frame, with_template, written)
from hostile_sections import UNSAFE_PATHS
from write_bundle import example


def lie(value, *path):
    """Returns the edit that sets a value of the manifest."""
    return changed(path, lambda place: place.__setitem__(path[-1], value))


def without(*path):
    """Returns the edit that removes a value of the manifest."""
    return changed(path, lambda place: place.__delitem__(path[-1]))


def changed(path, change):
    """Returns the edit that changes what holds the end of the path."""
    def edit(bundle):
        place = manifest = bundle.manifest()
        for key in path[:-1]:
            place = place[key]
        change(place)
        return bundle.put_manifest(text_of(manifest))
    return edit


def text_of(manifest):
    """Returns the manifest with as few escapes as the format wants."""
    return json.dumps(manifest, ensure_ascii=False).encode()


def turned_round(bundle):
    """Gives the manifest its keys in the opposite order."""
    return bundle.put_manifest(text_of(dict(reversed(bundle.manifest().items()))))


def with_escapes(bundle):
    """Writes the characters beyond ASCII of the manifest as escapes."""
    return bundle.put_manifest(json.dumps(bundle.manifest()).encode())


def replaced(old, new):
    """Returns the edit that replaces bytes of the manifest's text."""
    def edit(bundle):
        text = bytes(bundle.data[bundle.section(8)[0]:])
        assert old in text, old
        return bundle.put_manifest(text.replace(old, new, 1))
    return edit


def listing_itself(bundle):
    manifest = bundle.manifest()
    manifest["sections"].append(dict(manifest["sections"][0], kind="manifest"))
    return bundle.put_manifest(text_of(manifest))


DIGEST_FLAWS = [
    ("member-tensor-set-digest", "tensor-set digest differs",
     lambda b: b.flip(b.at("members", 0, 32))),
    ("member-tensor-set-digest-of-none", "tensor-set digest differs",
     lambda b: b.flip(b.at("members", 2, 32))),
    ("member-config-digest", "config digest differs", lambda b: b.flip(b.at("members", 0, 64))),
    ("member-config-digest-of-none", "config digest differs",
     lambda b: b.flip(b.at("members", 1, 64))),
    ("payload-changed", "payload 5: the digest of block 0",
     lambda b: b.flip(b.get(b.at("payloads", 5), "Q"))),
    ("block-digest-changed", "payload 0: the digest of block 0",
     lambda b: b.flip(b.section(0)[0]).seal_section(0)),
    ("padding-between-payloads", "padding", lambda b: b.flip(b.get(b.at("payloads", 6), "Q") - 1)),
    ("padding-before-tensor-section", "padding", lambda b: b.flip(b.section(7)[0] - 1)),
    ("padding-before-document", "padding", lambda b: b.flip(b.section(0)[1])),
    ("section-digest", "section 1: its digest differs", lambda b: b.flip(b.at("sections", 1, 48))),
    ("section-digest-of-blocks", "section 0: its digest differs",
     lambda b: b.flip(b.at("sections", 0, 48))),
    ("section-changed", "section 1: its digest differs", lambda b: b.flip(b.section(1)[0])),
    ("section-digest-of-manifest", "section 8: its digest differs",
     lambda b: b.flip(b.at("sections", 8, 48))),
    ("padding-before-manifest", "padding", lambda b: b.flip(b.section(8)[0] - 1)),
    ("padding-after-directory", "padding", lambda b: b.flip(b.section(0)[0] - 1)),
    ("template-not-utf-8", "section 4: its text is not valid", lambda b: with_template(b"a\xff")),
    ("template-overlong", "section 4: its text is not valid", lambda b: with_template(b"\xc0\xaf")),
    ("template-cut-character", "section 4: its text is not valid",
     lambda b: with_template(b"a\xc3")),
]

FRAME_FLAWS = [
    ("lz4-magic", "another magic number", lambda b: with_frame(magic=0x184C2102)),
    ("lz4-skippable", "another magic number",
     lambda b: with_frame(before=struct.pack("<II", 0x184D2A50, 4) + b"skip")),
    ("lz4-version", "FLG byte is", lambda b: with_frame(flags=0xAC)),
    ("lz4-linked-blocks", "FLG byte is", lambda b: with_frame(flags=0x4C)),
    ("lz4-no-content-size", "FLG byte is", lambda b: with_frame(flags=0x64)),
    ("lz4-no-content-checksum", "FLG byte is", lambda b: with_frame(flags=0x68)),
    ("lz4-reserved-flag", "FLG byte is", lambda b: with_frame(flags=0x6E)),
    ("lz4-dictionary", "FLG byte is", lambda b: with_frame(flags=0x6D, dictionary=b"dict")),
    ("lz4-block-size-code", "BD byte is", lambda b: with_frame(limits=0x30)),
    ("lz4-reserved-limit", "BD byte is", lambda b: with_frame(limits=0x41)),
    ("lz4-content-size", "holds 381 bytes", lambda b: with_frame(size=1)),
    ("lz4-block-too-long", "a block is longer",
     lambda b: with_frame(block=struct.pack("<I", 1 << 31 | 65537) + bytes(65537))),
    ("lz4-block-past-end", "ends within a block",
     lambda b: with_frame(more_blocks=struct.pack("<I", 60000))),
    ("lz4-no-end-mark", "ends without an end mark",
     lambda b: written(**example(compress=lambda plain: lz4_frame(plain)[:-8]))),
    ("lz4-shorter-than-header", "shorter than its header",
     lambda b: written(**example(compress=lambda plain: lz4_frame(plain)[:14]))),
    ("lz4-trailing-bytes", "ends 1 bytes before", lambda b: with_frame(after=b"\0")),
    ("lz4-second-frame", "ends 19 bytes before",
     lambda b: written(**example(compress=lambda plain: lz4_frame(plain) + bytes(19)))),
    ("lz4-header-checksum", "does not decode", lambda b: with_frame(header_checksum=1)),
    ("lz4-content-checksum", "does not decode", lambda b: with_frame(checksum=1)),
    ("lz4-block-damaged", "does not decode",
     lambda b: with_frame(block=struct.pack("<I", 5) + b"\x0f\xff\xff\xff\xff")),
    ("lz4-content-shorter", "does not decode",
     lambda b: with_frame(block=struct.pack("<I", 1 << 31 | 1) + b"x")),
    ("lz4-content-longer", "does not decode",
     lambda b: with_frame(more_blocks=struct.pack("<I", 1 << 31 | 1) + b"x")),
    ("lz4-block-checksums", "FLG byte is", lambda b: with_frame(flags=0x7C)),
    ("lz4-empty-section", "shorter than its header",
     lambda b: with_template(b"", lambda plain: b"")),
    ("lz4-template-not-utf-8", "its text is not valid",
     lambda b: with_template(b"\xff", lz4_frame)),
    ("lz4-file-map-past-payload", "passes the end of payload 0",
     lambda b: with_file_map((2, 0, 1, 48), compress=lz4_frame)),
]

FILE_MAP_FLAWS = [
    ("file-map-too-short", "shorter than 8",
     lambda b: with_template(b"7 bytes").set("sections", 4, 0, "I", 8)),
    ("file-map-too-many-files", "has no room",
     lambda b: b.put(b.section(5)[0], "Q", 1 << 61).seal_section(5)),
    ("file-map-cut", "ends within a segment",
     lambda b: b.add("sections", 5, 32, "Q", -1).add("sections", 5, 40, "Q", -1).seal_section(5)),
    ("file-map-path-outside-pool", "path: lies outside",
     lambda b: b.put(b.section(5)[0] + 8, "I", NONE).seal_section(5)),
    ("file-map-first-segment", "first segment is 1",
     lambda b: b.put(b.section(5)[0] + 16, "Q", 1).seal_section(5)),
    ("file-map-segments-left-over", "segments, it has 5",
     lambda b: b.put(b.section(5)[0] + 48, "Q", 0).seal_section(5)),
    ("file-map-segments-too-many", "1 remain",
     lambda b: b.put(b.section(5)[0] + 48, "Q", 1 << 63).seal_section(5)),
    ("file-map-segment-kind", "segment kind 3", lambda b: with_file_map((3, 0, 0, 1))),
    ("file-map-zeros-with-index", "segment of zeros", lambda b: with_file_map((0, 1, 0, 8))),
    ("file-map-zeros-with-start", "segment of zeros", lambda b: with_file_map((0, 0, 1, 8))),
    ("file-map-section-unknown", "section 9 does not exist",
     lambda b: with_file_map((1, 9, 0, 1))),
    ("file-map-payload-unknown", "payload 10 does not exist",
     lambda b: with_file_map((2, 10, 0, 1))),
    ("file-map-past-section", "passes the end of section 2",
     lambda b: with_file_map((1, 2, 20, 5))),
    ("file-map-past-payload", "passes the end of payload 0",
     lambda b: with_file_map((2, 0, 1, 48))),
    ("file-map-start-wraps", "passes the end of payload 0",
     lambda b: with_file_map((2, 0, (1 << 64) - 8, 16))),
    ("file-map-zeros-too-long", "has 1048577 zeros", lambda b: with_file_map((0, 0, 0, 1048577))),
    *[(f"file-map-section-of-kind-{kind}", f"is of kind {kind}",
       lambda b, index=index: with_file_map((1, index, 0, 0)))
      for kind, index in ((1, 6), (2, 0), (3, 8), (8, 5))],
    *[(f"file-map-path-{name}", "path: is no safe relative path",
       lambda b, path=path: with_files({path: []})) for name, path in UNSAFE_PATHS],
    ("file-map-path-twice", "two files have the same path",
     lambda b: b.copy_bytes(b.section(5)[0] + 8, b.section(5)[0] + 32, 8).seal_section(5)),
    ("file-map-path-inside-character", "path: begins or ends inside a character",
     lambda b: b.put(b.section(5)[0] + 8, "II", b.get(b.at("fields", 1, 8), "Q") + 3, 1)
     .seal_section(5)),
    ("file-map-folder-of-another", "is the folder of another",
     lambda b: with_files({"a": [], "a-b": [], "a/b": []})),
    ("file-map-path-of-4097-bytes", "path: is no safe relative path",
     lambda b: with_files({"a/" * 2048 + "b": []})),
    ("file-map-files-too-long", "its files have 1153433600 bytes",
     lambda b: with_file_map(*[(0, 0, 0, 1 << 20)] * 1100)),
]

MANIFEST_FLAWS = [
    ("manifest-order", "other keys, escapes or floats", turned_round),
    ("manifest-escapes", "other keys, escapes or floats", with_escapes),
    ("manifest-float", "other keys, escapes or floats", replaced(b"10000.5", b"1.00005e4")),
    ("manifest-float-digits", "other keys, escapes or floats", replaced(b"10000.5", b"10000.50")),
    ("manifest-empty", "manifest: is not JSON", lambda b: b.put_manifest(b"")),
    ("manifest-not-json", "manifest: is not JSON", lambda b: b.put_manifest(b"format: tandem")),
    ("manifest-cut", "manifest: is not JSON", lambda b: b.put_manifest(b.data[b.section(8)[0]:-2])),
    ("manifest-text-after", "manifest: is not JSON", replaced(b"}\n", b"}\n{}")),
    ("manifest-not-utf-8", "manifest: is not JSON", replaced(b"LICENSE", b"LICEN\xffE")),
    ("manifest-byte-order-mark", "manifest: is not JSON",
     lambda b: b.put_manifest(b"\xef\xbb\xbf" + b.data[b.section(8)[0]:])),
    ("manifest-key-twice", "has a key twice",
     replaced(b'"version": 1', b'"version": 2, "version": 1')),
    ("manifest-nan", "NaN is no number", replaced(b"10000.5", b"NaN")),
    ("manifest-deep", "manifest: is not JSON", lambda b: b.put_manifest(b"[" * 100000)),
    ("manifest-deep-value", "manifest.format: is an array",
     replaced(b'"tandem"', b"[" * 900 + b"]" * 900)),
    ("manifest-array", "must be an object", lambda b: b.put_manifest(b"[]")),
    ("manifest-format", "manifest.format: is", lie("safetensors", "format")),
    ("manifest-version", "manifest.version: is 2", lie(2, "version")),
    ("manifest-version-true", "manifest.version: is true", lie(True, "version")),
    ("manifest-version-with-point", "manifest.version: is 1.0", lie(1.0, "version")),
    ("manifest-alignment", "manifest.section_alignment: is", lie(128, "section_alignment")),
    ("manifest-extra-key", 'must have no key "note"', lie("", "note")),
    ("manifest-missing-key", 'has no key "relations"', without("relations")),
    ("manifest-member-missing", "members: has 2 elements", without("members", 2)),
    ("manifest-member-name", "members[0].name: is", lie("large", "members", 0, "name")),
    ("manifest-member-role", "members[0].role: is", lie("router", "members", 0, "role")),
    ("manifest-member-tokenizer", "members[0].tokenizer: is", lie(None, "members", 0, "tokenizer")),
    *[(f"manifest-member-{name}", f"{name}: is",
       lie("0" * 64, "members", 0, name)) for name in (
           "tensor_set_digest", "config_digest", "tokenizer_digest")],
    ("manifest-digest-of-none", "members[1].config_digest: is",
     lie("0" * 64, "members", 1, "config_digest")),
    ("manifest-field", "config.dim: is 5", lie(5, "members", 0, "fields", "config.dim")),
    ("manifest-field-float", "config.theta: is", lie(10000.25, "members", 0, "fields",
                                                     "config.theta")),
    ("manifest-field-truth", "config.tied: is 1", lie(1, "members", 0, "fields", "config.tied")),
    ("manifest-field-list", "config.layers[2]: is 9223372036854775807",
     lie((1 << 63) - 1, "members", 0, "fields", "config.layers", 2)),
    ("manifest-field-missing", "has no key", without("members", 0, "fields", "source.name")),
    ("manifest-field-extra", "must have no key", lie(1, "members", 2, "fields", "config.dim")),
    ("manifest-tensor-missing", "tensors: has 9 elements", without("members", 0, "tensors", 3)),
    ("manifest-tensor-name", "tensors[0].name: is",
     lie("embad", "members", 0, "tensors", 0, "name")),
    ("manifest-tensor-type", "tensors[0].type: is", lie("U32", "members", 0, "tensors", 0, "type")),
    ("manifest-tensor-shape", "shape[0]: is 4", lie([4, 3], "members", 0, "tensors", 0, "shape")),
    ("manifest-tensor-offset", "tensors[6].offset: is",
     lie(4096, "members", 0, "tensors", 6, "offset")),
    ("manifest-tensor-byte-count", "tensors[6].byte_count: is",
     lie(4, "members", 0, "tensors", 6, "byte_count")),
    ("manifest-tensor-payload", "tensors[2].payload: is 1",
     lie(1, "members", 0, "tensors", 2, "payload")),
    ("manifest-relation-missing", "relations: has 0 elements", without("relations", 0)),
    ("manifest-relation-kind", "relations[0].kind: is", lie("independent", "relations", 0, "kind")),
    ("manifest-relation-from", "relations[0].from: is", lie("big", "relations", 0, "from")),
    ("manifest-relation-to", "relations[0].to: is", lie("small", "relations", 0, "to")),
    ("manifest-relation-field", "boundary: is", lie("paper", "relations", 0, "fields", "boundary")),
    ("manifest-section-missing", "sections: has 7 elements", without("sections", 7)),
    ("manifest-lists-itself", "sections: has 9 elements", listing_itself),
    ("manifest-section-kind", "sections[1].kind: is", lie("header", "sections", 1, "kind")),
    ("manifest-section-name", "sections[1].name: is", lie("tokenizer.json", "sections", 1, "name")),
    ("manifest-section-member", "sections[1].member: is", lie("small", "sections", 1, "member")),
    ("manifest-section-offset", "sections[1].offset: is", lie(8192, "sections", 1, "offset")),
    ("manifest-section-stored", "sections[1].stored_byte_count: is",
     lie(379, "sections", 1, "stored_byte_count")),
    ("manifest-section-byte-count", "sections[1].byte_count: is",
     lie(379, "sections", 1, "byte_count")),
    ("manifest-section-digest", "sections[1].digest: is", lie("0" * 64, "sections", 1, "digest")),
    ("manifest-section-digest-missing", "sections[1].digest: is",
     lie(None, "sections", 1, "digest")),
]

CONTENT_FLAWS = DIGEST_FLAWS + FRAME_FLAWS + FILE_MAP_FLAWS + MANIFEST_FLAWS
