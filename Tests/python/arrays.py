"""What the checks against NumPy and ONNX share: our tensors, and NumPy's types by our names."""

import json
import pathlib
import tempfile

import numpy

from support import check, tandem

import tandem_bundle

# NumPy's types by our names for them.
TYPES = {
    "bool": "BOOL", "int8": "I8", "uint8": "U8", "int16": "I16", "uint16": "U16", "int32": "I32", "uint32": "U32",
    "int64": "I64", "uint64": "U64", "float16": "F16", "float32": "F32", "float64": "F64", "complex64": "C64",
    "bfloat16": "BF16", "float8_e4m3fn": "F8_E4M3", "float8_e4m3fnuz": "F8_E4M3FNUZ", "float8_e5m2": "F8_E5M2",
    "float8_e5m2fnuz": "F8_E5M2FNUZ", "float8_e8m0fnu": "F8_E8M0", "float4_e2m1fn": "F4",
}  # fmt: skip


def ours(bundle):
    """name -> (type, shape, bytes) from our bundle, by the independent Python reader of the bundle format."""
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


def stored(array):
    """(type, shape, bytes) of an array, row-major and little-endian; two 4-bit floats are a byte, the first one low."""
    plain = numpy.ascontiguousarray(array).reshape(array.shape)
    name = plain.dtype.newbyteorder("=").name
    if name == "float4_e2m1fn":
        nibbles = plain.view(numpy.uint8).reshape(-1)
        return "F4", array.shape, (nibbles[::2] | nibbles[1::2] << 4).tobytes()
    little = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
    return TYPES[name], array.shape, little.tobytes()


def compare(source, expected, files, *options):
    """Packs a checkpoint, compares each tensor with a reference, and the files that unpacking writes with the originals."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = pathlib.Path(folder) / "bundle.tandem"
        tandem("pack", source, "-o", bundle, *options)
        tandem("verify", bundle)
        found = ours(bundle)
        check(found.keys() == expected.keys(), f"{source}: names differ: {found.keys() ^ expected.keys()}")
        for name, tensor in expected.items():
            for what, ours_is, reference_is in zip(("type", "shape"), found[name], tensor):
                check(ours_is == reference_is, f"{source}: {name}: {what} {ours_is}, expected {reference_is}")
            check(found[name][2] == tensor[2], f"{source}: {name}: bytes differ")
        report = json.loads(tandem("inspect", source, "--tensors", "--json", *options))
        listed = {tensor["name"]: tuple(tensor["shape"]) for tensor in report["models"][0]["tensors"]}
        check(listed == {name: shape for name, (_, shape, _) in expected.items()}, f"{source}: inspect lists others")
        tandem("unpack", bundle, "-o", f"{folder}/unpacked")
        for file in files:
            copy = pathlib.Path(folder) / "unpacked" / "primary" / file
            original = pathlib.Path(source).parent / file
            check(copy.read_bytes() == original.read_bytes(), f"{original} comes back changed")
    return len(expected)
