"""The checks of what the sections of a bundle hold; `tandem_bundle.verify` runs them."""

import struct

try:
    import lz4.frame
except ImportError:
    lz4 = None

from tandem_checks import check_string
from tandem_manifest import verify_manifest
from tandem_records import (
    BLOCK_BYTES, CHAT_TEMPLATE, DOCUMENT, FILE_MAP, MOST_HOLE_BYTES, MOST_RATIO, NO_DIGEST,
    TENSOR_DATA, block_count, check, digest, is_safe_path, is_utf8, sha256)

FRAME_MAGIC = 0x184D2204
NEEDS_LZ4 = "is stored as an LZ4 frame, which needs the Python package 'lz4'"
FRAME_HEADER_BYTES = 15  # magic, two flag bytes, content size, header checksum


def verify_all(bundle):
    """Checks what `open` leaves; returns a sentence for each section that cannot be read here."""
    verify_payloads(bundle)
    verify_padding(bundle)
    verify_members(bundle)
    remarks = []
    for index in range(len(bundle.sections)):
        remarks += verify_section(bundle, index)
    verify_manifest(bundle)
    return remarks


def verify_payloads(bundle):
    for index, payload in enumerate(bundle.payloads):
        data = bundle.data(payload)
        for number, start in enumerate(range(0, len(data), BLOCK_BYTES), payload.first_block):
            found = sha256(data[start:start + BLOCK_BYTES])
            check(found == bundle.block_digests[32 * number:32 * number + 32].tobytes(),
                  f"payload {index}", f"the digest of block {number - payload.first_block} differs")


def verify_padding(bundle):
    def check_zero(start, end):
        check(not bundle.bytes[start:end].any(), "padding",
              f"bytes {start} to {end - 1} are not all zero")

    end, next_payload = bundle.directory_end, 0
    for section in bundle.sections:
        check_zero(end, section.offset)
        end = section.offset + section.stored_bytes
        if section.kind != TENSOR_DATA:
            continue
        start = section.offset
        for payload in bundle.payloads[next_payload:]:
            if payload.offset + payload.byte_count > end:
                break
            check_zero(start, payload.offset)
            start, next_payload = payload.offset + payload.byte_count, next_payload + 1
        check_zero(start, end)


def verify_members(bundle):
    for index, member in enumerate(bundle.members):
        check(tensor_set_digest(bundle, member) == member.tensor_set_digest, f"member {index}",
              "its tensor-set digest differs")
        check(config_digest(bundle, member) == member.config_digest, f"member {index}",
              "its config digest differs")


def tensor_set_digest(bundle, member):
    parts = []
    for name, tensor in bundle.tensors_of(member).items():
        shape, payload = bundle.shape(tensor), bundle.payloads[tensor.payload]
        first, count = payload.first_block, block_count(payload.byte_count)
        parts.append(struct.pack("<I", tensor.name_bytes) + name.encode())
        parts.append(struct.pack(f"<II{len(shape)}Q", tensor.type, tensor.rank, *shape))
        parts.append(sha256(bundle.block_digests[32 * first:32 * (first + count)]))
    return sha256(b"".join(parts)) if parts else NO_DIGEST


def config_digest(bundle, member):
    parts = []
    for field in bundle.fields[member.first_field:member.first_field + member.field_count]:
        key = bundle.strings[field.key:field.key + field.key_bytes]
        if not key.startswith(b"config."):
            continue
        start, value = int.from_bytes(field.value, "little"), field.value
        if field.type == 5:
            value = bundle.strings[start:start + field.count]
        elif field.type == 6:
            value = struct.pack(f"<{field.count}Q", *bundle.values[start:start + field.count])
        parts.append(struct.pack("<I", len(key)) + key)
        parts.append(struct.pack("<II", field.type, field.count) + value)
    return sha256(b"".join(parts)) if parts else NO_DIGEST


def verify_section(bundle, index):
    """Returns a list of a sentence if the section cannot be read here, else an empty one."""
    section, subject = bundle.sections[index], f"section {index}"
    if section.kind == TENSOR_DATA:
        return []
    stored = bundle.stored(section)
    check(digest(stored) == section.digest, subject, "its digest differs")
    plain = stored.tobytes()
    if section.flags and not lz4:
        check_frame(plain, section.byte_count, f"LZ4 frame in {subject}")
        return [f"{subject}: {NEEDS_LZ4}"]
    if section.flags:
        plain = decode_frame(plain, section.byte_count, f"LZ4 frame in {subject}")
    if section.kind == FILE_MAP:
        verify_file_map(bundle, plain, section.member, f"file map in {subject}")
    elif section.kind == CHAT_TEMPLATE:
        check(is_utf8(plain), subject, "its text is not valid UTF-8")
    return []


