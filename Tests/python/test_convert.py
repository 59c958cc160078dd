"""What `tandem convert` writes is read by safetensors, gguf and numpy with the same values; it survives being killed,
and its memory does not grow with the model."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import gguf
import ml_dtypes
import numpy
import safetensors
from safetensors import safe_open
from safetensors.numpy import save_file

from support import SAMPLES, TOOL, check, peak_anonymous, tandem

LIMIT = 300 << 20
NUMPY_TYPES = [
    numpy.bool_, numpy.uint8, numpy.int8, numpy.uint16, numpy.int16, numpy.uint32, numpy.int32, numpy.uint64,
    numpy.int64, numpy.float16, numpy.float32, numpy.float64, numpy.complex64,
]
GGUF_TYPES = [numpy.int8, numpy.int16, numpy.int32, numpy.int64, numpy.float16, numpy.float32, numpy.float64]


def arrays(types):
    """Arrays of each type: empty, scalar, odd and larger than the pieces that are written at once."""
    generator = numpy.random.default_rng(1)
    made = {}
    for type in types:
        size = numpy.dtype(type).itemsize
        for shape in (), (0,), (3,), (5, 7), (2, 3, 5, 7), ((1 << 20) // size + 1,):
            count = int(numpy.prod(shape, dtype=numpy.int64))
            if type is numpy.bool_:
                values = generator.integers(0, 2, count).astype(type)
            else:
                values = numpy.frombuffer(generator.bytes(count * size), dtype=type)
            made[f"{numpy.dtype(type).name}.{'x'.join(map(str, shape)) or 'scalar'}"] = values.reshape(shape)
    return made


def same(left, right):
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def read_safetensors(path):
    with safe_open(path, "numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def read_gguf(path):
    """Tensors by name; gguf gives a scalar one dimension, and rows of bytes for block types."""
    return {tensor.name: numpy.asarray(tensor.data) for tensor in gguf.GGUFReader(path).tensors}


def compare(expected, found, what):
    check(set(expected) == set(found), f"{what}: other names: {set(expected) ^ set(found)}")
    for name, array in expected.items():
        check(same(array, found[name].reshape(array.shape)), f"{what}: {name} has other values")


def check_peers(folder):
    source = folder / "all.safetensors"
    whole = arrays(NUMPY_TYPES)
    save_file(whole, source, metadata={"made": "here", "b": "2"})
    tandem("convert", source, folder / "copy.safetensors")
    check(source.read_bytes() == (folder / "copy.safetensors").read_bytes(), "a copy is what safetensors itself writes")
    tandem("convert", source, folder / "all.npz", "--verify")
    with numpy.load(folder / "all.npz") as archive:
        compare(whole, {name: archive[name] for name in archive.files}, "npz")
    check_many(folder)
    some = arrays(GGUF_TYPES)
    save_file(some, folder / "some.safetensors")
    tandem("convert", folder / "some.safetensors", folder / "some.gguf")
    # gguf refuses arrays without elements only when it writes them.
    compare(some, read_gguf(folder / "some.gguf"), "GGUF")
    tandem("convert", folder / "some.gguf", folder / "back.safetensors")
    compare(some, read_safetensors(folder / "back.safetensors"), "safetensors from GGUF")
    return len(whole) + len(some)


def check_many(folder):
    """More arrays than the short numbers of an archive can count."""
    many = {f"t{number}": numpy.array([number], dtype=numpy.int32) for number in range(70_000)}
    save_file(many, folder / "many.safetensors")
    tandem("convert", folder / "many.safetensors", folder / "many.npz")
    with numpy.load(folder / "many.npz") as archive:
        check(len(archive.files) == len(many), f"{len(archive.files)} arrays of {len(many)}")
        for number in range(0, len(many), 997):
            check(archive[f"t{number}"].tolist() == [number], f"t{number} has other values")


def check_casts(folder):
    """Casts are those of numpy and ml_dtypes, bit for bit, NaN aside."""
    generator = numpy.random.default_rng(2)
    bits = generator.integers(0, 1 << 32, 1_000_003, dtype=numpy.uint32)
    values = bits.view(numpy.float32)
    values = values[~numpy.isnan(values)]
    save_file({"w": values}, folder / "f32.safetensors")
    for name, type in ("f16", numpy.float16), ("bf16", ml_dtypes.bfloat16):
        target = folder / f"{name}.safetensors"
        report = json.loads(tandem("convert", folder / "f32.safetensors", target, "--dtype", name, "--json"))
        with numpy.errstate(over="ignore"):
            expected = values.astype(type)
        data = target.read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        check(data[start:] == expected.tobytes(), f"{name} is what numpy makes of the values")
        loss = report["tensors"][0]["loss"]
        overflows = int(numpy.count_nonzero(numpy.isinf(expected) & ~numpy.isinf(values)))
        underflows = int(numpy.count_nonzero((expected == 0) & (values != 0)))
        check(loss["overflow"] == overflows, f"{name}: {loss['overflow']} overflows reported, {overflows} there")
        check(loss["underflow"] == underflows, f"{name}: {loss['underflow']} underflows, {underflows} there")
        exact = expected.astype(numpy.float64)
        finite = numpy.isfinite(exact) & numpy.isfinite(values)
        error = float(numpy.max(numpy.abs(exact[finite] - values[finite].astype(numpy.float64))))
        check(loss["absolute_error"] == error, f"{name}: largest error {loss['absolute_error']}, numpy has {error}")


def stored(path):
    """Types, shapes and bytes of a file's tensors, as the safetensors library reads them."""
    return {name: entry | {"data": bytes(entry["data"])} for name, entry in safetensors.deserialize(path.read_bytes())}


