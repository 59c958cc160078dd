"""Real files of every readable format, as their makers publish them.

Each is fetched, inspected, validated and converted to safetensors and to .npz; every tensor of the two equals what the
format's own library reads, bit for bit. Quantised tensors are converted to F32 and equal gguf-py's numbers. Files of
formats that are not read are refused in one sentence.

    python3 Tests/python/test_real_inputs.py [NAME …]      only these rows
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import gguf
import numpy
import torch
from safetensors import safe_open

from support import MODELS, SAMPLES, TOOL, check, tandem

sys.path.insert(0, str(SAMPLES))

import fetch
import test_onnx
import test_torch

# Block types and half-precision floats become F32 in both outputs.
AS_NUMBERS = ["--as-is", "--dtype", "f32"]


def read_gguf(path):
    """Block types as the numbers that they stand for."""
    tensors = {}
    for tensor in gguf.GGUFReader(path).tensors:
        shape = tuple(int(extent) for extent in reversed(tensor.shape))
        tensors[tensor.name] = lambda tensor=tensor, shape=shape: as_numbers(tensor).reshape(shape)
    return tensors


def as_numbers(tensor):
    if tensor.tensor_type == gguf.GGMLQuantizationType.F16:
        return tensor.data.astype(numpy.float32)
    return gguf.quants.dequantize(tensor.data, tensor.tensor_type)


def read_safetensors(path):
    path = path / "model.safetensors" if path.is_dir() else path
    with safe_open(path, "numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def read_torch(path):
    if path.suffix == ".jit":
        tensors = test_torch.script_tensors(torch.jit.load(path, map_location="cpu"))
    else:
        tensors = test_torch.flatten(torch.load(path, map_location="cpu", weights_only=True), "", {})
    return {name: tensor.detach().contiguous().numpy() for name, tensor in tensors.items()}


def read_onnx(path):
    numpy_types = {ours: name for name, ours in test_onnx.TYPES.items()}
    return {
        name: numpy.frombuffer(data, numpy_types[kind]).reshape(shape)
        for name, (kind, shape, data) in test_onnx.Walk(path).values.items()
    }


def read_npz(path):
    with numpy.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def read_npy(path):
    return {path.stem: numpy.load(path, allow_pickle=False)}


# Names in an archive are relative paths.
RELATIVE = ["--rename", "/*=*"]

# The name in samples/fetch.py, the file under .models, who reads it, and options of the conversion.
FILES = [
    ("smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", read_gguf, AS_NUMBERS),
    ("qwen-0.5b", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", read_gguf, AS_NUMBERS),
    ("gemma-270m", "gemma-3-270m-q4_k_m.gguf", read_gguf, AS_NUMBERS),
    ("nomic", "nomic-embed-text-v1.5.f16.gguf", read_gguf, AS_NUMBERS),
    ("minilm", "all-MiniLM-L6-v2", read_safetensors, []),
    ("fracast", "fracast/model.safetensors", read_safetensors, []),
    ("fracast", "fracast/model.int8.safetensors", read_safetensors, []),
    ("static-model", "static-model.safetensors", read_safetensors, []),
    ("sre", "sre-embedding.safetensors", read_safetensors, []),
    ("silero-vad", "silero-vad/silero_vad_16k.safetensors", read_safetensors, []),
    ("onet", "torch/onet.pt", read_torch, []),
    ("rnet", "torch/rnet.pt", read_torch, []),
    ("pnet", "torch/pnet.pt", read_torch, []),
    ("resemblyzer", "torch/pretrained.pt", read_torch, []),
    ("craft", "torch/craft_mlt_25k.pth", read_torch, []),
    ("english", "torch/english_g2.pth", read_torch, []),
    ("xfeat", "torch/xfeat.pt", read_torch, []),
    ("lighterglue", "torch/xfeat-lighterglue.pt", read_torch, []),
    ("iglm-s", "torch/iglm-s.bin", read_torch, []),
    ("iglm", "torch/iglm.bin", read_torch, []),
    ("silero", "torch/silero_vad.jit", read_torch, []),
    ("silero-vad", "silero-vad/silero_vad.onnx", read_onnx, []),
    ("magika", "magika.onnx", read_onnx, []),
    ("basic-pitch", "basic-pitch.onnx", read_onnx, []),
    ("piper-voice", "piper-voice/en_US-joe-medium.onnx", read_onnx, RELATIVE),
    ("minilm-onnx", "minilm-int8.onnx", read_onnx, []),
    ("g2p", "g2p.npz", read_npz, []),
    ("pokepy", "pokepy/C.npy", read_npy, []),
    ("pokepy", "pokepy/layer_12_weight.npy", read_npy, []),
]

# Parts of a program that may vanish from the index.
OPTIONAL = {"nomic"}

# Files of other formats, and what their refusal says.
REFUSED = [
    ("basic-pitch-others", "basic-pitch/nmp.tflite", "a TensorFlow Lite model"),
    ("basic-pitch-others", "basic-pitch/nmp/saved_model.pb", "the model has no graph"),
    ("basic-pitch-others", "basic-pitch/nmp.mlpackage/Data/com.apple.CoreML/model.mlmodel", "the model has no graph"),
]  # fmt: skip


def fetched(name):
    """Whether a file is there; only one that may vanish is allowed not to be."""
    try:
        fetch.fetch(name)
        return True
    except SystemExit as exit:
        if name not in OPTIONAL or exit.code != 3:
            raise
        print(f"{name}: left out, its packages cannot be fetched any more")
        return False


def same(left, right):
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def compare(path, expected, found, what):
    check(set(expected) == set(found), f"{path}: {what} has other names: {set(expected) ^ set(found)}")
    for name, array in expected.items():
        array = array() if callable(array) else array
        check(same(array, found[name]), f"{path}: {name} has other values in {what}")


class Lazy(dict):
    """The arrays of an archive, read when they are asked for."""

    def __init__(self, names, read):
        super().__init__(dict.fromkeys(names))
        self.read = read

    def __getitem__(self, name):
        return self.read(name)


def check_file(path, read, options):
    expected = read(path)
    converted = {name.removeprefix("/") if options == RELATIVE else name: array for name, array in expected.items()}
    report = json.loads(tandem("inspect", path, "--tensors", "--json"))
    listed = {tensor["name"] for tensor in report["models"][0]["tensors"]}
    check(listed == set(expected), f"{path}: inspect lists other names: {listed ^ set(expected)}")
    tandem("validate", path)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        tandem("convert", path, folder / "out.safetensors", *options)
        with safe_open(folder / "out.safetensors", "numpy") as file:
            compare(path, converted, Lazy(file.keys(), file.get_tensor), "safetensors")
        (folder / "out.safetensors").unlink()
        tandem("convert", path, folder / "out.npz", *options)
        with numpy.load(folder / "out.npz") as archive:
            compare(path, converted, Lazy(archive.files, archive.__getitem__), "npz")
    return len(expected)


def check_refusal(path, sentence):
    report = json.loads(tandem("validate", path, "--json", expect=1))
    errors = [finding["message"] for finding in report["findings"] if finding["severity"] == "error"]
    check(len(errors) == 1 and sentence in errors[0], f"{path}: {errors}, expected '{sentence}'")
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "out.safetensors"
        for arguments in ("inspect", path), ("convert", path, output):
            result = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
            check(result.returncode == 2 and errors[0] in result.stderr, f"{arguments}: {result}")
        check(not output.exists(), f"{path}: something was written")


def main(names):
    for name, file, read, options in FILES:
        if names and name not in names or not fetched(name):
            continue
        count = check_file(MODELS / file, read, options)
        print(f"{file}: {count} tensors are equal in safetensors and in .npz", flush=True)
    for name, file, sentence in REFUSED:
        if names and name not in names or not fetched(name):
            continue
        check_refusal(MODELS / file, sentence)
        print(f"{file}: refused, '{sentence}'", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
