"""Flaws of the records of tensors, payloads and sections: `open` finds them.

Each flaw: its name, the readers' words for it, and the edit of the good bundle (or its maker).
"""

from edit_bundle import (
    NONE, TABLES, Bundle, lz4_frame, with_documents, with_files, with_frame, with_tensor, written)
from write_bundle import example

UNSAFE_PATHS = [
    ("empty", ""), ("absolute", "/config.json"), ("parent", "../config.json"),
    ("parent-inside", "a/../config.json"), ("parent-last", "a/.."), ("only-parent", ".."),
    ("only-here", "."), ("here-inside", "a/./b"), ("part-empty", "a//b"), ("part-last-empty", "a/"),
    ("backslash", "a\\b"), ("drive", "c:config.json"), ("line-feed", "a\nb"),
    ("unit-separator", "a\x1fb"), ("delete", "a\x7fb"),
]


def exaggerated(bundle):
    """Says that an LZ4 frame of n bytes holds 255 n + 1."""
    stored_bytes = bundle.get(bundle.at("sections", 1, 32), "Q")
    return bundle.set("sections", 1, 40, "Q", 255 * stored_bytes + 1)


def with_large_frame():
    """Returns a bundle whose first document is an LZ4 frame of more than 2^28 / 255 bytes."""
    arguments = example()
    arguments["documents"][0] = (4, "big", "config.json", bytes(17 << 16), large_frame)
    return written(**arguments)


def large_frame(plain):
    return lz4_frame(plain, limits=0x60)


def without_sections(bundle):
    """Removes the records of all sections, and what lies behind the directory."""
    start, end = bundle.at("sections", 0), bundle.at("relations", 0)
    directory_bytes = bundle.get(56, "Q") - (end - start)
    del bundle.data[start:end], bundle.data[4096 + directory_bytes:]
    bundle.put(4096 + 16 * TABLES.index("sections") + 8, "Q", 0)
    for table in range(TABLES.index("relations"), len(TABLES)):
        place = 4096 + 16 * table
        bundle.put(place, "Q", bundle.get(place, "Q") - (end - start))
    return bundle.put(32, "Q", len(bundle.data)).put(56, "Q", directory_bytes)


def without_tensor_sections():
    """Returns a bundle with a payload in a document: there is no section of tensor data."""
    bundle = written(members={"one": {"role": "primary", "tensors": {"x": ("U8", [1], b"x")}}},
                     documents=[(4, "one", "x", b"x", None)])
    return bundle.set("sections", 2, 0, "I", 6)