def check_folder(folder):
    """Shards of ours are loaded by transformers' rules: every tensor where the index says."""
    source, target = folder / "whole", folder / "shards"
    source.mkdir()
    shutil.copy(SAMPLES / "good/huggingface/tiny-llama/config.json", source)
    tensors = {f"t{number}": numpy.full((400, 500), number, numpy.float32) for number in range(5)}
    save_file(tensors, source / "model.safetensors")
    tandem("convert", source, target, "--shard-size", "2MB")
    check(len(list(target.glob("*.safetensors"))) == 3, "three shards")
    index = json.loads((target / "model.safetensors.index.json").read_text())
    expected = stored(source / "model.safetensors")
    check(set(index["weight_map"]) == set(expected), "the index names every tensor")
    total = 0
    for name, shard in index["weight_map"].items():
        found = stored(target / shard)[name]
        check(found == expected[name], f"{name} in {shard}")
        total += len(found["data"])
    check(index["metadata"]["total_size"] == total, "total_size is the sum of the tensors' bytes")


def check_damage(folder):
    """A changed byte of a zip archive is found by its checksum, and nothing is written."""
    good, damaged, output = folder / "good.npz", folder / "damaged.npz", folder / "damaged.safetensors"
    for save in numpy.savez, numpy.savez_compressed:
        save(good, weight=numpy.arange(4096, dtype=numpy.float32))
        content = bytearray(good.read_bytes())
        # The checksum itself, in the directory and before the data: what is damaged still inflates.
        at = content.index(b"PK\x01\x02") + 16
        stated = content[at : at + 4]
        for place in [at, content.find(stated, 0, at)]:
            if place >= 0:
                content[place] ^= 1
        damaged.write_bytes(content)
        text = subprocess.run([TOOL, "convert", damaged, output], capture_output=True, text=True)
        check(text.returncode != 0 and "ZP017" in text.stdout + text.stderr, f"{save.__name__}: {text}")
        check(not output.exists(), "nothing is written")
    print("archives with a wrong checksum are refused")


def make_sparse(path, tensor_count, byte_count):
    """A safetensors file with holes for tensors: large, and hardly on the disk."""
    entries, end = {}, 0
    for number in range(tensor_count):
        entries[f"t{number}"] = {"dtype": "F32", "shape": [byte_count // 4096, 1024], "data_offsets": [end, end + byte_count]}
        end += byte_count
    header = json.dumps(entries).encode()
    with open(path, "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + end)


def check_memory(folder, byte_count):
    source = folder / "sparse.safetensors"
    make_sparse(source, 16, byte_count // 16)
    cases = [("safetensors", []), ("safetensors", ["--dtype", "bf16"]), ("safetensors", ["--dtype", "f16", "--verify"])]
    cases += [("gguf", []), ("gguf", ["--dtype", "f16"]), ("gguf", ["--keep", "t*=q4_k"])]
    for format, options in cases:
        target = folder / f"sparse-out.{format}"
        code, peak = peak_anonymous([TOOL, "convert", source, target, *options])
        words = " ".join(["to", format, *options])
        check(code == 0, f"convert {words}: exit code {code}")
        check(peak < LIMIT, f"convert {words}: {peak / 1e6:.1f} MB of anonymous memory")
        print(f"convert {byte_count / 1e9:.0f} GB {words}: at most {peak / 1e6:.1f} MB of anonymous memory", flush=True)
        target.unlink()
    source.unlink()


def kill_at_random_moments(folder):
    """One file is there whole or not at all; shards that are there are whole, and the next run completes them."""
    source = folder / "source.safetensors"
    generator = numpy.random.default_rng(3)
    save_file({f"t{i}": generator.random(4 << 20, dtype=numpy.float32) for i in range(12)}, source)
    single, shards = folder / "killed" / "one.safetensors", folder / "killed-shards"
    single.parent.mkdir()
    commands = {
        single: [TOOL, "convert", source, single, "--dtype", "f16"],
        shards: [TOOL, "convert", source, shards, "--dtype", "f16", "--shard-size", "17MB"],
    }
    completed = 0
    for target, command in commands.items():
        started = time.monotonic()
        subprocess.run([*command[:3], folder / "timing", *command[4:], "--to", "huggingface"], check=True, stdout=subprocess.DEVNULL)
        whole = time.monotonic() - started
        subprocess.run(["rm", "-r", folder / "timing"], check=True)
        for attempt in range(10):
            number = signal.SIGKILL if attempt % 2 else signal.SIGTERM
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0, whole * 1.1))
            process.send_signal(number)
            process.wait()
            if target == single:
                left = os.listdir(single.parent)
                check(left in ([], [single.name]), f"after {number.name}: {left}")
                if left:
                    tandem("validate", single)
                    single.unlink()
                    completed += 1
            elif shards.exists():
                for shard in shards.glob("*.safetensors"):
                    tandem("validate", shard)
    if not (shards / "model.safetensors.index.json").exists():
        tandem(*command[1:])
    left = sorted(os.listdir(shards))
    check(len(left) == 7 and not any(name.startswith(".") for name in left), f"after the last run: {left}")
    tandem("convert", source, folder / "whole.safetensors", "--dtype", "f16")
    expected = read_safetensors(folder / "whole.safetensors")
    found = {}
    for shard in shards.glob("*.safetensors"):
        found |= read_safetensors(shard)
    compare(expected, found, "shards after being killed")
    print(f"killed 20 times: {completed} complete files, shards taken up and completed")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as name:
        folder = pathlib.Path(name)
        print(f"{check_peers(folder)} arrays are the same to safetensors, gguf and numpy")
        check_casts(folder)
        check_folder(folder)
        check_damage(folder)
        kill_at_random_moments(folder)
        check_memory(folder, int(sys.argv[1]) << 20 if len(sys.argv) > 1 else 256 << 20)
