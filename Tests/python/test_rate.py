"""Packing, unpacking, copying, sharding and casting write at least nine tenths of the bytes a second that `cp` and `sync FILE` write.

    python3 Tests/python/test_rate.py [PAIRS] [NAME …]

The commands take turns on checkpoints of 1 GiB; a pair's two times are compared with each other, because a disk's
rate changes by a factor of three between minutes. Where torch is installed, the same casts by its and safetensors'
functions stand beside ours. NAMEs choose among copies, casts and wide.
"""

import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

from support import TOOL, check

BYTE_COUNT = 1 << 30


def make_checkpoint(path, count):
    """A safetensors file of random bytes in `count` tensors of slightly different lengths."""
    header, end = {}, 0
    for index in range(count):
        start, end = end, end + BYTE_COUNT // count - index * 7 % 64 * 2
        header[f"layers.{index}.weight"] = {"dtype": "U8", "shape": [end - start], "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for start in range(0, end, 1 << 24):
            file.write(os.urandom(min(1 << 24, end - start)))


def seconds(command, *leavings):
    subprocess.run(["rm", "-rf", *leavings], check=True)
    os.sync()
    started = time.perf_counter()
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def make_numbers(path, type, count, byte_count=BYTE_COUNT):
    """A safetensors file of matrices of numbers such as weights are."""
    width = {"BF16": 2, "F16": 2, "F32": 4, "F64": 8, "I64": 8, "I32": 4}[type]
    length = byte_count // count // width
    generator = numpy.random.default_rng(5)
    weights = generator.standard_normal(length, dtype=numpy.float32) * numpy.float32(0.02)
    if type == "BF16":
        data = (weights.view(numpy.uint32) >> 16).astype(numpy.uint16)
    elif type.startswith("I"):
        data = generator.integers(-50_000, 50_000, length).astype(f"int{8 * width}")
    else:
        data = weights.astype(f"float{8 * width}")
    size = length * width
    entries = {
        f"layers.{index}.weight": {"dtype": type, "shape": [length], "data_offsets": [index * size, (index + 1) * size]}
        for index in range(count)
    }
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _ in range(count):
            file.write(data.tobytes())


def compare(name, command, leaving, source, copy, pairs, growth=1.0):
    """Bytes written in a second beside cp's; `growth` is what the command writes for each byte that cp does."""
    times = []
    for _ in range(pairs):
        copied = seconds(f"cp {source} {copy} && sync {copy}", copy)
        times.append((copied, seconds(command, leaving)))
    rate = statistics.median(copied * growth / ours for copied, ours in times)
    cp, ours = (statistics.median(column) for column in zip(*times))
    best = min(copied for copied, _ in times)
    print(f"{name}: {ours:.2f} s, cp and sync {cp:.2f} s (best {best:.2f}); {rate:.0%} of its rate in the median pair", flush=True)
    return rate


def copies(folder, pairs):
    source, bundle, copy, output = (folder / part for part in ("m.safetensors", "m.tandem", "copy", "output"))
    for count in (1, 300, 2000):
        make_checkpoint(source, count)
        pack = f"{TOOL} pack {source} -o {bundle}"
        unpack = f"{TOOL} unpack {bundle} -o {output}"
        yield compare(f"pack, {count} tensors", pack, bundle, source, copy, pairs)
        yield compare(f"unpack, {count} tensors", unpack, output, source, copy, pairs)
        converted = folder / "converted.safetensors"
        convert = f"{TOOL} convert {source} {converted}"
        yield compare(f"convert, {count} tensors", convert, converted, source, copy, pairs)
        shards = f"{TOOL} convert {source} {output} --shard-size 200MB"
        yield compare(f"convert to shards, {count} tensors", shards, output, source, copy, pairs)


CAST_BY_TORCH = """
import sys, torch
from safetensors.torch import load_file, save_file
tensors = load_file(sys.argv[1])
save_file({name: tensor.to(getattr(torch, sys.argv[3])) for name, tensor in tensors.items()}, sys.argv[2])
"""


def cast(folder, pairs, source_type, target_type, growth, peer=None):
    source, copy, output = (folder / part for part in ("m.safetensors", "copy", "cast.safetensors"))
    make_numbers(source, source_type, 200, BYTE_COUNT // 2 if growth > 1 else BYTE_COUNT)
    name = f"{source_type} to {target_type.upper()}"
    convert = f"{TOOL} convert {source} {output} --keep '*={target_type}'"
    rate = compare(name, convert, output, source, copy, pairs, growth)
    if peer and importlib.util.find_spec("torch"):
        script = folder / "cast.py"
        script.write_text(CAST_BY_TORCH)
        command = f"{sys.executable} {script} {source} {output} {peer} && sync {output}"
        theirs = statistics.median(seconds(command, output) for _ in range(3))
        ours = statistics.median(seconds(convert, output) for _ in range(3))
        print(f"{name}: safetensors and torch {theirs:.2f} s, we {ours:.2f} s", flush=True)
    return rate


def casts(folder, pairs):
    yield cast(folder, pairs, "BF16", "f16", 1, "float16")
    yield cast(folder, pairs, "BF16", "f32", 2, "float32")
    yield cast(folder, pairs, "F32", "bf16", 0.5, "bfloat16")


def wide(folder, pairs):
    """Types that have more digits than F32."""
    for source_type, target_type, growth in ("F64", "f32", 0.5), ("F32", "f64", 2), ("I64", "i32", 0.5), ("I32", "f32", 1):
        yield cast(folder, pairs, source_type, target_type, growth)


if __name__ == "__main__":
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as name:
        parts = {"copies": copies, "casts": casts, "wide": wide}
        rates = [rate for part in sys.argv[2:] or parts for rate in parts[part](pathlib.Path(name), pairs)]
    check(min(rates) >= 0.9, f"the lowest rate is {min(rates):.0%} of cp's, allowed are 90 % and more")
