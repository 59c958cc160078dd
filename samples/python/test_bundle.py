"""Tests the readers in `samples/` against each other: run it, it prints what passed.

Python must find every flaw; C all but those inside LZ4 frames and those of the manifest's content.

The C program is built with `gcc`, also with its sanitizers, and with `clang` (or what the
environment variable CLANG names); a compiler that is missing is skipped with a remark.
"""

import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy

import tandem_bundle
from edit_bundle import (
    TABLES, Bundle, with_documents, with_file_map, with_relations, with_roles, with_tensor, written)
from hostile_bundles import (
    NEEDS_DECODER, flips, hostile_bundles, is_left_to_python, truncations)
from tandem_bundle import BundleError
from tandem_verify import lz4
from write_bundle import example, lz4_frame, tokenizer_digest

FOLDER = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(FOLDER, "..", "c", "list_bundle.c")
FLAGS = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2"]
SANITIZERS = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def build(folder):
    """Returns the paths of the C programs: by gcc, with sanitizers, by clang, or None."""
    programs = []
    clang = os.environ.get("CLANG", "clang")
    for number, (compiler, flags) in enumerate((("gcc", []), ("gcc", SANITIZERS), (clang, []))):
        program = os.path.join(folder, f"list_bundle_{number}")
        if shutil.which(compiler):
            subprocess.run([compiler, *FLAGS, *flags, SOURCE, "-o", program], check=True)
        else:
            print(f"skipped: no {compiler}", file=sys.stderr)
        programs.append(program if shutil.which(compiler) else None)
    return programs


def refusal(path, read=tandem_bundle.verify):
    """Returns the sentence with which the Python reader refuses the bundle, or None."""
    try:
        read(path)
    except BundleError as error:
        return str(error)
    return None


def refusal_of(program, path, *options):
    """Returns the sentence with which the C program refuses the bundle, or None."""
    done = subprocess.run([program, path, *options], capture_output=True, close_fds=False)
    if done.returncode == 0:
        return None
    sentence = done.stderr.decode()
    assert done.returncode == 1 and sentence.count("\n") == 1, f"{path}: {sentence}"
    return sentence.strip().removeprefix(f"{path}: ")


def put(path, data):
    with open(path, "wb") as file:
        file.write(data)


def test_round_trip(path):
    for compress in (None, lz4_frame if lz4 else None):
        for alignment in (64, 4096):
            arguments = example(compress)
            put(path, written(**arguments, section_alignment=alignment).data)
            bundle, remarks = tandem_bundle.verify(path)
            assert remarks == []
            check_contents(bundle, arguments)


def check_contents(bundle, arguments):
    for member, (name, given) in zip(bundle.members, arguments["members"].items(), strict=True):
        assert bundle.name(member) == name
        found = bundle.fields_of(member)
        assert found == {key: value for key, (_, value) in given.get("fields", {}).items()}
        tensors = bundle.tensors_of(member)
        assert list(tensors) == sorted(given.get("tensors", {}), key=str.encode)
        for tensor_name, (_, shape, data) in given.get("tensors", {}).items():
            array = bundle.array(tensors[tensor_name])
            assert bundle.shape(tensors[tensor_name]) == shape
            assert array.tobytes() == data
            assert data == b"" or numpy.shares_memory(array, bundle.bytes)
            assert not array.flags.writeable
    big = bundle.tensors_of(bundle.members[0])
    assert bundle.array(big["embed"]).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert bundle.array(big["quants"]).shape == (2, 36)
    assert bundle.array(big["scale"]).item() == 1
    assert big["head"].payload == big["embed"].payload == big["flat"].payload
    relation = bundle.fields_of(bundle.relations[0])
    assert relation == {key: value for key, (_, value) in arguments["relations"][0][3].items()}
    for index, (kind, _, name, content, _) in zip(bundle.documents(), arguments["documents"]):
        assert bundle.name(bundle.sections[index]) == name
        assert kind == 8 or bytes(bundle.plain(index)) == content


def test_listings(path, programs):
    """Python and C print the same text, also for names that a terminal would obey."""
    names = ("\x1b[2J", 'a"b\\', "\x7f", "日")
    odd = {"tensors": {name: ("U8", [1] * 64, b"x") for name in names}}
    bundles = [
        written(**example()), written(**example(), section_alignment=65536),
        written(members={"m\n": {"role": "primary", **odd}}), written(members={}),
    ] + ([written(**example(lz4_frame))] if lz4 else [])
    for bundle in bundles:
        put(path, bundle.data)
        for options in ([], ["--verify"]):
            command = [sys.executable, os.path.join(FOLDER, "tandem_bundle.py"), path, *options]
            expected = subprocess.run(command, capture_output=True)
            assert expected.returncode == 0 and expected.stderr == b"", expected.stderr
            for program in filter(None, programs):
                found = subprocess.run([program, path, *options], capture_output=True)
                assert (found.returncode, found.stdout) == (0, expected.stdout)


