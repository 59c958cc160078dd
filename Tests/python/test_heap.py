"""A hostile file makes the tool allocate at most sixteen times the file's size.

Files of some 100 KB in each format are changed at random places and cut at random lengths; others consist of the
smallest things that their format can say, and of nothing else. `tandem inspect` and `tandem verify` run on the
damaged ones, `tandem validate` and each way to inspect on the others, all with an allocator that counts. What the tool
allocates for a minute file is left out, and of a pickle the first 256 KiB: so much is allowed to those whose file is
smaller than a sixteenth of that.
"""

import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time
import zlib

from support import DYNAMIC_TOOL, ROOT, SAMPLES, check, tandem

sys.path.insert(0, str(SAMPLES))

FACTOR = 16
PICKLE_FLOOR = 1 << 18
TENSORS = 1200
SMALLEST = 30_000
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


def pytorch(count):
    """Tensors of 64 bytes, each with a storage of its own."""
    from maker import pickles, pytorch

    described = {f"model.layers.{n}.w": pickles.tensor(pickles.storage(f"{n}", 16), [16], [1]) for n in range(count)}
    return pytorch.archive(pickles.pickle(pickles.ordered(described)), {f"{n}": bytes(64) for n in range(count)})


def legacy(count):
    """The same in the old container."""
    from maker import pickles, pytorch

    described = {f"model.layers.{n}.w": pickles.tensor(pickles.storage(f"{n}", 16), [16], [1]) for n in range(count)}
    return pytorch.legacy(pickles.pickle(pickles.ordered(described)), {f"{n}": bytes(64) for n in range(count)})


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
        check(DYNAMIC_TOOL.exists(), f"{DYNAMIC_TOOL} is there: `make build`")
        self.library, self.report = folder / "heap_peak.so", folder / "peak"
        source = ROOT / "Tests/python/heap/heap_peak.c"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", self.library, source, "-ldl"], check=True)

    def peak(self, *arguments):
        environment = os.environ | {"LD_PRELOAD": str(self.library), "HEAP_PEAK": str(self.report)}
        result = subprocess.run([DYNAMIC_TOOL, *map(str, arguments)], env=environment, capture_output=True)
        check(result.returncode in (0, 1, 2), f"{arguments}: exit code {result.returncode}")
        return int(self.report.read_text())


FORMATS = {"safetensors": safetensors, "gguf": gguf, "onnx": onnx, "npz": npz, "pt": pytorch, "legacy.pt": legacy}


def samples(folder):
    for suffix, make in FORMATS.items():
        for count in (1, TENSORS):
            path = folder / f"good-{count}.{suffix}"
            path.write_bytes(make(count))
        yield suffix, "inspect", folder / f"good-1.{suffix}", folder / f"good-{TENSORS}.{suffix}"
    for count in (1, TENSORS):
        tandem("pack", folder / f"good-{count}.safetensors", "-o", folder / f"good-{count}.tandem")
    yield "tandem", "verify", folder / "good-1.tandem", folder / f"good-{TENSORS}.tandem"


def smallest_onnx(count):
    """Initialisers and constants of a byte each."""
    from maker.onnx import graph, integer, message, model, raw

    tensors = [message(5, integer(2, 2) + message(8, f"{n:x}") + raw(b"x")) for n in range(count)]
    constants = [message(1, message(4, "C"), message(5, message(5, integer(2, 2) + raw(b"x")))) for _ in range(count)]
    return {"initialisers.onnx": model(graph(*tensors)), "attributes.onnx": model(graph(*constants))}


def smallest_pickles(count):
    """What a byte or a few of a pickle can ask for, in the old container, whose only overhead is 300 bytes."""
    from maker import pickles, pytorch
    from maker.pickles import integer, name, pickle, storage, text

    def file(body):
        return pytorch.legacy(pickle(body), {"0": b"\1"}, width=1)

    tensor = pickles.tensor(storage("0", 1, "ByteStorage"), [], [])
    parts = b"(" + text("storage") + b"q\0" + name("torch", "ByteStorage") + b"q\1" + text("") + b"q\2t}("
    keys = [b"M" + struct.pack("<H", n) for n in range(count)]
    return {
        "nones.pt": file(b"(" + b"N" * count + b"t"),
        "lists.pt": file(b"(" + b"]" * count + b"t"),
        "lists-of-one.pt": file(b"(" + b"]Na" * count + b"t"),
        "tuples.pt": file(b"(" + b")" * count + b"t"),
        "pairs.pt": file(b"](" + b"K\1K\2\x86" * count + b"e"),
        "dictionaries.pt": file(b"(" + b"}NNs" * count + b"t"),
        "values.pt": file(b"}(" + b"".join(key + b"N" for key in keys) + b"u"),
        "values-in-values.pt": file(b"}(" + b"".join(key + b"}" for key in keys) + b"u"),
        "memo.pt": file(b"N" + b"\x94" * count),
        "names.pt": file(b"(" + b"".join(b"ca\n%x\n" % n for n in range(count)) + b"t"),
        "calls.pt": file(b"(" + name("torch", "Size") + b"q\0)q\1" + b"h\0h\1R" * count + b"t"),
        "persistent.pt": file(b"(" + b"NQ" * count + b"t"),
        "storages.pt": file(parts + b"".join(key + b"(h\0h\1X\4\0\0\0%04xh\2K\0tQ" % n for n, key in enumerate(keys)) + b"u\x86"),
        "tied.pt": file(b"}(" + integer(0) + tensor + b"q\0" + b"".join(key + b"h\0" for key in keys) + b"u"),
        "deflated.pt": deflated(count),
    }  # fmt: skip


