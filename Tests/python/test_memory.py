"""Anonymous memory stays small whatever the model's size: when packing, verifying, unpacking, converting, inspecting, and
when running it, beside the keys and values of the text."""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy
from safetensors import safe_open

from support import DYNAMIC_TOOL, MODELS, SAMPLES, TOOL, check, peak_anonymous, tandem

from test_interruption import make_checkpoint

LIMIT = 64 << 20


def show(name, *arguments, limit=LIMIT, tool=TOOL):
    code, peak = peak_anonymous([tool, *arguments])
    check(code == 0, f"{name}: exit code {code}")
    check(peak < limit, f"{name}: {peak / 1e6:.1f} MB of anonymous memory, allowed are {limit / 1e6:.1f}")
    print(f"{name}: at most {peak / 1e6:.1f} MB of anonymous memory")


CORES = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
long sysconf(int name) {
  if (name == _SC_NPROCESSORS_ONLN) return 64;
  return ((long (*)(int))dlsym(RTLD_NEXT, "sysconf"))(name);
}
"""


def follow_on_many_cores(source, folder):
    """The same on a machine that says it has 64 cores."""
    library, bundle = folder / "cores.so", folder / "many.tandem"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-xc", "-"], input=CORES, text=True, check=True)
    os.environ["LD_PRELOAD"] = str(library)
    try:
        show("64 cores: pack", "pack", source, "-o", bundle, tool=DYNAMIC_TOOL)
        show("  verify", "verify", bundle, tool=DYNAMIC_TOOL)
        show("  unpack", "unpack", bundle, "-o", folder / "many", tool=DYNAMIC_TOOL)
    finally:
        del os.environ["LD_PRELOAD"]


def follow(source, folder):
    bundle = folder / "model.tandem"
    size = source.stat().st_size / 1e6
    show(f"pack {source.name} ({size:.0f} MB)", "pack", source, "-o", bundle, "--force")
    show("  verify", "verify", bundle)
    show("  unpack", "unpack", bundle, "-o", folder / "unpacked", "--force")
    show("  convert", "convert", source, folder / f"copy{source.suffix}", "--force")
    show("  inspect", "inspect", bundle)


def make_strided(path, byte_count):
    """An old PyTorch file: a matrix that is stored transposed, and one that is not, of half the bytes each.

    Returns the two arrays as the file holds them; most of it is a hole.
    """
    sys.path.insert(0, str(SAMPLES))
    from maker import pickles, pytorch

    columns = 1024
    rows = byte_count // 2 // 4 // columns
    count = rows * columns
    described = {
        "transposed": pickles.tensor(pickles.storage("0", count), [rows, columns], [1, rows]),
        "plain": pickles.tensor(pickles.storage("1", count), [rows, columns], [columns, 1]),
    }
    head = pytorch.legacy(pickles.pickle(pickles.ordered(described)), {}, keys=pytorch.pickle(pytorch.list_of(pytorch.text("0"), pytorch.text("1"))))
    places = [len(head) + 8, len(head) + 16 + 4 * count]
    with path.open("wb") as file:
        file.write(head)
        for place in places:
            file.seek(place - 8)
            file.write(struct.pack("<Q", count))
        file.truncate(places[1] + 4 * count)
    transposed, plain = (numpy.memmap(path, "<f4", "r+", place, (count,)) for place in places)
    random = numpy.random.default_rng(4)
    for array in (transposed, plain):
        array[random.integers(0, count, 10_000)] = random.normal(size=10_000)
    return {"transposed": transposed.reshape(columns, rows).T, "plain": plain.reshape(rows, columns)}


def follow_strided(folder, byte_count):
    source, bundle = folder / "strided.pt", folder / "strided.tandem"
    arrays = make_strided(source, byte_count)
    show(f"convert {source.name} ({source.stat().st_size / 1e6:.0f} MB)", "convert", source, folder / "out.safetensors")
    with safe_open(folder / "out.safetensors", "numpy") as file:
        for name, array in arrays.items():
            check(numpy.array_equal(file.get_tensor(name), array), f"{name} has other values")
    (folder / "out.safetensors").unlink()
    show("  pack", "pack", source, "-o", bundle)
    show("  verify", "verify", bundle)
    show("  unpack", "unpack", bundle, "-o", folder / "strided")
    copy = folder / "strided/primary/strided.pt"
    same = numpy.array_equal(numpy.memmap(source, numpy.uint8, "r"), numpy.memmap(copy, numpy.uint8, "r"))
    check(same, f"{source} comes back changed")


def run(model, folder):
    """Text behind prompts of two lengths: the keys and values so far, and 32 MiB."""
    bundle = folder / "model.tandem"
    text = pathlib.Path(__file__).resolve().parents[2].joinpath("LICENSE").read_text()
    words = [TOOL, "tokenize", bundle, "--decode"]
    ids = subprocess.run([TOOL, "tokenize", bundle, "--ids"], input=text, capture_output=True, text=True, check=True)
    for count in 16, 512:
        part = " ".join(ids.stdout.split()[:count])
        prompt = subprocess.run(words, input=part, capture_output=True, text=True, check=True).stdout
        plan = json.loads(tandem("inspect", bundle, "--json", "--context", count + 32))["models"][0]["memory"]
        limit = plan["key_value_cache_byte_count"] + (32 << 20)
        show(f"  run, {count} tokens and 32 more", "run", bundle, "-p", prompt, "--max-tokens", 32, limit=limit)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source = folder / "large.safetensors"
        byte_count = int(sys.argv[1]) << 20 if len(sys.argv) > 1 else 256 << 20
        make_checkpoint(source, byte_count)
        follow(source, folder)
        follow_on_many_cores(source, folder)
        source.unlink()
        # More than 256 MiB are not in place: what a document in a bundle may have.
        follow_strided(folder, max(byte_count, 640 << 20))
        for model in sorted(MODELS.glob("SmolLM2*.gguf")):
            follow(model, folder)
            run(model, folder)