def check_frame(frame, byte_count, subject):
    """Checks that a frame has the features that bundles allow, and ends where its section ends."""
    check(len(frame) >= FRAME_HEADER_BYTES, subject, "is shorter than its header")
    magic, flags, limits, content_bytes = struct.unpack_from("<IBBQ", frame)
    check(magic == FRAME_MAGIC, subject, "has another magic number")
    check(flags == 0x6C, subject, f"its FLG byte is {flags:02X}, must be 6C")
    check(limits & 0x8F == 0 and limits >> 4 >= 4, subject,
          f"its BD byte is {limits:02X}, must be 40 to 70")
    check(content_bytes == byte_count, subject,
          f"holds {content_bytes} bytes, the section {byte_count}")
    largest, position, word = 1 << (2 * (limits >> 4) + 8), FRAME_HEADER_BYTES, 1
    while word:
        check(len(frame) - position >= 4, subject, "ends without an end mark")
        word, = struct.unpack_from("<I", frame, position)
        check(word & 0x7FFFFFFF <= largest, subject, f"a block is longer than {largest} bytes")
        position += 4 + (word & 0x7FFFFFFF if word else 4)  # behind the end mark: the checksum
        check(position <= len(frame), subject, "ends within a block")
    check(position == len(frame), subject, f"ends {len(frame) - position} bytes before its section")


def decode_frame(frame, byte_count, subject):
    """Checks a frame and returns its content, of `byte_count` bytes."""
    frame = bytes(frame)
    check_frame(frame, byte_count, subject)
    check(lz4, subject, NEEDS_LZ4)
    decoder = lz4.frame.LZ4FrameDecompressor()
    try:
        plain = decoder.decompress(frame, max_length=byte_count)
        # Reads the end mark and the checksum, which may stay behind when the output is full.
        plain += b"" if decoder.eof else decoder.decompress(b"", max_length=1)
    except RuntimeError as error:
        check(False, subject, f"does not decode ({error})")
    check(decoder.eof and len(plain) == byte_count, subject,
          f"does not decode to {byte_count} bytes")
    return plain


def verify_file_map(bundle, plain, member, subject):
    check(len(plain) >= 8, subject, "is shorter than 8 bytes")
    file_count, = struct.unpack_from("<Q", plain)
    check(file_count <= (len(plain) - 8) // 24, subject, f"has no room for {file_count} files")
    segments_start, next_segment, paths = 8 + 24 * file_count, 0, set()
    check((len(plain) - segments_start) % 24 == 0, subject, "ends within a segment")
    segments = list(struct.iter_unpack("<IIQQ", plain[segments_start:]))
    for path, path_bytes, first, count in struct.iter_unpack("<IIQQ", plain[8:segments_start]):
        path = check_string(bundle, path, path_bytes, f"{subject}: path")
        check(is_safe_path(path), subject, "path: is no safe relative path")
        paths.add(path)
        check(first == next_segment, subject,
              f"a file's first segment is {first}, must be {next_segment}")
        check(count <= len(segments) - next_segment, subject,
              f"a file has {count} segments, {len(segments) - next_segment} remain")
        next_segment += count
    check(next_segment == len(segments), subject,
          f"its files have {next_segment} segments, it has {len(segments)}")
    for segment in segments:
        verify_segment(bundle, *segment, subject)
    check(len(paths) == file_count, subject, "two files have the same path")
    for path in paths:
        folders = (path[:at] for at, byte in enumerate(path) if byte == ord("/"))
        check(paths.isdisjoint(folders), subject, "a path is the folder of another")
    file_bytes, most = sum(count for *_, count in segments), most_source_bytes(bundle, member)
    check(file_bytes <= most, subject, f"its files have {file_bytes} bytes, must have at most {most}")


def most_source_bytes(bundle, member):
    """Returns the most bytes of a member's files: its tensors under all names, sections, holes."""
    first, count = bundle.members[member].first_tensor, bundle.members[member].tensor_count
    tensors = bundle.tensors[first:first + count]
    held = sum(bundle.payloads[tensor.payload].byte_count for tensor in tensors)
    return min(MOST_HOLE_BYTES + MOST_RATIO * len(bundle.bytes) + held, (1 << 63) - 1)


def verify_segment(bundle, kind, index, start, count, subject):
    check(kind <= 2, subject, f"segment kind {kind} is unknown")
    if kind == 0:
        check(index == 0 and start == 0, subject, "a segment of zeros has an index or a start")
        check(count <= BLOCK_BYTES, subject,
              f"a segment has {count} zeros, must have at most {BLOCK_BYTES}")
        return
    parts, what = (bundle.sections, "section") if kind == 1 else (bundle.payloads, "payload")
    check(index < len(parts), subject, f"{what} {index} does not exist")
    if kind == 1:
        held = parts[index].kind
        check(DOCUMENT <= held <= CHAT_TEMPLATE, subject,
              f"section {index} is of kind {held}, must be of 4 to 7")
    check(start + count <= parts[index].byte_count, subject,
          f"a segment passes the end of {what} {index}")