def test_programs_refuse(path, programs):
    """Both programs exit with 1 and one line on stderr, and print nothing else."""
    put(path, bytes(5000))
    python = [sys.executable, os.path.join(FOLDER, "tandem_bundle.py")]
    for command in [python] + [[program] for program in filter(None, programs)]:
        for subject in (path, path + ".absent", os.path.dirname(path)):
            done = subprocess.run([*command, subject], capture_output=True)
            assert done.returncode == 1 and done.stdout == b"" and done.stderr.count(b"\n") == 1


def test_large_payload(path, programs):
    """A payload of three blocks: damage is found in the block where it is."""
    data = random.Random(1).randbytes(2 * 1048576 + 5)
    tensors = {"large": ("U8", [len(data)], data), "next": ("F32", [1], bytes(4))}
    bundle = written(members={"one": {"role": "primary", "tensors": tensors}})
    start = bundle.get(bundle.at("payloads", 0), "Q")
    assert bundle.get(bundle.at("payloads", 1, 16), "I") == 3
    for block, position in ((None, 0), (0, 1048575), (1, 1048576), (2, 2 * 1048576 + 4)):
        if block is not None:
            bundle.flip(start + position)
        put(path, bundle.data)
        expected = block if block is None else f"payload 0: the digest of block {block} differs"
        assert refusal(path) == expected
        for program in filter(None, programs):
            assert refusal_of(program, path, "--verify") == expected
        if block is not None:
            bundle.flip(start + position)


def good_bundles():
    """Yields bundles at the edge of what is allowed."""
    yield "1,024 members", with_roles("primary", *["tokenizer"] * 1023)
    yield "paths", with_documents(
        (4, "small", "config.json", b"", None), (4, None, "config.json", b"", None),
        (5, "big", "config.json", b"", None), (4, "big", ".../.a/b..c/ \u00e9\u0080 *", b"", None),
        (4, "big", "a/" * 2047 + "bc", b"", None), (6, "words", "", b"\xff", None))
    yield "4,096 sections", with_documents(
        *[(4, None, f"d{number}", b"", None) for number in range(4096 - 9)])
    texts = {"config.\u00e9": ("unsigned", 1), "config.e\u0301": ("unsigned", 2),
             "text": ("string", "\x01\b\t\n\f\r\x1f\x7f/\\\"\u2028\u00e4")}
    twins = {name: ("U8", [1], name.encode()[:1]) for name in ("\u00e9", "e\u0301")}
    yield "texts that are composed in two ways", written(
        members={"one": {"role": "primary", "fields": texts, "tensors": twins}})
    yield "zeros", with_file_map((0, 0, 0, 1048576), (0, 0, 0, 0), (1, 1, 380, 0), (2, 0, 48, 0))
    yield "relations", with_relations(
        ("tandem", "small", "big", {}), ("independent", "small", "big", {}))
    floats = {"a": ("float", float("inf")), "b": ("float", float("-inf")),
              "c": ("float", float("nan")), "d": ("float", -0.0), "e": ("float", 5e-324),
              "f": ("float", 1e308), "g": ("unsigned", (1 << 64) - 1), "h": ("signed", -1 << 63)}
    yield "numbers", written(members={"one": {"role": "primary", "fields": floats}})
    for kind, shape, byte_count in (
            ("Q8_1", [2, 32], 72), ("Q2_0", [64], 18), ("Q4_0", [16, 0], 0), ("F4", [0, 3], 0),
            ("F4", [3, 0], 0), ("F6_E2M3", [2, 2], 3), ("U8", [0, (1 << 63) - 1], 0),
            ("U8", [1] * 64, 1)):
        yield f"{kind} {shape}", with_tensor(kind, shape, bytes(byte_count))
    shared, full = b"shared by members", bytes(range(64))
    yield "a payload that members share", written(members={
        "a": {"role": "primary", "tensors": {"x": ("U8", [17], shared)}},
        "b": {"role": "secondary", "tensors": {"y": ("U8", [17], shared), "z": ("U8", [64], full)}},
        "c": {"role": "projection", "tensors": {"z": ("U8", [64], full)}}})
    yield "empty payloads where sections meet", written(members={
        "a": {"role": "primary", "tensors": {"x": ("U8", [64], full), "y": ("U8", [0], b"")}},
        "b": {"role": "secondary", "tensors": {"x": ("U8", [0], bytearray()),
                                               "y": ("U8", [64], bytes(64))}}})
    yield "a tensor section without tensors", written(members={
        "a": {"role": "primary", "tensors": {"x": ("U8", [0], b"")}}})
    if lz4:
        yield "an LZ4 frame of zeros", with_documents((4, None, "z", bytes(1 << 20), lz4_frame))


