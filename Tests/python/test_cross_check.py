"""Every tensor of every good sample, and of the real models that are there, against the reference libraries.

Names, types, shapes and bytes as `safetensors` and `gguf` read them, compared with what our bundle maps and with what our
unpacking writes. Bytes are compared as stored, so quantised blocks and types that numpy lacks are compared too.
"""

import filecmp
import json
import pathlib
import sys
import tempfile

import gguf
import numpy
import safetensors

from arrays import ours
from support import MODELS, SAMPLES, check, tandem

# gguf-py counts 40 bytes a block of Q8_1; ggml, whose format it is, has 36.
UNKNOWN_TO_GGUF_PY = {"Q8_1", "Q2_0"}


def reference_safetensors(path):
    """name -> (dtype, shape, bytes) of one file, by the reference deserialiser."""
    data = pathlib.Path(path).read_bytes()
    entries = safetensors.deserialize(data)
    return {name: (entry["dtype"], tuple(entry["shape"]), bytes(entry["data"])) for name, entry in entries}


def reference_gguf(path):
    """name -> (type, shape outermost first, bytes) of one file, by gguf-py."""
    tensors = {}
    for tensor in gguf.GGUFReader(path).tensors:
        shape = tuple(int(extent) for extent in reversed(tensor.shape))
        tensors[tensor.name] = (tensor.tensor_type.name, shape, tensor.data.tobytes())
    return tensors


def reference(source):
    files = sorted(source.rglob("*.safetensors")) if source.is_dir() else [source]
    if source.suffix == ".gguf":
        return reference_gguf(source)
    merged = {}
    for file in files:
        merged.update(reference_safetensors(file))
    return merged


def is_one_model(folder):
    """Whether all weights of a folder are one model's; others hold variants, of which the tool reads one."""
    others = sorted(path.name for path in folder.rglob("*.safetensors") if path.name != "model.safetensors")
    if others:
        print(f"skipped: {folder} holds {', '.join(others)} beside model.safetensors")
    return not others


def compare(source, folder):
    bundle = folder / "bundle.tandem"
    tandem("pack", source, "-o", bundle, "--force")
    tandem("verify", bundle)
    found, expected = ours(bundle), reference(source)
    check(found.keys() == expected.keys(), f"{source}: names differ: {found.keys() ^ expected.keys()}")
    for name, (kind, shape, data) in expected.items():
        if found[name][0] in UNKNOWN_TO_GGUF_PY:
            continue
        check(found[name][0] == kind, f"{source}: {name}: type {found[name][0]}, expected {kind}")
        check(found[name][1] == shape, f"{source}: {name}: shape {found[name][1]}, expected {shape}")
        check(found[name][2] == data, f"{source}: {name}: bytes differ")
    report = json.loads(tandem("inspect", source, "--tensors", "--json"))
    listed = {tensor["name"]: tensor for tensor in report["models"][0]["tensors"]}
    check(listed.keys() == expected.keys(), f"{source}: inspect lists other names")
    shapes = {name: tuple(tensor["shape"]) for name, tensor in listed.items()}
    check(shapes == {name: shape for name, (_, shape, _) in expected.items()}, f"{source}: inspect lists other shapes")

    unpacked = folder / "unpacked"
    tandem("unpack", bundle, "-o", unpacked, "--force")
    originals = [path for path in source.rglob("*") if path.is_file()] if source.is_dir() else [source]
    for original in originals:
        path = original.relative_to(source) if source.is_dir() else original.name
        copy = unpacked / "primary" / path
        if copy.exists() or original.suffix in (".safetensors", ".gguf", ".json"):
            check(filecmp.cmp(original, copy, shallow=False), f"{original} comes back changed")
    return len(expected)


def main():
    sources = [
        *sorted(SAMPLES.glob("good/safetensors/*.safetensors")),
        *(path for path in sorted(SAMPLES.glob("good/gguf/*.gguf")) if "-of-" not in path.name),
        *sorted(path for path in SAMPLES.glob("good/huggingface/*") if any(path.rglob("*.safetensors"))),
        *(path for path in sorted(MODELS.glob("*.gguf")) if "qwen" not in path.name),
        *(folder for folder in sorted({path.parent for path in MODELS.glob("*/model.safetensors")}) if is_one_model(folder)),
    ]
    count = 0
    for source in sources:
        with tempfile.TemporaryDirectory() as folder:
            count += compare(source, pathlib.Path(folder))
    print(
        f"{count} tensors of {len(sources)} checkpoints equal those of safetensors {safetensors.__version__}, "
        f"gguf-py and numpy {numpy.__version__}; every file comes back bit for bit"
    )


if __name__ == "__main__":
    sys.exit(main())
