"""Packing, unpacking and converting without arithmetic move at least nine tenths of the bytes a second that `cp` and `sync FILE` move.

    python3 Tests/python/test_rate.py [PAIRS]

The commands take turns on the same checkpoints of 1 GiB; a pair's two times are compared with each other,
because a disk's rate changes by a factor of three between minutes.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

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


def compare(name, command, leaving, source, copy, pairs):
    times = []
    for _ in range(pairs):
        copied = seconds(f"cp {source} {copy} && sync {copy}", copy)
        times.append((copied, seconds(command, leaving)))
    rate = statistics.median(copied / ours for copied, ours in times)
    cp, ours = (statistics.median(column) for column in zip(*times))
    best = min(copied for copied, _ in times)
    print(f"{name}: {ours:.2f} s, cp and sync {cp:.2f} s (best {best:.2f}); {rate:.0%} of its rate in the median pair")
    return rate


if __name__ == "__main__":
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source, bundle, copy, output = (folder / part for part in ("m.safetensors", "m.tandem", "copy", "output"))
        rates = []
        for count in (1, 300, 2000):
            make_checkpoint(source, count)
            pack = f"{TOOL} pack {source} -o {bundle}"
            unpack = f"{TOOL} unpack {bundle} -o {output}"
            rates.append(compare(f"pack, {count} tensors", pack, bundle, source, copy, pairs))
            rates.append(compare(f"unpack, {count} tensors", unpack, output, source, copy, pairs))
            converted = folder / "converted.safetensors"
            convert = f"{TOOL} convert {source} {converted}"
            rates.append(compare(f"convert, {count} tensors", convert, converted, source, copy, pairs))
        check(min(rates) >= 0.9, f"the lowest rate is {min(rates):.0%} of cp's, allowed are 90 % and more")
