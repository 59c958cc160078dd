"""A damaged file makes the tool allocate at most sixteen times the file's size.

Files of some 100 KB in each format are changed at random places and cut at random lengths; `tandem inspect` and
`tandem verify` run on each with an allocator that counts. What the tool allocates for a minute file is left out.
"""

import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

from support import ROOT, SAMPLES, TOOL, check, tandem

sys.path.insert(0, str(SAMPLES))

FACTOR = 16
TENSORS = 1200
DAMAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 60


def safetensors(count):
    header = {f"model.layers.{n}.w": {"dtype": "U8", "shape": [2], "data_offsets": [2 * n, 2 * n + 2]} for n in range(count)}
    text = json.dumps({"__metadata__": {"format": "pt"}} | header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + bytes(2 * count)


def gguf(count):
    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    keys = text("general.architecture") + struct.pack("<I", 8) + text("llama")
    tokens = [f"token{n}" for n in range(count)]
    keys += text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, count) + b"".join(map(text, tokens))
    infos = b"".join(text(f"blk.{n}.w") + struct.pack("<IQIQ", 1, 8, 0, 32 * n) for n in range(count))
    head = struct.pack("<4sIQQ", b"GGUF", 3, count, 2) + keys + infos
    return head + bytes(-len(head) % 32) + bytes(32 * count)


def onnx(count):
    """Initialisers of 64 bytes each, and as many names in inner graphs."""
    from maker.onnx import attribute, graph, message, model, node, raw, tensor

    fields = [message(5, tensor(f"model.layers.{n}.w", "UINT8", (64,), raw(bytes(64)))) for n in range(count)]
    inner = [message(5, tensor(f"w{n}", "UINT8", (64,), raw(bytes(64)))) for n in range(count)]
    branch = node("If", attribute("then_branch", message(6, *inner)), name="branch")
    return model(graph(branch, *fields))


def npz(count):
    """Members of 64 bytes each, stored."""
    from maker import npy, zips

    array = npy.array("|u1", (64,), bytes(64))
    return zips.build([zips.Member(f"model.layers.{n}.w.npy", array) for n in range(count)])


def damaged(data, generator):
    if generator.random() < 0.3:
        return data[: generator.randrange(len(data))]
    changed = bytearray(data)
    # Lengths and counts are what makes a reader allocate, and they stand at the front more often than not.
    place = generator.randrange(64) if generator.random() < 0.3 else generator.randrange(len(data))
    changed[place] ^= 1 << generator.randrange(8)
    return bytes(changed)


class Heap:
    def __init__(self, folder):
        self.library, self.report = folder / "heap_peak.so", folder / "peak"
        source = ROOT / "Tests/python/heap/heap_peak.c"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", self.library, source, "-ldl"], check=True)

    def peak(self, *arguments):
        environment = os.environ | {"LD_PRELOAD": str(self.library), "HEAP_PEAK": str(self.report)}
        result = subprocess.run([TOOL, *map(str, arguments)], env=environment, capture_output=True)
        check(result.returncode in (0, 1, 2), f"{arguments}: exit code {result.returncode}")
        return int(self.report.read_text())


def samples(folder):
    for suffix, make in (("safetensors", safetensors), ("gguf", gguf), ("onnx", onnx), ("npz", npz)):
        for count in (1, TENSORS):
            path = folder / f"good-{count}.{suffix}"
            path.write_bytes(make(count))
        yield suffix, "inspect", folder / f"good-1.{suffix}", folder / f"good-{TENSORS}.{suffix}"
    for count in (1, TENSORS):
        tandem("pack", folder / f"good-{count}.safetensors", "-o", folder / f"good-{count}.tandem")
    yield "tandem", "verify", folder / "good-1.tandem", folder / f"good-{TENSORS}.tandem"


if __name__ == "__main__":
    seed = random.randrange(1 << 32)
    generator = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        heap = Heap(folder)
        for suffix, command, minute, good in samples(folder):
            base = heap.peak(command, minute)
            data = good.read_bytes()
            peaks = [heap.peak(command, good) - base]
            for _ in range(DAMAGES):
                path = folder / f"damaged.{suffix}"
                path.write_bytes(damaged(data, generator))
                peaks.append(heap.peak(command, path) - base)
            factor = max(peaks) / len(data)
            check(factor <= FACTOR, f"{suffix}: {factor:.1f} times the file's {len(data)} bytes (seed {seed})")
            print(f"{command} {suffix}: good file {peaks[0] / len(data):.1f}, {DAMAGES} damaged ones at most {factor:.1f} times its {len(data)} bytes")