def test_good_bundles(path, programs):
    count = 0
    for name, bundle in good_bundles():
        put(path, bundle.data)
        assert refusal(path) is None, (name, refusal(path))
        for program in filter(None, programs):
            assert refusal_of(program, path, "--verify") is None, name
        count += 1
    return count


def test_hostile(path, programs):
    """Each flaw is found, by `open` exactly if the superblock and the directory show it."""
    count = 0
    for name, words, is_found_by_open, data in hostile_bundles():
        put(path, data)
        sentence = refusal(path)
        assert (words in (sentence or "")) or (name in NEEDS_DECODER and not lz4), (name, sentence)
        at_open = sentence if is_found_by_open else None
        assert refusal(path, tandem_bundle.open) == at_open, (name, at_open)
        for program in filter(None, programs):
            expected = None if is_left_to_python(name) else sentence
            found = refusal_of(program, path, "--verify")
            assert found == expected, (name, expected, found)
            assert refusal_of(program, path) == at_open, (name, at_open)
        count += 1
    return count


def small_bundle():
    """Returns a bundle with a little of everything, for damage at every byte."""
    tensors = {"a": ("F32", [1], bytes(range(4))), "b": ("U8", [3], b"abc"), "e": ("U8", [0], b"")}
    members = {
        "m": {"role": "primary", "tensors": tensors, "tokenizer": "t",
              "fields": {"config.d": ("list", [1, 2])}},
        "t": {"role": "tokenizer", "vocabulary": tokenizer_digest([b"x"], [])},
    }
    return bytes(written(members=members, documents=[(4, "m", "x.json", b"{}", None)]).data)


def test_damage(path, program):
    """Every byte changed and every truncation is found, by both readers."""
    data, count = small_bundle(), 0
    put(path, data)
    assert refusal(path) is None
    for kind, damages in (("byte", flips(data)), ("length", truncations(data))):
        for position, damaged in damages:
            put(path, damaged)
            sentence = refusal(path)
            assert sentence, f"{kind} {position}: the Python reader accepts it"
            found = program and refusal_of(program, path, "--verify")
            assert not program or found == sentence, f"{kind} {position}"
            count += 1
    return count


def test_random_directories(path, program, count=1500):
    """Random changes under good digests: both readers come to the same sentence."""
    good, chance, refused = bytes(written(**example()).data), random.Random(7), 0
    values = [0, 1, 2, 63, 64, 255, 1 << 16, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1]
    for _ in range(count):
        bundle = Bundle(good)
        for _ in range(chance.randint(1, 2)):
            table = chance.choice(TABLES[:6] * 4 + TABLES[6:])
            start = bundle.at(table, 0)
            records = bundle.get(4096 + 16 * TABLES.index(table) + 8, "Q")
            end = bundle.at(table, records)
            position, layout = chance.randrange(start, end - 7) // 4 * 4, chance.choice("BHIQ")
            value = chance.choice(values + [chance.randrange(20)])
            if chance.random() < 0.5:
                value = bundle.get(position, layout) + chance.choice((-64, -1, 1, 64))
            bundle.put(position, layout, value % (1 << 8 * struct.calcsize(layout)))
        put(path, bundle.seal().data)
        sentence = refusal(path)
        refused += sentence is not None
        if program:
            found = refusal_of(program, path, "--verify")
            # The manifest is the last that Python checks; C leaves its content.
            expected = None if sentence and sentence.startswith("manifest") else sentence
            assert found == expected, f"{sentence!r} in Python, {found!r} in C"
    return count, refused


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "test.tandem")
        plain, checked, clang = programs = build(folder)
        test_round_trip(path)
        print("good bundles read back as they were written")
        test_listings(path, programs)
        print("Python and C print the same listings")
        test_programs_refuse(path, programs)
        test_large_payload(path, programs)
        print("payloads of several blocks are checked block by block")
        print(f"{test_good_bundles(path, [checked, clang])} bundles at the edge are accepted")
        print(f"{test_hostile(path, [checked, clang])} bundles with one flaw are refused")
        print("{} random directories: the same verdicts, {} refused".format(
            *test_random_directories(path, checked)))
        print(f"{test_damage(path, plain)} flips and truncations of a small bundle are found")


if __name__ == "__main__":
    main()
