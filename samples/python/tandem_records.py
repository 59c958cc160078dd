"""The records, element types and digests of a `.tandem` bundle (`schemas/bundle.md`)."""

import hashlib
import struct
from collections import namedtuple

MAGIC = b"\x89TDM\r\n\x1a\n"
SUPERBLOCK_BYTES = 4096
BLOCK_BYTES = 1 << 20
NONE = 0xFFFFFFFF
FEATURE_LZ4 = 1  # bit 1 is reserved for payload encodings other than 0, of which there is none
MOST_MEMBERS = 1024
MOST_SECTIONS = 4096
MOST_PATH_BYTES = 4096
MOST_FRAME_BYTES = 1 << 28  # plain
MOST_RATIO = 255  # of plain bytes to those of an LZ4 frame
MOST_HOLE_BYTES = 1 << 30  # of source files, beyond what tensors and sections hold
NO_DIGEST = bytes(32)

ROLES = {1: "primary", 2: "secondary", 3: "projection", 4: "router", 5: "tokenizer"}
TOKENIZER = 5
RELATION_ROLES = {
    b"tandem": (2, 1), b"independent": (2, 1), b"projection": (3, 1), b"router": (4, 2)
}
KINDS = {
    1: "tensors", 2: "block_digests", 3: "manifest", 4: "document", 5: "header",
    6: "tokenizer_metadata", 7: "chat_template", 8: "file_map"
}
TENSOR_DATA, BLOCK_DIGESTS, MANIFEST, DOCUMENT, HEADER, _, CHAT_TEMPLATE, FILE_MAP = KINDS
FIELD_TYPES = {1: "<Q", 2: "<q", 3: "<d", 4: "<?7x", 5: None, 6: None}  # None: held in a pool

# Name, elements and bytes of a block, and the dtype of plain types (BF16 and F8: their bits).
ElementType = namedtuple("ElementType", "name block_elements block_bytes dtype")
PLAIN = """BOOL 1 1 ?, U8 1 1 u1, I8 1 1 i1, U16 1 2 <u2, I16 1 2 <i2, U32 1 4 <u4, I32 1 4 <i4,
    U64 1 8 <u8, I64 1 8 <i8, F16 1 2 <f2, BF16 1 2 <u2, F32 1 4 <f4, F64 1 8 <f8, C64 1 8 <c8,
    F8_E4M3 1 1 u1, F8_E5M2 1 1 u1, F8_E8M0 1 1 u1, F8_E4M3FNUZ 1 1 u1, F8_E5M2FNUZ 1 1 u1,
    F4 2 1 -, F6_E2M3 4 3 -, F6_E3M2 4 3 -"""
QUANTISED = """Q4_0 32 18 -, Q4_1 32 20 -, Q5_0 32 22 -, Q5_1 32 24 -, Q8_0 32 34 -, Q8_1 32 36 -,
    Q2_K 256 84 -, Q3_K 256 110 -, Q4_K 256 144 -, Q5_K 256 176 -, Q6_K 256 210 -, Q8_K 256 292 -,
    IQ1_S 256 50 -, IQ1_M 256 56 -, IQ2_XXS 256 66 -, IQ2_XS 256 74 -, IQ2_S 256 82 -,
    IQ3_XXS 256 98 -, IQ3_S 256 110 -, IQ4_NL 32 18 -, IQ4_XS 256 136 -, TQ1_0 256 54 -,
    TQ2_0 256 66 -, MXFP4 32 17 -, NVFP4 64 36 -, Q1_0 128 18 -, Q2_0 64 18 -"""
TYPES = {
    number: ElementType(name, int(elements), int(byte_count), None if dtype == "-" else dtype)
    for first, rows in ((1, PLAIN), (40, QUANTISED))
    for number, (name, elements, byte_count, dtype)
    in enumerate(map(str.split, rows.split(",")), first)
}


def record(name, layout, fields):
    """Returns a named tuple type for the records of one table, with their `struct` layout."""
    kind = namedtuple(name, fields)
    kind.layout = struct.Struct(layout)
    return kind


Superblock = record(
    "Superblock", "<8sIIQQQQQQ32sII3960s32s",
    "magic version superblock_bytes required optional file_bytes generation directory_offset "
    "directory_bytes directory_digest section_alignment tensor_alignment zero sha256")
TABLES = {
    "members": record(
        "Member", "<8I32s32s32s",
        "role name name_bytes first_tensor tensor_count first_field field_count tokenizer "
        "tensor_set_digest config_digest tokenizer_digest"),
    "tensors": record("Tensor", "<IHBBII", "name name_bytes type rank first_dimension payload"),
    "payloads": record("Payload", "<QQII", "offset byte_count first_block encoding"),
    "sections": record(
        "Section", "<6I3Q32s24s",
        "kind flags name name_bytes member zero offset stored_bytes byte_count digest zeros"),
    "relations": record(
        "Relation", "<6I", "kind kind_bytes source target first_field field_count"),
    "fields": record("Field", "<IHH8sII", "key key_bytes type value count zero"),
    "dimensions": record("Dimension", "<Q", "value"),
    "values": record("Value", "<Q", "value"),
    "strings": record("Character", "<c", "byte"),
}


class BundleError(ValueError):
    """What breaks a rule of the format, in one sentence."""


def check(holds, subject, sentence):
    if not holds:
        raise BundleError(f"{subject}: {sentence}")


def sha256(data):
    return hashlib.sha256(data).digest()


def digest(data):
    """Returns `D(data)`: the SHA-256 of the SHA-256 digests of its blocks of 1 MiB."""
    starts = range(0, len(data), BLOCK_BYTES)
    return sha256(b"".join(sha256(data[start:start + BLOCK_BYTES]) for start in starts))


def block_count(byte_count):
    return -(-byte_count // BLOCK_BYTES)


def is_power_of_two(number):
    return number > 0 and number & (number - 1) == 0


def is_safe_path(path):
    """Returns whether the path stays in the folder that it is relative to, on every system."""
    return (len(path) <= MOST_PATH_BYTES
            and not any(byte < 0x20 or byte in b"\x7f\\:" for byte in path)
            and not any(part in (b"", b".", b"..") for part in path.split(b"/")))


def most_file_map_bytes(tensor_count):
    return (4 << 20) + 64 * tensor_count


def is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