def deflated(count):
    """A pickle that deflates a thousandfold."""
    from maker import zipfile
    from maker.zipfile import Entry

    data = b"\x80\x02(" + b"N" * 1000 * count + b"t."
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return zipfile.build([Entry("a/data.pkl", data, method=8, written=compressor.compress(data) + compressor.flush())])


def smallest_others(count):
    def text(value):
        return struct.pack("<Q", len(value)) + value

    numbered = [f"{n:x}" for n in range(count)]
    scalars = {name: {"dtype": "U8", "shape": [], "data_offsets": [n, n + 1]} for n, name in enumerate(numbered)}
    header = json.dumps(scalars, separators=(",", ":")).encode()
    metadata = json.dumps({"__metadata__": dict.fromkeys(numbered, "")}, separators=(",", ":")).encode()
    infos = b"".join(text(name.encode()) + struct.pack("<IIQ", 0, 24, 32 * n) for n, name in enumerate(numbered))
    values = b"".join(text(name.encode()) + struct.pack("<IB", 0, 0) for name in numbered)
    head = struct.pack("<4sIQQ", b"GGUF", 3, count, 0) + infos
    from maker import npy, zips

    scalar = npy.array("|u1", (), b"1")
    return {
        "scalars.safetensors": struct.pack("<Q", len(header)) + header + bytes(count),
        "metadata.safetensors": struct.pack("<Q", len(metadata)) + metadata,
        "tensors.gguf": head + bytes(-len(head) % 32) + bytes(32 * count),
        "values.gguf": struct.pack("<4sIQQ", b"GGUF", 3, 0, count) + values,
        "scalars.npz": zips.build([zips.Member(f"{name}.npy", scalar) for name in numbered]),
    }


READINGS = [["validate"], *(["inspect", *options] for options in ([], ["--json"], ["--tensors"], ["--tensors", "--json"], ["--metadata"]))]


def check_smallest(folder, heap):
    for make in smallest_onnx, smallest_pickles, smallest_others:
        minute, many = make(1), make(SMALLEST)
        for name, data in many.items():
            (folder / f"one-{name}").write_bytes(minute[name])
            (folder / name).write_bytes(data)
            floor = PICKLE_FLOOR if name.endswith(".pt") else 0
            factors = []
            for words in READINGS:
                start = time.monotonic()
                used = heap.peak(*words, folder / name) - heap.peak(*words, folder / f"one-{name}")
                seconds = time.monotonic() - start
                what = " ".join([*words, name])
                factors.append(used / len(data))
                check(used <= max(floor, FACTOR * len(data)), f"{what}: {used} bytes, {factors[-1]:.1f} times its {len(data)}")
                check(seconds < 20, f"{what}: {seconds:.0f} s")
            print(f"{name}: validate {factors[0]:.1f}, inspect at most {max(factors[1:]):.1f} times its {len(data)} bytes")


if __name__ == "__main__":
    seed = random.randrange(1 << 32)
    generator = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        heap = Heap(folder)
        check_smallest(folder, heap)
        for suffix, command, minute, good in samples(folder):
            base = heap.peak(command, minute)
            data = good.read_bytes()
            peaks = [heap.peak(command, good) - base]
            for _ in range(DAMAGES):
                path = folder / f"damaged.{suffix}"
                path.write_bytes(damaged(data, generator))
                peaks.append(heap.peak(command, path) - base)
            factor = max(peaks) / len(data)
            floor = PICKLE_FLOOR / len(data) if suffix.endswith("pt") else 0
            check(factor <= max(FACTOR, floor), f"{suffix}: {factor:.1f} times the file's {len(data)} bytes (seed {seed})")
            print(f"{command} {suffix}: good file {peaks[0] / len(data):.1f}, {DAMAGES} damaged ones at most {factor:.1f} times its {len(data)} bytes")
