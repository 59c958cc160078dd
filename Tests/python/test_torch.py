"""PyTorch's own files against PyTorch: every tensor bit for bit, and every file back bit for bit.

Files that `torch.save` writes here, in both containers and all protocols, and the real ones that
`samples/fetch.py` has fetched; tensors are read from our bundle by the independent Python reader of its format. What
cannot be read must be refused with the finding that says so.
"""

import argparse
import collections
import filecmp
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy
import torch

from support import MODELS, TOOL, check, tandem

import tandem_bundle

TYPES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.uint8: "U8",
    torch.int8: "I8", torch.int16: "I16", torch.int32: "I32", torch.int64: "I64", torch.bool: "BOOL",
    torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64", torch.complex64: "C64",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.float8_e4m3fnuz: "F8_E4M3FNUZ",
    torch.float8_e5m2fnuz: "F8_E5M2FNUZ",
}  # fmt: skip


def seeded(*shape, dtype=torch.float32):
    generator = torch.Generator().manual_seed(sum(shape) + 1)
    if dtype == torch.bool:
        return torch.rand(shape, generator=generator) > 0.5
    if dtype.is_complex or not dtype.is_floating_point:
        return (torch.rand(shape, generator=generator) * 100).to(dtype)
    return torch.randn(shape, generator=generator).to(dtype)


def contents():
    """name -> what is saved; everything a checkpoint may hold."""
    base = seeded(6, 8)
    big = seeded(1000)
    tied = seeded(5, 3)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(seeded(7, 4)).sum().backward()
    optimizer.step()
    return {
        "plain": {"a": seeded(3, 4), "b.c": seeded(5)},
        "types": {name: seeded(2, 3, dtype=dtype) for dtype, name in TYPES.items()},
        "views": {
            "whole": base, "transposed": base.T, "row": base[2], "column": base[:, 3], "block": base[1:4, 2:7:2],
            "permuted": seeded(2, 3, 4, 5).permute(3, 1, 0, 2), "expanded": seeded(1, 4).expand(1000, 4),
            "slice": big[10:20], "overlapping": big.as_strided((50, 20), (3, 7), 5), "channels": seeded(2, 3, 4, 5).to(memory_format=torch.channels_last),
        },
        "types-transposed": {name: seeded(7, 5, dtype=dtype).T for dtype, name in TYPES.items()},
        "tied": {"wte": tied, "head": tied, "again": tied.view(3, 5)},
        "small": {"scalar": torch.tensor(3.5), "none": torch.empty(0), "flat": torch.empty(4, 0, 3), "one": torch.ones(1, 1)},
        "large-transposed": {"w": seeded(1500, 700).T},
        "state": {
            "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.25, "name": "run",
            "list": [seeded(2), {"x": seeded(3)}], "tuple": (1, 2.5, None, True), "size": torch.Size([3, 4]),
            "dtype": torch.bfloat16, "device": torch.device("cpu"), "options": argparse.Namespace(lr=0.1, layers=[1, 2]),
            "numbers": numpy.float32(1.5), "array": numpy.arange(6).reshape(2, 3), "default": collections.defaultdict(list, a=[1]),
            "counter": collections.Counter("abca"), "set": {1, 2}, "long": 1 << 100, "path": pathlib.PurePosixPath("a/b"),
        },
        "parameters": {"p": torch.nn.Parameter(seeded(3, 3)), "b": torch.nn.Buffer(seeded(2))},
    }  # fmt: skip


def refused():
    """code -> what is saved; what a dense, harmless checkpoint does not hold."""
    complex_numbers = seeded(3, dtype=torch.complex64)
    return [
        ("PT018", {"s": torch.eye(4).to_sparse()}),
        ("PT018", {"s": torch.eye(4).to_sparse_csr()}),
        ("PT018", {"q": torch.quantize_per_tensor(seeded(4), 0.1, 0, torch.qint8)}),
        ("PT018", {"m": torch.empty(3, device="meta")}),
        ("PT018", {"n": torch.nested.nested_tensor([seeded(2), seeded(3)])}),
        ("PT019", {"c": seeded(3).to(torch.complex128)}),
        ("PT020", {"c": complex_numbers.conj()}),
        ("PT020", {"c": complex_numbers.conj().imag}),
        ("PT011", torch.nn.Linear(3, 2)),
    ]  # fmt: skip


def flatten(value, name, out):
    """The tensors of nested containers by dotted name, as a reader sees them."""
    join = (lambda key: f"{name}.{key}" if name else str(key))
    if isinstance(value, torch.Tensor):
        out[name] = value.detach()
    elif isinstance(value, dict):
        for key, inner in value.items():
            flatten(inner, join(key), out)
    elif isinstance(value, (list, tuple)):
        for key, inner in enumerate(value):
            flatten(inner, join(key), out)
    return out