TENSOR_FLAWS = [
    ("tensor-name-empty", "its name is empty", lambda b: b.set("tensors", 0, 4, "H", 0)),
    ("tensor-name-outside-pool", "outside the strings pool",
     lambda b: b.set("tensors", 0, 0, "I", b.get(4232, "Q"))),
    ("tensor-names-swapped", "tensor 1: its name does not ascend",
     lambda b: b.swap("tensors", 0, 1, 0, 6)),
    ("tensor-names-equal", "tensor 4: its name does not ascend",
     lambda b: b.copy("tensors", 3, 4, 0, 6)),
    *[(f"tensor-type-{number}", f"element type {number} is unknown",
       lambda b, number=number: b.set("tensors", 0, 6, "B", number))
      for number in (0, 23, 39, 67, 255)],
    ("tensor-type-0-of-a-byte", "element type 0 is unknown",
     lambda b: with_tensor("U8", [1], b"x").set("tensors", 0, 6, "B", 0)),
    ("tensor-rank-65", "rank is 65", lambda b: with_tensor("U8", [1] * 65, b"x")),
    ("tensor-shape-outside-pool", "outside the dimensions pool",
     lambda b: b.set("tensors", 0, 8, "I", b.get(4096 + 16 * 6 + 8, "Q") - 1)),
    ("tensor-shape-offset-largest", "outside the dimensions pool",
     lambda b: b.set("tensors", 0, 8, "I", NONE)),
    ("tensor-payload-out-of-range", "payload 10 does not exist",
     lambda b: b.set("tensors", 0, 12, "I", 10)),
    ("tensor-payload-largest", "does not exist", lambda b: b.set("tensors", 0, 12, "I", NONE)),
    ("tensor-elements-wrap-to-0", "2^63-1", lambda b: with_tensor("U8", [1 << 32, 1 << 32], b"")),
    ("tensor-elements-wrap-to-4", "2^63-1",
     lambda b: with_tensor("U8", [(1 << 62) + 1, 4], b"xxxx")),
    ("tensor-elements-2-63", "2^63-1", lambda b: with_tensor("U8", [1 << 63], b"")),
    ("tensor-bytes-wrap-to-0", "2^63-1", lambda b: with_tensor("F64", [1 << 61], b"")),
    ("tensor-empty-but-overflows", "2^63-1",
     lambda b: with_tensor("U8", [0, 1 << 32, 1 << 32], b"")),
    ("tensor-empty-but-overflows-first", "2^63-1",
     lambda b: with_tensor("U8", [1 << 32, 1 << 32, 0], b"")),
    ("tensor-last-dimension", "do not fill blocks of 32",
     lambda b: with_tensor("Q4_0", [2, 16], bytes(18))),
    ("tensor-rank-0-of-blocks", "do not fill blocks of 32",
     lambda b: with_tensor("Q4_0", [], bytes(18))),
    ("tensor-sub-byte-unfilled", "do not fill blocks of 2",
     lambda b: with_tensor("F4", [3], bytes(2))),
    ("tensor-six-bit-unfilled", "do not fill blocks of 4",
     lambda b: with_tensor("F6_E3M2", [2], bytes(2))),
    ("tensor-longer-than-payload", "needs 8 bytes", lambda b: with_tensor("F32", [2], bytes(7))),
    ("tensor-shorter-than-payload", "needs 8 bytes", lambda b: with_tensor("F32", [2], bytes(9))),
    ("tensor-rank-0-with-two-elements", "needs 4 bytes",
     lambda b: with_tensor("F32", [], bytes(8))),
    ("tensor-empty-rows-of-part-blocks", "do not fill blocks of 32",
     lambda b: with_tensor("Q4_0", [0, 16], b"")),
    ("tensor-q8-1-of-40-bytes", "needs 36 bytes", lambda b: with_tensor("Q8_1", [32], bytes(40))),
]

PAYLOAD_FLAWS = [
    ("payload-misaligned", "is not a multiple of 64", lambda b: b.add("payloads", 6, 0, "Q", 2)),
    ("payload-overlap", "the one before ends", lambda b: b.add("payloads", 6, 0, "Q", -64)),
    ("payloads-out-of-order", "the one before ends", lambda b: b.swap("payloads", 6, 7, 0, 16)),
    ("payload-in-superblock", "outside the sections", lambda b: b.set("payloads", 0, 0, "Q", 0)),
    ("payload-in-document", "outside the sections",
     lambda b: b.set("payloads", 0, 0, "Q", b.section(5)[0])),
    ("payload-past-section", "outside the sections",
     lambda b: b.add("payloads", 9, 0, "Q", 64)),
    ("payload-past-file", "outside the sections",
     lambda b: b.set("payloads", 9, 0, "Q", 1 << 40)),
    ("payload-offset-wraps", "outside the sections",
     lambda b: b.set("payloads", 9, 0, "Q", (1 << 64) - 64)),
    ("payload-byte-count-wraps", "outside the sections",
     lambda b: b.set("payloads", 9, 8, "Q", (1 << 64) - 64)),
    ("payload-across-sections", "outside the sections",
     lambda b: b.set("payloads", 7, 8, "Q", 100)),
    ("payload-byte-count", "needs 2 bytes", lambda b: b.set("payloads", 6, 8, "Q", 3)),
    ("payload-first-block", "its first block is 4", lambda b: b.add("payloads", 6, 16, "I", -1)),
    ("payload-first-block-0", "its first block is 1", lambda b: b.set("payloads", 0, 16, "I", 1)),
    ("payload-encoding", "encoding 1", lambda b: b.set("payloads", 0, 20, "I", 1)),
    ("payload-unused", "payload 9: no member uses it", lambda b: b.set("tensors", 11, 12, "I", 3)),
    ("block-digests-too-long", "block digests: have 320",
     lambda b: b.set("sections", 0, 32, "QQ", 320, 320).seal_section(0)),
    ("payload-in-section-of-other-member", "payload 0: no member uses it",
     lambda b: b.swap("sections", 6, 7, 16, 20)),
    ("payload-without-tensor-sections", "outside the sections",
     lambda b: without_tensor_sections()),
]

