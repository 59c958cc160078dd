"""Our bundles against the independent readers in C and Python, and their hostile bundles against our reader."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from support import SAMPLES, TOOL, check, tandem

import hostile_bundles
import test_bundle
from bundle_codes import CODES

GOOD = sorted([*SAMPLES.glob("good/gguf/*.gguf"), *SAMPLES.glob("good/safetensors/*.safetensors")]) + sorted(
    folder for folder in SAMPLES.glob("good/huggingface/*") if folder.is_dir()
)
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


def their_good_bundle_is_accepted(folder):
    """Without this, every hostile one could be refused for the writer's own mistake."""
    good = folder / "theirs.tandem"
    subprocess.run([sys.executable, SAMPLES / "python/write_bundle.py", good], check=True)
    tandem("verify", good)
    edges = list(test_bundle.good_bundles())
    for _, bundle in edges:
        good.write_bytes(bundle.data)
        tandem("verify", good)
    print(f"a bundle of the independent writer verifies, and {len(edges)} at the edge of what is allowed")


def their_hostile_bundles_are_refused(folder):
    hostile = folder / "hostile"
    script = SAMPLES / "python/hostile_bundles.py"
    subprocess.run([sys.executable, script, hostile], check=True, stdout=subprocess.DEVNULL)
    codes, others = {}, {}
    for path in sorted(hostile.iterdir()):
        result = subprocess.run([TOOL, "verify", path, "--json"], capture_output=True, text=True)
        check(result.returncode in (1, 2), f"{path.name} is accepted: {result.stdout}")
        found = sorted(set(re.findall(r"TB\d{3}", result.stdout + result.stderr)))
        check(found, f"{path.name} is refused without a code: {result.stdout}{result.stderr}")
        name = path.stem.partition("-")[2]
        if found != CODES.get(name, "").split():
            others[name] = " ".join(found)
        for code in found:
            codes[code] = codes.get(code, 0) + 1
    check(not others, f"these are refused by other rules than Tests/python/bundle_codes.py says: {json.dumps(others)}")
    print(f"{len(list(hostile.iterdir()))} hostile bundles refused: {json.dumps(codes, sort_keys=True)}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        their_good_bundle_is_accepted(pathlib.Path(name))
        our_bundles_are_read_by_others(pathlib.Path(name))
        their_hostile_bundles_are_refused(pathlib.Path(name))