def raw(tensor):
    """The bytes of a tensor, row by row."""
    flat = tensor.contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def ours(bundle):
    opened = tandem_bundle.open(bundle)
    tensors = opened.tensors_of(opened.members[0])
    return {
        name: (
            tandem_bundle.TYPES[tensor.type].name,
            tuple(opened.shape(tensor)),
            opened.data(opened.payloads[tensor.payload]).tobytes(),
        )
        for name, tensor in tensors.items()
    }


def compare(path, expected):
    """Packs a file, compares its tensors, unpacks it, and compares the file."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        bundle = folder / "bundle.tandem"
        tandem("pack", path, "-o", bundle)
        tandem("verify", bundle)
        found = ours(bundle)
        check(found.keys() == expected.keys(), f"{path}: names differ: {sorted(found.keys() ^ expected.keys())}")
        for name, tensor in expected.items():
            kind, shape, data = found[name]
            check(kind == TYPES[tensor.dtype], f"{path}: {name}: type {kind}, expected {tensor.dtype}")
            check(shape == tuple(tensor.shape), f"{path}: {name}: shape {shape}, expected {tuple(tensor.shape)}")
            check(data == raw(tensor), f"{path}: {name}: bytes differ")
        tandem("unpack", bundle, "-o", folder / "unpacked")
        check(filecmp.cmp(path, folder / "unpacked/primary" / path.name, shallow=False), f"{path} comes back changed")
    return len(expected)


def deflated(path, copy):
    """The same archive with every entry deflated."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))


def saved(folder):
    """Files of all kinds, each with what is in it."""
    bare = folder / "steering.vector.pt"
    torch.save(seeded(3, 4), bare)
    yield bare, {"steering.vector": seeded(3, 4)}
    for name, content in contents().items():
        expected = flatten(content, "", {})
        for protocol in (2, 3, 4, 5):
            path = folder / f"{name}-{protocol}.pt"
            torch.save(content, path, pickle_protocol=protocol)
            yield path, expected
        if name not in ("types", "types-transposed", "parameters"):
            legacy = folder / f"{name}-legacy.pt"
            torch.save(content, legacy, _use_new_zipfile_serialization=False)
            yield legacy, expected
        copy = folder / f"{name}-deflated.pt"
        deflated(folder / f"{name}-2.pt", copy)
        yield copy, expected
    for order in ("little", "big"):
        yield byte_swapped(folder / f"swapped-{order}.pt", order)


def byte_swapped(path, order):
    """A file as a machine of a byte order writes it."""
    content = {name: seeded(3, 4, dtype=dtype).T for dtype, name in TYPES.items() if dtype.itemsize > 1}
    torch.save(content, path)
    if order == "big":
        with zipfile.ZipFile(path) as source:
            entries = {entry.filename: source.read(entry) for entry in source.infolist()}
        widths = [4 if dtype.is_complex else dtype.itemsize for dtype in TYPES if dtype.itemsize > 1]
        path.unlink()
        with zipfile.ZipFile(path, "w") as target:
            for name, data in entries.items():
                if name.endswith("/byteorder"):
                    data = b"big"
                elif "/data/" in name:
                    width = widths[int(name.rsplit("/", 1)[1])]
                    data = numpy.frombuffer(data, f"u{width}").byteswap().tobytes()
                target.writestr(name, data)
    # PyTorch does not swap types that have no storage class of their own (uint16 …), so it is not asked.
    return path, content


def real(folder):
    """The fetched files that are there, as PyTorch reads them."""
    for path in sorted(path for path in MODELS.glob("torch/*") if path.suffix in (".pt", ".pth", ".bin", ".jit")):
        if path.suffix == ".jit":
            model = torch.jit.load(path, map_location="cpu")
            yield path, script_tensors(model)
        else:
            yield path, flatten(torch.load(path, map_location="cpu", weights_only=True), "", {})


def script_tensors(model):
    """The parameters and buffers of a script, and the tensors among its attributes that are neither."""
    others = {name: getattr(model, name) for name in ("_state", "_context") if hasattr(model, name)}
    return {**others, **model.state_dict()}


def check_refusals(folder):
    cases = refused()
    for number, (code, content) in enumerate(cases):
        path = folder / f"refused-{number}.pt"
        torch.save(content, path)
        report = subprocess.run([TOOL, "validate", path, "--json"], capture_output=True, text=True)
        codes = {finding["code"] for finding in json.loads(report.stdout)["findings"] if finding["severity"] == "error"}
        check(report.returncode == 1 and codes == {code}, f"{path}: {codes}, expected {code}\n{report.stdout}")
    return len(cases)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = [*saved(folder), *real(folder)]
        count = sum(compare(path, expected) for path, expected in files)
        refusals = check_refusals(folder)
    print(
        f"{count} tensors of {len(files)} files equal those of PyTorch {torch.__version__}, and every file comes back "
        f"bit for bit; {refusals} that hold no dense tensors are refused by name"
    )


if __name__ == "__main__":
    sys.exit(main())