SECTION_FLAWS = [
    ("section-kind-0", "kind 0 is unknown", lambda b: b.set("sections", 4, 0, "I", 0)),
    ("section-kind-9", "kind 9 is unknown", lambda b: b.set("sections", 4, 0, "I", 9)),
    ("section-flag-unknown", "flags 0x2", lambda b: b.set("sections", 1, 4, "I", 2)),
    ("section-flag-beside-lz4", "flags 0x80000001",
     lambda b: with_frame().set("sections", 1, 4, "I", 0x80000001)),
    ("section-tensors-as-lz4", "flags 0x1",
     lambda b: b.set("sections", 6, 4, "I", 1).put(16, "Q", 1)),
    ("section-blocks-as-lz4", "flags 0x1",
     lambda b: b.set("sections", 0, 4, "I", 1).put(16, "Q", 1)),
    ("section-name-of-blocks", "has a name", lambda b: b.set("sections", 0, 12, "I", 3)),
    ("section-name-of-tensors", "has a name", lambda b: b.set("sections", 6, 12, "I", 3)),
    ("section-name-outside-pool", "outside the strings pool",
     lambda b: b.set("sections", 1, 12, "I", NONE)),
    ("section-member-out-of-range", "member 3 is no member",
     lambda b: b.set("sections", 1, 16, "I", 3)),
    ("section-tensors-of-no-member", "belongs to no member",
     lambda b: b.set("sections", 6, 16, "I", NONE)),
    ("section-file-map-of-no-member", "belongs to no member",
     lambda b: b.set("sections", 5, 16, "I", NONE)),
    ("section-reserved-20", "bytes 20 to 23", lambda b: b.set("sections", 1, 20, "I", 1)),
    ("section-reserved-80", "80 to 103", lambda b: b.set("sections", 1, 80, "B", 1)),
    ("section-reserved-103", "80 to 103", lambda b: b.set("sections", 1, 103, "B", 1)),
    ("section-misaligned", "is not a multiple of 64", lambda b: b.add("sections", 4, 24, "Q", 1)),
    ("section-tensors-misaligned", "is not a multiple of 4096",
     lambda b: b.put(96, "I", 4096)),
    ("section-overlap", "the part before it ends", lambda b: b.add("sections", 5, 24, "Q", -64)),
    ("section-in-directory", "the part before it ends",
     lambda b: b.set("sections", 0, 24, "Q", 4096)),
    ("section-in-superblock", "the part before it ends",
     lambda b: b.set("sections", 0, 24, "Q", 0)),
    ("sections-out-of-order", "section 1: lies behind a gap",
     lambda b: b.swap("sections", 1, 2, 24, 80)),
    ("section-gap", "lies behind a gap", lambda b: b.insert_zeros(6, 64)),
    ("section-gap-after-directory", "lies behind a gap", lambda b: b.insert_zeros(0, 64)),
    ("sections-end-early", "sections: end at", lambda b: Bundle(b.data + bytes(64)).put(
        32, "Q", len(b.data) + 64)),
    ("section-plain-byte-count", "381 plain bytes", lambda b: b.set("sections", 1, 40, "Q", 381)),
    ("section-digest-of-tensors", "its digest is not zero",
     lambda b: b.flip(b.at("sections", 6, 48))),
    ("section-past-end", "ends after the end",
     lambda b: b.add("sections", 8, 32, "Q", 1).add("sections", 8, 40, "Q", 1)),
    ("section-byte-count-wraps", "ends after the end",
     lambda b: b.set("sections", 8, 32, "QQ", *[(1 << 64) - 64] * 2)),
    ("section-offset-wraps", "lies behind a gap",
     lambda b: b.set("sections", 8, 24, "Q", (1 << 64) - 64)),
    ("section-manifest-as-lz4", "flags 0x1",
     lambda b: b.set("sections", 8, 4, "I", 1).put(16, "Q", 1)),
    ("section-name-of-manifest", "has a name", lambda b: b.set("sections", 8, 12, "I", 3)),
    ("section-blocks-of-member", "belongs to a member", lambda b: b.set("sections", 0, 16, "I", 0)),
    ("section-manifest-of-member", "belongs to a member",
     lambda b: b.set("sections", 8, 16, "I", 0)),
    ("section-header-of-no-member", "belongs to no member",
     lambda b: b.set("sections", 2, 16, "I", NONE)),
    ("section-template-of-no-member", "belongs to no member",
     lambda b: b.set("sections", 4, 16, "I", NONE)),
    ("section-lz4-ratio", "more than 255 times",
     lambda b: exaggerated(with_frame())),
    ("section-lz4-ratio-wraps", "more than 255 times",
     lambda b: with_frame().set("sections", 1, 40, "Q", (1 << 64) - 1)),
    ("section-lz4-of-no-bytes", "more than 255 times",
     lambda b: with_frame().set("sections", 1, 32, "QQ", 0, 1)),
]

