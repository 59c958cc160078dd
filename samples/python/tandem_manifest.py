"""The manifest of a `.tandem` bundle: what it must say, and the check that it says so."""

import json
import math
import re

from tandem_records import KINDS, NO_DIGEST, NONE, ROLES, TYPES, check


def manifest_of(bundle):
    """Returns the manifest that the directory demands, as values of JSON."""
    return {
        "format": "tandem", "version": bundle.superblock.version,
        "section_alignment": bundle.superblock.section_alignment,
        "tensor_alignment": bundle.superblock.tensor_alignment,
        "members": [described_member(bundle, member) for member in bundle.members],
        "relations": [{
            "kind": bundle.kind(relation), "from": name_of(bundle, relation.source),
            "to": name_of(bundle, relation.target), "fields": bundle.fields_of(relation),
        } for relation in bundle.relations],
        "sections": [described_section(bundle, section) for section in bundle.sections[:-1]],
    }


def name_of(bundle, index):
    return None if index == NONE else bundle.name(bundle.members[index])


def hexadecimal(digest):
    return None if digest == NO_DIGEST else digest.hex()


def described_member(bundle, member):
    return {
        "name": bundle.name(member), "role": ROLES[member.role],
        "tokenizer": name_of(bundle, member.tokenizer),
        "tensor_set_digest": hexadecimal(member.tensor_set_digest),
        "config_digest": hexadecimal(member.config_digest),
        "tokenizer_digest": hexadecimal(member.tokenizer_digest),
        "fields": bundle.fields_of(member),
        "tensors": [{
            "name": name, "type": TYPES[tensor.type].name, "shape": bundle.shape(tensor),
            "offset": bundle.payloads[tensor.payload].offset,
            "byte_count": bundle.payloads[tensor.payload].byte_count, "payload": tensor.payload,
        } for name, tensor in bundle.tensors_of(member).items()],
    }


def described_section(bundle, section):
    return {
        "kind": KINDS[section.kind], "name": bundle.name(section),
        "member": name_of(bundle, section.member), "offset": section.offset,
        "stored_byte_count": section.stored_bytes, "byte_count": section.byte_count,
        "digest": hexadecimal(section.digest),
    }


def verify_manifest(bundle):
    """Checks that the manifest says what the directory says; its whitespace is free here."""
    try:
        text = bundle.stored(bundle.sections[-1]).tobytes().decode()
        found = json.loads(text, object_pairs_hook=object_of, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        check(False, "manifest", f"is not JSON ({error})")
    compare(manifest_of(bundle), found, "manifest")
    written = WHITESPACE_OR_STRING.sub(lambda match: match[1] or "", text)
    check(written == text_of(manifest_of(bundle)), "manifest",
          "has other keys, escapes or floats than the directory gives it")


# Strings are kept, whitespace outside of them is not.
WHITESPACE_OR_STRING = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')


def text_of(value):
    """Returns the one spelling of a value in a manifest, without whitespace between tokens."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{text_of(key)}:{text_of(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'"{value}"'
    return json.dumps(value, ensure_ascii=False)


def object_of(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a key twice")
    return found


def refuse_constant(name):
    raise ValueError(f"{name} is no number")


def shown(value):
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "an array"
    text = json.dumps(value)
    return text if len(text) <= 66 else text[:66] + "..."


def compare(expected, found, subject):
    """Checks that two values of JSON are the same; the subject of a difference is its path."""
    if isinstance(expected, dict):
        check(isinstance(found, dict), subject, f"is {shown(found)}, must be an object")
        for key in expected:
            check(key in found, subject, f"has no key {shown(key)}")
        for key in found:
            check(key in expected, subject, f"must have no key {shown(key)}")
        for key, value in expected.items():
            compare(value, found[key], f"{subject}.{shown(key)[1:-1]}")
    elif isinstance(expected, list):
        check(isinstance(found, list), subject, f"is {shown(found)}, must be an array")
        check(len(found) == len(expected), subject,
              f"has {len(found)} elements, must have {len(expected)}")
        for index, value in enumerate(expected):
            compare(value, found[index], f"{subject}[{index}]")
    elif isinstance(expected, float):
        check(is_float(expected, found), subject, f"is {shown(found)}, must be {expected!r}")
    else:
        check(type(found) is type(expected) and found == expected, subject,
              f"is {shown(found)}, must be {shown(expected)}")


def is_float(expected, found):
    """Returns whether the value is the number, which is a string exactly if it is not finite."""
    if isinstance(found, bool) or isinstance(found, str) == math.isfinite(expected):
        return False
    try:
        number = float(found)
    except (TypeError, ValueError, OverflowError):
        return False
    return number == expected or math.isnan(number) and math.isnan(expected)
