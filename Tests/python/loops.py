"""The loops of Sources/CTandem on bytes from Python, at every level that this processor has."""

import ctypes
import os
import pathlib
import re
import subprocess
import tempfile

import numpy

from support import ROOT

SOURCES = ROOT / "Sources/CTandem"


class Loops:
    """The conversions of one level: `decode["q4_0"](bytes, blocks, numbers a block)` and `encode["q4_0"](numbers, blocks, bytes a block)`."""

    def __init__(self, name, table, decoded, encoded):
        convert = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
        pointers = [convert(table[index]) for index in range(len(decoded) + len(encoded))]
        self.name = name
        self.decode = {type: self._caller(loop, numpy.float32) for type, loop in zip(decoded, pointers)}
        self.encode = {type: self._caller(loop, numpy.uint8) for type, loop in zip(encoded, pointers[len(decoded):])}

    @staticmethod
    def _caller(loop, dtype):
        def call(data, block_count, per_block):
            data = numpy.ascontiguousarray(data)
            output = numpy.empty(block_count * per_block, dtype)
            loop(data.ctypes.data, output.ctypes.data, block_count)
            return output

        return call


def levels():
    """Builds the loops and returns them level by level, the plainest first."""
    header = (SOURCES / "include/tk_encodings.h").read_text()

    def types(macro):
        body = re.search(rf"#define {macro}\(type\)((?:.*\\\n)*.*)", header).group(1)
        return re.findall(r"type\((\w+)\)", body)

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "libctandem.so"
        sources = sorted(SOURCES.rglob("*.c"))
        compiler = os.environ.get("CLANG", "clang")
        include = SOURCES / "include"
        subprocess.run(
            [compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", f"-I{include}", "-o", path, *sources, "-lm"],
            check=True)
        library = ctypes.CDLL(path)
    library.tk_encodings_for.restype = ctypes.POINTER(ctypes.c_void_p)
    best = library.tk_best_level()
    names = ["baseline", "AVX2", "AVX-512"][:best + 1]
    arguments = types("TK_DECODED_TYPES"), types("TK_ENCODED_TYPES")
    return [Loops(name, library.tk_encodings_for(level), *arguments) for level, name in enumerate(names)]