ORDER_FLAWS = [
    ("section-blocks-not-first", "kind 2 must not stand behind kind 4",
     lambda b: b.swap("sections", 0, 1, 0, 20)),
    ("section-document-after-tensors", "section 5: kind 8 must not stand behind kind 1",
     lambda b: b.set("sections", 4, 0, "I", 1).set("sections", 4, 48, "32s", b"")),
    ("section-template-after-tensors", "section 7: kind 7 must not stand behind kind 1",
     lambda b: b.set("sections", 7, 0, "I", 7)),
    ("section-tensors-after-manifest", "section 8: kind 1 must not stand behind kind 3",
     lambda b: b.set("sections", 7, 0, "I", 3).set("sections", 7, 16, "I", NONE)
     .set("sections", 8, 0, "I", 1).set("sections", 8, 16, "I", 1)
     .set("sections", 8, 48, "32s", b"")),
    ("sections-two-with-blocks", "2 hold block digests",
     lambda b: b.set("sections", 1, 0, "I", 2).set("sections", 1, 12, "II", 0, NONE)),
    ("sections-none-with-blocks", "0 hold block digests",
     lambda b: b.set("sections", 0, 0, "I", 4).copy("sections", 3, 0, 8, 16)),
    ("sections-two-manifests", "2 hold a manifest",
     lambda b: b.set("sections", 7, 0, "I", 3).set("sections", 7, 16, "I", NONE)),
    ("sections-no-manifest", "0 hold a manifest",
     lambda b: b.set("sections", 8, 0, "I", 1).set("sections", 8, 16, "I", 2)
     .set("sections", 8, 48, "32s", b"")),
    ("sections-none", "0 hold block digests", without_sections),
]

NAME_FLAWS = [
    *[(f"path-{name}", "name: is no safe relative path",
       lambda b, path=path: with_documents((4, "big", path, b"", None)))
      for name, path in UNSAFE_PATHS],
    ("path-of-header-unsafe", "name: is no safe relative path",
     lambda b: with_documents((5, "big", "../model.safetensors", b"", None))),
    ("path-of-bundle-unsafe", "name: is no safe relative path",
     lambda b: with_documents((4, None, "/etc/passwd", b"", None))),
    ("path-of-4097-bytes", "name: is no safe relative path",
     lambda b: with_documents((4, "big", "a/" * 2048 + "b", b"", None))),
    ("sections-4097", "sections: are 4097",
     lambda b: with_documents(*[(4, None, f"d{n}", b"", None) for n in range(4097 - 9)])),
    ("section-name-of-metadata", "has a name",
     lambda b: with_documents((6, "words", "x", b"x", None))),
    ("section-name-of-template", "has a name",
     lambda b: with_documents((7, "words", "second", b"", None))),
    ("section-name-of-file-map", "has a name",
     lambda b: with_documents((8, "big", "second", {}, None))),
    ("section-lz4-too-long", "a frame must have at most 268435456",
     lambda b: with_large_frame().set("sections", 1, 40, "Q", (1 << 28) + 1)),
    ("section-file-map-too-long", "must have at most 4194944",
     lambda b: with_files({"x": [(0, 0, 0, 1)] * 174789})),
    ("path-twice", "two of one kind and member",
     lambda b: with_documents((4, "big", "config.json", b"", None))),
    ("path-twice-in-bundle", "two of one kind and member",
     lambda b: with_documents((4, None, "NOTICE", b"", None), (4, None, "LICENSE", b"", None))),
    ("path-of-header-twice", "two of one kind and member",
     lambda b: with_documents((5, "big", "model.safetensors", b"", None))),
    ("section-templates-of-one-name", "two of one kind and member",
     lambda b: with_documents((7, "words", "", b"", None))),
    ("section-tensors-of-member-twice", "two of one kind and member",
     lambda b: b.set("sections", 7, 16, "I", 0)),
]

SECTION_FLAWS = (TENSOR_FLAWS + PAYLOAD_FLAWS + SECTION_FLAWS + ORDER_FLAWS + NAME_FLAWS)
