"""Our bundles against the independent readers in C and Python, and their hostile bundles against our reader."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from support import SAMPLES, TOOL, check, tandem

import edit_bundle
import test_bundle

GOOD = sorted([*SAMPLES.glob("good/gguf/*.gguf"), *SAMPLES.glob("good/safetensors/*.safetensors")]) + sorted(
    folder for folder in SAMPLES.glob("good/huggingface/*") if folder.is_dir()
)
# What `verify` must find in each hostile bundle: all codes, by the name of the flaw.
CODES = pathlib.Path(__file__).with_name("hostile_bundle_codes.txt")
C_FLAGS = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2"]


def compile_c_reader(folder, compiler):
    program = folder / f"list_bundle-{compiler}"
    subprocess.run([compiler, *C_FLAGS, SAMPLES / "c/list_bundle.c", "-o", program], check=True)
    return program


def listing(command):
    result = subprocess.run([*map(str, command)], capture_output=True, text=True)
    check(result.returncode == 0, f"{command} refuses a good bundle: {result.stderr}")
    return result.stdout


def our_bundles_are_read_by_others(folder):
    readers = [[compile_c_reader(folder, compiler)] for compiler in ("gcc", "clang")]
    python = [sys.executable, SAMPLES / "python/tandem_bundle.py"]
    bundle = folder / "good.tandem"
    for source in GOOD:
        tandem("pack", source, "-o", bundle, "--force")
        expected = listing([*python, bundle, "--verify"])
        for reader in readers:
            check(listing([*reader, bundle, "--verify"]) == expected, f"{reader} and Python differ on {source}")
    print(f"{len(GOOD)} bundles of ours: gcc, clang and Python readers accept them and list the same")


def verify_but_for_tokenizers(path):
    """What the independent writer stores as a tokenizer is no tokenizer, which only our reader can tell: TB031."""
    result = subprocess.run([TOOL, "verify", path, "--json"], capture_output=True, text=True)
    codes = {finding["code"] for finding in json.loads(result.stdout)["findings"]}
    check(codes <= {"TB031"}, f"{path.name}: {result.stdout}")


def their_good_bundle_is_accepted(folder):
    """Without this, every hostile one could be refused for the writer's own mistake."""
    good = folder / "theirs.tandem"
    subprocess.run([sys.executable, SAMPLES / "python/write_bundle.py", good], check=True)
    verify_but_for_tokenizers(good)
    edges = list(test_bundle.good_bundles())
    for _, bundle in edges:
        good.write_bytes(bundle.data)
        verify_but_for_tokenizers(good)
    print(f"a bundle of the independent writer verifies, and {len(edges)} at the edge of what is allowed")


def their_hostile_bundles_are_refused(folder):
    hostile = folder / "hostile"
    script = SAMPLES / "python/hostile_bundles.py"
    subprocess.run([sys.executable, script, hostile], check=True, stdout=subprocess.DEVNULL)
    expected = dict(line.split(maxsplit=1) for line in CODES.read_text().splitlines())
    counts = {}
    for path in sorted(hostile.iterdir()):
        result = subprocess.run([TOOL, "verify", path, "--json"], capture_output=True, text=True)
        check(result.returncode == 1, f"{path.name}: exit {result.returncode}: {result.stdout}{result.stderr}")
        found = " ".join(sorted({finding["code"] for finding in json.loads(result.stdout)["findings"]}))
        flaw = path.stem.split("-", 1)[1]
        check(found == expected.get(flaw), f"{flaw} is found as {found}, it is {expected.get(flaw)}")
        for code in found.split():
            counts[code] = counts.get(code, 0) + 1
    check(len(expected) == len(list(hostile.iterdir())), "every expected flaw was tried")
    print(f"{len(expected)} hostile bundles are refused, each with its codes: {json.dumps(counts, sort_keys=True)}")


def another_tokenizer_is_found(folder):
    """A digest that every record agrees on, and that is not the stored tokenizer's: nobody but a reader of tokenizers can tell."""
    for name in "huggingface/tiny-llama", "gguf/tiny-llama.gguf":
        path = folder / "tokens.tandem"
        tandem("pack", SAMPLES / "good" / name, "-o", path, "--force")
        bundle = edit_bundle.Bundle(path.read_bytes())
        place = bundle.at("members", 0, 96)
        before = bytes(bundle.data[place : place + 32])
        for member in 0, 1:
            bundle.flip(bundle.at("members", member, 96))
        after = bytes(bundle.data[place : place + 32])
        start, _ = bundle.section(bundle.section_count() - 1)
        bundle.put_manifest(bytes(bundle.data[start:]).replace(before.hex().encode(), after.hex().encode())).seal()
        path.write_bytes(bundle.data)
        found = json.loads(tandem("verify", path, "--json", expect=1))["findings"]
        check({finding["code"] for finding in found} == {"TB031"}, f"another tokenizer is found as {found}")
    print("a tokenizer that does not have its digest is found, from either format")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        their_good_bundle_is_accepted(pathlib.Path(name))
        our_bundles_are_read_by_others(pathlib.Path(name))
        their_hostile_bundles_are_refused(pathlib.Path(name))
        another_tokenizer_is_found(pathlib.Path(name))
